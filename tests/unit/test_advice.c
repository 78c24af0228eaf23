/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remedies, each of which must be true, and who answers on a shared port. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A remedy about an option, carried out on both sides where it says so, must let the bind pass. */
static void carry_out(struct event *event, const char *fix)
{
	bool both = strstr(fix, "both sockets") || strstr(fix, "on this socket and");
	bool old = both || strstr(fix, "on the holder") || strstr(fix, "on the client") ||
		   strstr(fix, "connection");
	bool new = both || strstr(fix, "on this socket");
	int closed = 0;

	for (size_t i = 0; i < event->holder_count; i++) {
		struct holder *holder = &event->holders[i];

		if (!rule_is_refusal((enum rule_id)holder->reason))
			continue;
		if (strstr(fix, "one user"))
			holder->sock.uid = event->sock.uid;
		if (old && strstr(fix, "SO_REUSEADDR"))
			holder->sock.options.reuseaddr = true;
		if (old && strstr(fix, "SO_REUSEPORT"))
			holder->sock.options.reuseport = true;
		if (old && strstr(fix, "IPV6_V6ONLY"))
			holder->sock.options.v6only = true;
		if (!strncmp(fix, "stop", 4) || !strncmp(fix, "wait ", 5) ||
		    (!strncmp(fix, "close", 5) && !closed++))
			holder->sock.netns = 99;
	}
	if (new &&strstr(fix, "SO_REUSEADDR"))
		event->sock.options.reuseaddr = true;
	if (new &&strstr(fix, "SO_REUSEPORT"))
		event->sock.options.reuseport = true;
	if (new &&strstr(fix, "IPV6_V6ONLY"))
		event->sock.options.v6only = true;
	if (strstr(fix, "attach the BPF program after"))
		event->sock.group_own = false;
	if (!strncmp(fix, "bind ", 5))
		event->sock.address =
			(struct address){.family = event->sock.family, .bytes = {127, 0, 0, 99}};
	if (!strncmp(fix, "bind ", 5) && event->sock.family == FAMILY_IPV6)
		event->sock.address.bytes[15] = 99;
}

static void check_remedies(const char *binder, const char *const *holders, enum protocol protocol, bool self)
{
	struct attempt attempt, again;

	make_attempt(&attempt, protocol, binder, holders);
	for (size_t i = 0; self && i < MAX_HOLDERS; i++)
		attempt.owners[i].pid = attempt.event.process.pid;
	if (judge_hypothetical(&attempt.event, &new_kernel) != ANSWER_REFUSE)
		return;
	for (size_t i = 0; i < attempt.event.verdict.fix_count; i++) {
		const char *fix = attempt.event.verdict.fix[i];
		struct attempt_facts facts;
		struct prediction prediction;

		if (strstr(fix, "at every start") || strstr(fix, "listen():") ||
		    strstr(fix, "ip_local_reserved_ports") || strstr(fix, "until the kernel"))
			continue; /* for the next time: nothing to try now */
		again = attempt;
		again.event.holders = again.holders;
		carry_out(&again.event, fix);
		facts_of_event(&again.event, &new_kernel, &facts);
		linux_predict(&facts, &prediction);
		if (prediction.answer != ANSWER_ACCEPT)
			fail_msg("'%s' against '%s'%s%s: \"%s\" does not help: %s", binder, holders[0],
				 holders[1] ? " and " : "", holders[1] ? holders[1] : "", fix,
				 rule_name(prediction.rule));
	}
}

static void test_remedies_true(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0", "127.0.0.1", "::", ":: v6only", "::1 v6only", "::ffff:127.0.0.1"};
	static const char *const options[] = {"", " ra", " rp", " ra rp", " rp own", " ra rp uid=0"};
	static const char *const states[] = {
		"",	  " listen", " estab accepted chosen", " estab byconnect", " tw", " fin1 orphan",
		" kernel"};
	char binder[64], one[96], two[96];

	(void)state;
	for (size_t i = 0; i < COUNT(addresses) * COUNT(options); i++) {
		snprintf(binder, sizeof(binder), "%s%s", addresses[i % COUNT(addresses)],
			 options[i / COUNT(addresses)]);
		for (size_t j = 0; j < COUNT(addresses) * COUNT(options) * COUNT(states); j++) {
			size_t k = j / COUNT(addresses), l = k / COUNT(options);
			const char *const single[MAX_HOLDERS] = {one};
			const char *const pair[MAX_HOLDERS] = {one, two};

			snprintf(one, sizeof(one), "%s%s%s", addresses[j % COUNT(addresses)],
				 options[k % COUNT(options)], states[l]);
			snprintf(two, sizeof(two), "%s%s%s", addresses[(j + i) % COUNT(addresses)],
				 options[(j + 2 * i) % COUNT(options)], states[(l + i) % COUNT(states)]);
			for (int udp = 0; udp < 2; udp++) {
				if (udp && l > 1 && l != 3 && l != 6)
					continue;
				check_remedies(binder, single, udp ? PROTO_UDP : PROTO_TCP, false);
				check_remedies(binder, single, udp ? PROTO_UDP : PROTO_TCP, true);
				if (!udp)
					check_remedies(binder, pair, PROTO_TCP, j % 2);
			}
		}
	}
}

static void check_fix_of(const char *binder, const char *holder, const char *other, const char *fix,
			 bool given)
{
	const char *const holders[MAX_HOLDERS] = {holder, other};
	struct attempt attempt;
	bool found = false;

	make_attempt(&attempt, PROTO_TCP, binder, holders);
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	for (size_t i = 0; i < attempt.event.verdict.fix_count; i++)
		found |= strstr(attempt.event.verdict.fix[i], fix) != NULL;
	if (found != given)
		fail_msg("%s / %s: \"%s\" is %s", binder, holder, fix, given ? "missing" : "given");
}

static void check_fix(const char *binder, const char *holder, const char *fix, bool given)
{
	check_fix_of(binder, holder, NULL, fix, given);
}

/* What is said of one socket must be enough for all that are in the way. */
static void test_remedies_of_two(void **state)
{
	(void)state;
	check_fix_of("127.0.0.1", "127.0.0.1", "127.0.0.1 ra tw", "set SO_REUSEADDR on both sockets", true);
	check_fix_of("127.0.0.1", "127.0.0.1", "127.0.0.1 tw", "set SO_REUSEADDR on both sockets", false);
	check_fix_of("0.0.0.0 ra", "127.0.0.1 byconnect estab", "127.0.0.2 byconnect estab",
		     "set SO_REUSEADDR on the client's socket", true);
	check_fix_of("0.0.0.0 ra", "127.0.0.1 byconnect estab", "127.0.0.2 orphan fin1",
		     "set SO_REUSEADDR on the client's socket", false);
	check_fix_of("0.0.0.0 ra", "127.0.0.1 tw", "127.0.0.2 tw", "wait 49 s", true);
	check_fix_of("0.0.0.0 ra", "127.0.0.1 tw", "127.0.0.2 listen", "wait ", false);
	check_fix("0.0.0.0 rp uid=7", "0.0.0.0 ra rp listen kernel", "one user", false);
	check_fix("127.0.0.1 rp own closed uid=7", "127.0.0.1 rp listen", "run both as one user", true);
}

static void test_remedies_given(void **state)
{
	(void)state;
	check_fix("127.0.0.1 ra", "127.0.0.1 ra listen", "stop 4100 (old)", true);
	check_fix("127.0.0.1 ra", "127.0.0.1 ra listen", "set SO_REUSEPORT on both sockets, both as uid 1000",
		  true);
	check_fix("127.0.0.1 ra", "127.0.0.1 ra listen", "SO_REUSEADDR", false);
	check_fix("127.0.0.1 ra", "127.0.0.1 ra listen uid=0", "run both as one user", true);
	check_fix("127.0.0.1", "127.0.0.1 ra", "set SO_REUSEADDR on this socket before bind()", true);
	check_fix("127.0.0.1 rp uid=7", "127.0.0.1 rp listen", "run both as one user", true);
	check_fix("127.0.0.1 rp own", "127.0.0.1 rp listen", "attach the BPF program after", true);
	check_fix("127.0.0.1", "127.0.0.1 ra tw", "set SO_REUSEADDR on this socket", true);
	check_fix("127.0.0.1 ra", "127.0.0.1 tw", "wait 49 s", true);
	check_fix("127.0.0.1 ra", "127.0.0.1 tw", "inherits", true);
	check_fix("::", "0.0.0.0 listen", "set IPV6_V6ONLY on this socket", true);
	check_fix("::", "::1 listen v6only", "set IPV6_V6ONLY", false);
	check_fix("0.0.0.0", ":: listen", "set IPV6_V6ONLY on the holder", true);
	check_fix("0.0.0.0", "127.0.0.1 kernel",
		  "bind one address instead of 0.0.0.0 (only 127.0.0.1 is taken)", true);
	check_fix("0.0.0.0 ra", "127.0.0.1 byconnect estab", "ip_local_reserved_ports", true);
	check_fix("0.0.0.0", "0.0.0.0 kernel", "stop", false);
}

static void test_delivery(void **state)
{
	/* clang-format off */
	static const struct {
		enum protocol protocol;
		const char *binder, *holder, *text;
	} table[] = {
		{PROTO_TCP, "0.0.0.0 rp", "0.0.0.0 rp listen", "spread between the 2 sockets by a hash"},
		{PROTO_TCP, "0.0.0.0 rp", "0.0.0.0 rp listen own program",
		 "the BPF program of the group chooses"},
		{PROTO_UDP, "0.0.0.0 rp", "0.0.0.0 rp", "datagrams are spread between the 2"},
		{PROTO_UDP, "0.0.0.0 ra", "0.0.0.0 ra", "the newest socket receives unicast datagrams"},
		{PROTO_UDP, "0.0.0.0 ra", "127.0.0.1 ra", "old[4100] receives what is sent to 127.0.0.1"},
		{PROTO_TCP, "0.0.0.0 ra", "0.0.0.0 ra",
		 "the first to listen wins; the other's listen() will get EADDRINUSE"},
		{PROTO_TCP, "127.0.0.1 rp", "0.0.0.0 rp listen", "the new socket answers on 127.0.0.1"},
		{PROTO_TCP, "0.0.0.0 rp", "0.0.0.0 rp listen", "once they listen, new connections are spread"},
		{PROTO_TCP, "0.0.0.0 ra", "127.0.0.1 ra accepted estab", ""},
		{PROTO_TCP, "127.0.0.1", "127.0.0.2", ""},
	};
	/* clang-format on */
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *const holders[MAX_HOLDERS] = {table[i].holder};
		const char *got = attempt.event.verdict.delivery;

		make_attempt(&attempt, table[i].protocol, table[i].binder, holders);
		kernel_says(&attempt.event, 0, STAGE_NONE);
		judge(&attempt.event, &new_kernel);
		if (table[i].text[0] ? !strstr(got, table[i].text) : got[0])
			fail_msg("delivery row %zu: %s", i, got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remedies_true),
		cmocka_unit_test(test_remedies_given),
		cmocka_unit_test(test_remedies_of_two),
		cmocka_unit_test(test_delivery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
