/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each remedy that reusetrace printed, carried out on the same case made anew: the kernel must accept. */
#include "remedies.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

#define QUEUE_MAX   1024
#define BATCH	    128
#define WAITS_MAX   12
#define TIME_WAIT_S 60
#define LATE_S	    6 /* the timer wheel fires up to an eighth late */

enum does {
	ADDR_NEW = 1 << 0,
	ADDR_OLD = 1 << 1,
	PORT_NEW = 1 << 2,
	PORT_OLD = 1 << 3,
	SAME_USER = 1 << 4,
	V6ONLY_NEW = 1 << 5,
	V6ONLY_OLD = 1 << 6,
	ELSEWHERE = 1 << 7,
	CLOSE_OLD = 1 << 8,
	WAIT = 1 << 9,
	FINISH = 1 << 10, /* the other end closes, then wait */
	RESERVE = 1 << 11,
	WIDEN = 1 << 12,
	DEFER = 1 << 13,
	STOP = 1 << 14,
};

/* The first that begins a remedy says what is to be done. */
static const struct {
	const char *begins;
	unsigned int does;
} rows[] = {
	{"run both as one user", SAME_USER},
	{"set SO_REUSEADDR on this socket before bind()", ADDR_NEW},
	{"set SO_REUSEADDR on this socket and on the client", ADDR_NEW | ADDR_OLD},
	{"set SO_REUSEADDR on this socket, and on the server", ADDR_NEW | ADDR_OLD},
	{"set SO_REUSEADDR on both", ADDR_NEW | ADDR_OLD},
	{"set SO_REUSEADDR at every start", ADDR_NEW | ADDR_OLD},
	{"set SO_REUSEADDR on ", ADDR_OLD},
	{"set SO_REUSEPORT on this socket before bind()", PORT_NEW},
	{"set SO_REUSEPORT on both sockets and run both as one user", PORT_NEW | PORT_OLD | SAME_USER},
	{"set SO_REUSEPORT on both sockets, both as uid", PORT_NEW | PORT_OLD | SAME_USER},
	{"set SO_REUSEPORT on ", PORT_OLD | SAME_USER},
	{"set IPV6_V6ONLY on this socket", V6ONLY_NEW},
	{"set IPV6_V6ONLY on ", V6ONLY_OLD},
	{"bind one address instead", ELSEWHERE},
	{"bind another address", ELSEWHERE},
	{"close ", CLOSE_OLD},
	{"stop ", STOP},
	{"wait until the kernel has finished", FINISH},
	{"wait ", WAIT},
	{"add ", RESERVE},
	{"widen net.ipv4.ip_local_port_range", WIDEN},
	{"if the socket will connect()", DEFER},
};

struct remedy {
	struct test_case one;
	struct twist twist;
	unsigned int does;
	int seconds;
	enum op op; /* that was refused */
	char text[256];
};

static struct remedy *queue;
static size_t queued;
static unsigned long every, refusals;

static struct waiting {
	struct pair pair;
	struct remedy remedy;
	time_t until;
} waits[WAITS_MAX];
static size_t waiting;

void remedies_every(unsigned long n)
{
	every = n;
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* An option that is set is set for good: no case flips it back. */
static void set_for_good(struct remedy *remedy, enum change change, enum flag flag, bool new, bool old)
{
	struct twist *twist = &remedy->twist;

	if (new) {
		remedy->one.binder.flags |= flag;
		twist->binder = twist->binder == change ? CHANGE_NONE : twist->binder;
	}
	if (old) {
		remedy->one.holder.flags |= flag;
		twist->bound = twist->bound == change ? CHANGE_NONE : twist->bound;
		twist->stated = twist->stated == change ? CHANGE_NONE : twist->stated;
	}
}

static int v6only_of(int variant)
{
	return variant == 3 ? 4 : variant;
}

static void apply(struct remedy *remedy)
{
	unsigned int does = remedy->does;

	set_for_good(remedy, CHANGE_RA, FLAG_RA, does & ADDR_NEW, does & ADDR_OLD);
	set_for_good(remedy, CHANGE_RP, FLAG_RP, does & PORT_NEW, does & PORT_OLD);
	if (does & SAME_USER)
		remedy->one.holder.uid = remedy->one.binder.uid;
	if (does & V6ONLY_NEW)
		remedy->one.binder.variant = v6only_of(remedy->one.binder.variant);
	if (does & V6ONLY_OLD)
		remedy->one.holder.variant = v6only_of(remedy->one.holder.variant);
	if (does & ELSEWHERE)
		remedy->one.binder.variant = variant_free(remedy->one.binder.variant);
	remedy->one.listens = remedy->op == OP_LISTEN;
}

static void add(const struct pair *pair, const char *text)
{
	struct remedy *remedy;

	if (!queue)
		queue = calloc(QUEUE_MAX, sizeof(*queue));
	if (!queue || queued == QUEUE_MAX)
		die("too many remedies");
	remedy = &queue[queued++];
	*remedy = (struct remedy){.one = pair->one, .twist = *pair->one.twist, .op = pair->last->op};
	snprintf(remedy->text, sizeof(remedy->text), "%s", text);
	for (size_t i = 0; i < COUNT(rows) && !remedy->does; i++)
		if (!strncmp(text, rows[i].begins, strlen(rows[i].begins)))
			remedy->does = rows[i].does;
	if (remedy->does & STOP && strstr(text, "TIME_WAIT"))
		remedy->does |= FINISH;
	if (remedy->does & STOP && atoi(text + strlen("stop ")) != pair->held.keeper)
		complain(pair->last, "wrong process in \"%s\"", text);
	if (!remedy->does)
		complain(pair->last, "remedy that cannot be carried out: %s", text);
	remedy->seconds = remedy->does & WAIT ? atoi(text + strlen("wait ")) : TIME_WAIT_S + LATE_S;
	apply(remedy);
}

void remedies_note(const struct pair *pair)
{
	const struct attempt *last = pair->last;

	if (!every || !last || last->result != EADDRINUSE || last->bad || refusals++ % every)
		return;
	for (int i = 0; i < last->fix_count; i++)
		add(pair, last->fix[i]);
}

static void must_pass(struct pair *pair, const struct remedy *remedy)
{
	tally.remedies++;
	if (pair->last && pair->last->result)
		complain(pair->last, "still refused after \"%s\"", remedy->text);
}

/* The port is of those that connect() may not choose: it finds none, and the port stays free. */
static void hold_reserved(struct pair *pair)
{
	char text[16];

	pair->port = next_port(true);
	snprintf(text, sizeof(text), "%u", pair->port);
	write_sysctl("ip_local_reserved_ports", text);
	if (!hold_on(&pair->one, pair->port, &pair->held))
		complain(NULL, "connect() took the reserved port %s", text);
	write_sysctl("ip_local_reserved_ports", "");
}

static void leave_for_later(struct pair *pair, const struct remedy *remedy)
{
	struct waiting *later = &waits[waiting];

	pair_open_binder(pair);
	if (waiting == WAITS_MAX) {
		pair_end(pair);
		pair->binder = -1;
		return;
	}
	waiting++;
	if (remedy->does & FINISH && pair->held.peer >= 0) {
		close(pair->held.peer);
		pair->held.peer = -1;
		pair->held.state = AT_TIME_WAIT;
	}
	*later = (struct waiting){.pair = *pair, .remedy = *remedy, .until = now() + remedy->seconds};
	later->pair.one.twist = &later->remedy.twist;
	later->pair.held.minisock = false;
	*pair = (struct pair){.binder = -1, .held = {.fd = -1, .peer = -1}};
}

/* Wider, but without the ports that the next holders are given by connect(). */
static void attempt_wider(struct pair *pair)
{
	const struct variant *variant = &variants[pair->one.binder.variant];

	pair->one.twist = &twists[0];
	pair->endpoint = endpoint_of(variant->text, variant->family, 0);
	limit_other_ends(pair->one.binder.place == PLACE_NETNS);
	pair_attempt(pair);
	unlimit_ports();
}

static void attempt_port(struct pair *pair, const struct remedy *remedy)
{
	if (remedy->does & WIDEN) {
		attempt_wider(pair);
		return;
	}
	if (remedy->does & DEFER)
		set_option(pair->binder, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, 1);
	pair_attempt(pair);
}

static void carry_out(struct remedy *remedy, struct pair *pair)
{
	*pair = (struct pair){
		.one = remedy->one, .remedied = true, .binder = -1, .held = {.fd = -1, .peer = -1}};
	pair->one.twist = &remedy->twist;
	current_case = &pair->one;
	if (remedy->does & RESERVE)
		hold_reserved(pair);
	else if (hold(&pair->one, &pair->port, &pair->held))
		complain(NULL, "no holder for \"%s\": %s", remedy->text, strerror(errno));
	if (remedy->does & STOP) {
		keeper_kill(pair->held.keeper);
		pair->held.keeper = 0;
	}
	if (remedy->does & (WAIT | FINISH)) {
		leave_for_later(pair, remedy);
		return;
	}
	if (remedy->does & CLOSE_OLD)
		let_go(&pair->held);
	pair_open_binder(pair);
	attempt_port(pair, remedy);
}

void remedies_flush(bool all)
{
	static struct pair pairs[BATCH];
	size_t count;

	while (queued && (all || queued >= BATCH)) {
		count = queued < BATCH ? queued : BATCH;
		trace_pause(true);
		for (size_t i = 0; i < count; i++)
			carry_out(&queue[i], &pairs[i]);
		trace_pause(false);
		attempts_await();
		for (size_t i = 0; i < count; i++)
			if (pairs[i].binder >= 0)
				must_pass(&pairs[i], &queue[i]);
		for (size_t i = 0; i < count; i++)
			pair_end(&pairs[i]);
		attempts_clear();
		memmove(queue, queue + count, (queued - count) * sizeof(*queue));
		queued -= count;
	}
}

void remedies_finish(void)
{
	time_t left;

	remedies_flush(true);
	for (size_t i = 0; i < waiting; i++) {
		while ((left = waits[i].until - now()) > 0)
			poll(NULL, 0, (int)left * 1000);
		pair_attempt(&waits[i].pair);
	}
	attempts_await();
	for (size_t i = 0; i < waiting; i++) {
		must_pass(&waits[i].pair, &waits[i].remedy);
		pair_end(&waits[i].pair);
	}
	attempts_clear();
	waiting = 0;
}
