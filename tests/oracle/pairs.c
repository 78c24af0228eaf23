/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every pair of a holder and a binder, many at a time so that nobody waits for single answers. */
#include "oracle.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apart.h"
#include "coverage.h"
#include "pairs.h"
#include "remedies.h"

#define BATCH 128

static struct pair batch[BATCH];
static size_t batched;
static bool pause_tracer;

static struct attempt *expect(struct attempt *attempt, struct pair *pair)
{
	attempt->of = &pair->one;
	attempt->tested = true;
	attempt->culprit =
		attempt->result == EADDRINUSE && pair->one.twist->port == PORT_NUMBER ? &pair->held : NULL;
	attempt->rules = pair->remedied ? 0 : expected_rules(&pair->one, attempt->op, attempt->result);
	pair->last = attempt;
	apart_check(pair, attempt);
	return attempt;
}

static void flip_binder(const struct pair *pair)
{
	enum flag flag = pair->one.twist->binder == CHANGE_RA ? FLAG_RA : FLAG_RP;

	if (pair->one.twist->binder != CHANGE_NONE)
		set_flag(pair->binder, flag, !(pair->one.binder.flags & flag));
}

void pair_attempt(struct pair *pair)
{
	enum port_use use = pair->one.twist->port;
	bool elsewhere = pair->one.binder.place == PLACE_NETNS;
	int result = 0;

	if (use != PORT_NUMBER)
		limit_ports(pair->port, pair->port, elsewhere);
	if (use != PORT_LISTEN)
		result = expect(attempt_bind(pair->binder, &pair->endpoint), pair)->result;
	flip_binder(pair);
	if (!result && pair->one.listens)
		expect(attempt_listen(pair->binder), pair);
	if (use != PORT_NUMBER)
		unlimit_ports();
}

void pair_open_binder(struct pair *pair)
{
	const struct variant *variant = &variants[pair->one.binder.variant];

	pair->endpoint = endpoint_of(variant->text, variant->family,
				     pair->one.twist->port == PORT_NUMBER ? pair->port : 0);
	pair->binder = open_socket(&pair->one.binder, pair->one.udp);
}

static void begin_pair(struct pair *pair)
{
	current_case = &pair->one;
	pair->holds = !hold(&pair->one, &pair->port, &pair->held);
	pair->last = NULL;
	pair->binder = -1;
	if (!pair->holds) {
		complain(NULL, "no holder in case %lu", pair->one.index);
		case_print(stdout, &pair->one);
		puts("");
		return;
	}
	tally.cases++;
	coverage_add(&pair->one);
	pair_open_binder(pair);
	pair_attempt(pair);
}

/* Without the culprit, and with everything else in its place, the kernel accepts. */
static void remove_culprit(struct pair *pair)
{
	struct attempt *again;

	if (!pair->last || !pair->last->culprit || pair->last->bad)
		return;
	let_go(&pair->held);
	again = pair->last->op == OP_BIND ? attempt_bind(pair->binder, &pair->endpoint)
					  : attempt_listen(pair->binder);
	again->of = &pair->one;
	again->tested = true;
	if (again->result)
		complain(again, "refused without its culprit");
	tally.removed++;
}

void pair_end(struct pair *pair)
{
	if (pair->binder >= 0)
		close_hard(pair->binder);
	let_go(&pair->held);
}

void pairs_flush(void)
{
	trace_pause(false);
	attempts_await();
	for (size_t i = 0; i < batched; i++)
		remedies_note(&batch[i]);
	trace_pause(true);
	for (size_t i = 0; i < batched; i++)
		remove_culprit(&batch[i]);
	trace_pause(false);
	attempts_await();
	for (size_t i = 0; i < batched; i++)
		pair_end(&batch[i]);
	attempts_clear();
	batched = 0;
	remedies_flush(false);
}

static void use_l3mdev(bool accept)
{
	static bool now;

	if (accept == now)
		return;
	pairs_flush();
	write_sysctl("tcp_l3mdev_accept", accept ? "1" : "0");
	now = accept;
}

void pairs_pause(void)
{
	pause_tracer = true;
}

static long clock_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* A line for every twentieth of the way. */
static void tell(unsigned long done, unsigned long all)
{
	static unsigned long told;

	if (done * 20 / (all + 1) == told)
		return;
	told = done * 20 / (all + 1);
	printf("case %lu of %lu at %ld s\n", done, all, clock_seconds());
	fflush(stdout);
}

void pairs_run(unsigned long from, unsigned long to, unsigned long stride)
{
	struct test_case one;

	for (unsigned long index = from; index < to; index += stride) {
		case_at(index, &one);
		if (!case_allowed(&one)) {
			tally.forbidden++;
			continue;
		}
		tell(index - from, to - from);
		use_l3mdev(one.twist->l3mdev_accept);
		if (!batched && pause_tracer)
			trace_pause(true);
		batch[batched].one = one;
		begin_pair(&batch[batched++]);
		if (batched == BATCH)
			pairs_flush();
	}
	use_l3mdev(false);
	pairs_flush();
}
