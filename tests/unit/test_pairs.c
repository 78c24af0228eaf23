/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sockets are in each other's way: every pair of addresses, one row a rule. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/address.h"

static const char *const seven[] = {
	"0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1"};

/* As inet_rcv_saddr_equal() answers for sockets that bind() made; checked against a 6.18 kernel. */
static void test_overlap(void **state)
{
	/* rows: binder, columns: holder; the last column and row are [::] with v6only */
	static const char expected[8][9] = {
		/* 0 .1 .2 :: ::1 m0 m1 ::v6 */
		"yyyynyyn", /* 0.0.0.0 */
		"yynynyyn", /* 127.0.0.1 */
		"ynyynynn", /* 127.0.0.2 */
		"yyyyyyyy", /* :: */
		"nnnyynny", /* ::1 */
		"yyyynyyn", /* ::ffff:0.0.0.0 */
		"yynynyyn", /* ::ffff:127.0.0.1 */
		"nnnyynny", /* :: v6only */
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		for (size_t j = 0; j < 8; j++) {
			struct sock_info binder = sock(PROTO_TCP, i < 7 ? seven[i] : "::");
			struct sock_info holder = sock(PROTO_TCP, j < 7 ? seven[j] : "::");
			bool want = expected[i][j] == 'y';

			binder.options.v6only = i == 7 || i == 4;
			holder.options.v6only = j == 7 || j == 4;
			if (addr_overlap(&binder, &holder) != want)
				fail_msg("overlap %zu %zu is not %d", i, j, want);
		}
	}
}

/* connect() binds ::1 without v6only: its IPv4 equivalent is 127.0.0.6. */
static void test_overlap_connected_ipv6(void **state)
{
	struct sock_info any = sock(PROTO_TCP, "0.0.0.0"), six = sock(PROTO_TCP, "127.0.0.6");
	struct sock_info one = sock(PROTO_TCP, "127.0.0.1"), client = sock(PROTO_TCP, "::1 estab byconnect");

	(void)state;
	assert_true(addr_overlap(&any, &client));
	assert_true(addr_overlap(&six, &client));
	assert_false(addr_overlap(&one, &client));
	client.options.v6only = true;
	assert_false(addr_overlap(&any, &client));
}

struct row {
	const char *name;
	enum protocol protocol;
	const char *binder;
	const char *holders[MAX_HOLDERS];
	const struct policy *policy;
	int result;
	enum rule_id rule;
	int agrees;
	const char *text; /* a part of verdict.text */
};

/* clang-format off */
static const struct row rows[] = {
	{"free", PROTO_TCP, "127.0.0.1", {NULL}, &new_kernel, 0, RULE_FREE, 1, "port was free"},
	{"other address", PROTO_TCP, "127.0.0.1", {"127.0.0.2 listen"}, &new_kernel, 0, RULE_OTHER_ADDRESS, 1,
	 "127.0.0.2:8080"},
	{"v6 beside v4", PROTO_TCP, ":: v6only", {"0.0.0.0 listen"}, &new_kernel, 0, RULE_OTHER_FAMILY, 1,
	 "IPv4 only"},
	{"v4 beside v6", PROTO_UDP, "0.0.0.0", {":: v6only"}, &new_kernel, 0, RULE_OTHER_FAMILY, 1,
	 "IPv6 only"},
	{"device", PROTO_TCP, "0.0.0.0 dev=2", {"0.0.0.0 dev=3 listen"}, &new_kernel, 0, RULE_OTHER_DEVICE, 1,
	 "interface 3"},
	{"device one side", PROTO_TCP, "0.0.0.0 dev=2", {"0.0.0.0 listen"}, &new_kernel, USED, RULE_NO_REUSE,
	 1, "neither"},
	{"vrf", PROTO_TCP, "0.0.0.0 vrf=9", {"0.0.0.0 listen"}, &new_kernel, 0, RULE_OTHER_VRF, 1,
	 "another VRF"},
	{"no vrf in udp", PROTO_UDP, "0.0.0.0 vrf=9 dev=8", {"0.0.0.0"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "neither"},
	{"netns", PROTO_TCP, "0.0.0.0 netns=2", {"0.0.0.0 listen"}, &new_kernel, 0, RULE_OTHER_NETNS, 1,
	 "network namespace"},
	{"reuseaddr", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 ra"}, &new_kernel, 0, RULE_REUSEADDR_BOTH, 1,
	 "does not listen"},
	{"restart", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 ra tw"}, &new_kernel, 0, RULE_TIME_WAIT_REUSE, 1,
	 "TIME_WAIT"},
	{"tw rp", PROTO_TCP, "0.0.0.0 rp uid=7", {"127.0.0.1 rp tw uid=5"}, &new_kernel, 0, RULE_TIME_WAIT_REUSE, 1,
	 "TIME_WAIT"},
	{"group", PROTO_TCP, "0.0.0.0 rp", {"0.0.0.0 rp listen"}, &new_kernel, 0, RULE_REUSEPORT_GROUP, 1,
	 "SO_REUSEPORT on both"},
	{"udp group", PROTO_UDP, "0.0.0.0 rp", {"0.0.0.0 rp"}, &new_kernel, 0, RULE_REUSEPORT_GROUP, 1,
	 "SO_REUSEPORT on both"},
	{"udp reuseaddr", PROTO_UDP, "0.0.0.0 ra uid=1", {"0.0.0.0 ra"}, &new_kernel, 0, RULE_UDP_REUSEADDR,
	 1, "whatever their uid"},
	{"repair", PROTO_TCP, "0.0.0.0 force", {"0.0.0.0 listen"}, &new_kernel, 0, RULE_FORCE_REUSE, 1,
	 "TCP_REPAIR"},
	{"repair, free", PROTO_TCP, "0.0.0.0 force", {NULL}, &new_kernel, 0, RULE_FREE, 1, "free"},

	{"listener", PROTO_TCP, "127.0.0.1 ra", {"127.0.0.1 ra listen"}, &new_kernel, USED, RULE_LISTENER, 1,
	 "does not help while one of them listens"},
	{"listener, rp here", PROTO_TCP, "127.0.0.1 ra rp", {"127.0.0.1 ra listen"}, &new_kernel, USED,
	 RULE_LISTENER, 1, "listens"},
	{"holder lacks", PROTO_TCP, "127.0.0.1 ra", {"127.0.0.1 listen"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "the holder lacks SO_REUSEADDR"},
	{"new lacks", PROTO_TCP, "127.0.0.1", {"127.0.0.1 ra"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "this socket lacks SO_REUSEADDR"},
	{"both lack", PROTO_UDP, "127.0.0.1", {"127.0.0.1"}, &new_kernel, USED, RULE_NO_REUSE, 1, "neither"},
	{"wildcard", PROTO_TCP, "::", {"127.0.0.1 listen"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 ":: without IPV6_V6ONLY covers 127.0.0.1"},
	{"no common", PROTO_TCP, "0.0.0.0 ra", {"0.0.0.0 rp listen"}, &new_kernel, USED, RULE_NO_COMMON_FLAG,
	 1, "only SO_REUSEADDR and the holder only SO_REUSEPORT"},
	{"no common udp", PROTO_UDP, "0.0.0.0 rp", {"0.0.0.0 ra"}, &new_kernel, USED, RULE_NO_COMMON_FLAG, 1,
	 "only SO_REUSEPORT"},
	{"uid", PROTO_TCP, "0.0.0.0 rp uid=0", {"0.0.0.0 rp listen"}, &new_kernel, USED, RULE_REUSEPORT_UID,
	 1, "old[4100] has 1000, this socket 0"},
	{"uid udp", PROTO_UDP, "0.0.0.0 rp uid=0", {"0.0.0.0 rp"}, &new_kernel, USED, RULE_REUSEPORT_UID, 1,
	 "uids differ"},
	{"program", PROTO_TCP, "0.0.0.0 rp own program", {"0.0.0.0 rp listen"}, &new_kernel, USED,
	 RULE_REUSEPORT_PROGRAM, 1, "before bind()"},
	{"program udp", PROTO_UDP, "0.0.0.0 rp own program closed", {"0.0.0.0 rp"}, &new_kernel, USED,
	 RULE_REUSEPORT_PROGRAM, 1, "before bind()"},
	{"closed members", PROTO_TCP, "0.0.0.0 rp own closed", {"0.0.0.0 rp listen"}, &new_kernel, 0,
	 RULE_REUSEPORT_GROUP, 1, "both"},
	{"closed, 5.10", PROTO_TCP, "0.0.0.0 rp own closed", {"0.0.0.0 rp listen"}, &kernel_5_10, USED,
	 RULE_REUSEPORT_PROGRAM, 1, "group"},

	/* what kind of socket it is comes before what it lacks */
	{"tw", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 tw"}, &new_kernel, USED, RULE_TIME_WAIT, 1,
	 "lacks SO_REUSEADDR, which this socket has: 43 s left"},
	{"tw no common", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 rp tw"}, &new_kernel, USED, RULE_TIME_WAIT, 1,
	 "TIME_WAIT remnant of a connection with 127.0.0.1:51322"},
	{"tw program", PROTO_TCP, "0.0.0.0 rp own", {"127.0.0.1 rp tw"}, &new_kernel, USED, RULE_TIME_WAIT, 1,
	 "group of its own"},
	{"tw of nobody", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 tw nopeer"}, &new_kernel, USED, RULE_TIME_WAIT, 1,
	 "the TIME_WAIT remnant of a connection lacks SO_REUSEADDR, which this socket has ("},
	{"tw of nobody reused", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 ra tw nopeer"}, &new_kernel, 0,
	 RULE_TIME_WAIT_REUSE, 1, "only TIME_WAIT remnants are left and share"},
	{"orphan program", PROTO_TCP, "0.0.0.0 rp own", {"127.0.0.1 rp orphan fin1"}, &new_kernel, USED,
	 RULE_ORPHAN, 1, "group of its own"},
	{"accepted program", PROTO_TCP, "0.0.0.0 rp own", {"127.0.0.1 rp accepted estab"}, &new_kernel, USED,
	 RULE_ACCEPTED_CONNECTION, 1, "group of its own"},
	{"outgoing program", PROTO_TCP, "0.0.0.0 rp own", {"127.0.0.1 rp byconnect estab"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "group of its own"},
	{"accepted uid", PROTO_TCP, "0.0.0.0 rp own uid=7", {"127.0.0.1 rp accepted estab"}, &new_kernel, USED,
	 RULE_ACCEPTED_CONNECTION, 1, "uid 7 may not share"},
	{"outgoing uid", PROTO_TCP, "0.0.0.0 rp own uid=7", {"127.0.0.1 rp byconnect estab"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "uid 7 may not share 1000's"},
	{"orphan", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 orphan fin1"}, &new_kernel, USED, RULE_ORPHAN, 1,
	 "no process has it"},
	{"orphan accepted", PROTO_TCP, "0.0.0.0", {"127.0.0.1 orphan accepted chosen fin1"}, &new_kernel,
	 USED, RULE_ORPHAN, 1, "neither"},
	{"accepted", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 accepted chosen estab"}, &new_kernel, USED,
	 RULE_ACCEPTED_CONNECTION, 1, "accepted connection from 127.0.0.1:51322"},
	{"outgoing", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 chosen estab"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "by chance"},
	{"outgoing syn", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 byconnect synsent"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "by chance"},
	{"outgoing udp", PROTO_UDP, "0.0.0.0", {"127.0.0.1 chosen estab"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "outgoing connection to 127.0.0.1:51322"},
	{"outgoing ::1", PROTO_TCP, "0.0.0.0", {"::1 byconnect estab"}, &new_kernel, USED,
	 RULE_OUTGOING_CONNECTION, 1, "the kernel gave old[4100] this port"},
	{"127.0.0.6, bhash2", PROTO_TCP, "127.0.0.6", {"::1 byconnect estab"}, &new_kernel, 0,
	 RULE_OTHER_FAMILY, 1, "IPv"},
	{"127.0.0.6, 5.10", PROTO_TCP, "127.0.0.6", {"::1 byconnect estab"}, &kernel_5_10, USED,
	 RULE_OUTGOING_CONNECTION, 1, ""},
	{"bind(0)", PROTO_TCP, "0.0.0.0", {"0.0.0.0 chosen listen"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "neither"},
	{"kernel", PROTO_TCP, "0.0.0.0", {"0.0.0.0 kernel listen"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "neither this socket nor a socket of the kernel itself has"},
	{"program, kernel", PROTO_TCP, "0.0.0.0", {"0.0.0.0 rp listen own program closed"}, &new_kernel, USED,
	 RULE_NO_REUSE, 1, "SO_REUSEPORT, which the holder has"},
	{"bound, connected", PROTO_TCP, "0.0.0.0", {"127.0.0.1 estab"}, &new_kernel, USED, RULE_NO_REUSE, 1,
	 "neither"},

	/* <= 6.16: an orphan counts as root's */
	{"orphan uid new", PROTO_TCP, "0.0.0.0 rp", {"127.0.0.1 rp orphan fin1"}, &new_kernel, 0,
	 RULE_REUSEPORT_GROUP, 1, ""},
	{"orphan root new", PROTO_TCP, "0.0.0.0 rp uid=0", {"127.0.0.1 rp orphan fin1"}, &new_kernel, USED,
	 RULE_ORPHAN, 1, "is uid 1000's"},
	{"orphan uid old", PROTO_TCP, "0.0.0.0 rp", {"127.0.0.1 rp orphan fin1"}, &kernel_6_1, USED,
	 RULE_ORPHAN, 1, "counts it as root's"},
	{"orphan root old", PROTO_TCP, "0.0.0.0 rp uid=0", {"127.0.0.1 rp orphan fin1"}, &kernel_6_1, 0,
	 RULE_REUSEPORT_GROUP, 1, ""},

	/* sharing tells more than being apart; the first conflict decides */
	{"most telling", PROTO_TCP, "0.0.0.0 rp", {"0.0.0.0 rp dev=3", "127.0.0.1 rp tw",
	 "0.0.0.0 rp listen"}, &new_kernel, 0, RULE_REUSEPORT_GROUP, 1, "old[4100]"},
	{"a connection last", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 ra accepted estab", "0.0.0.0 ra"},
	 &new_kernel, 0, RULE_REUSEADDR_BOTH, 1, "old[4101] has 0.0.0.0:8080 too"},
	{"a connection last too", PROTO_TCP, "0.0.0.0 ra", {"0.0.0.0 ra", "127.0.0.1 ra accepted estab"},
	 &new_kernel, 0, RULE_REUSEADDR_BOTH, 1, "old[4100] has 0.0.0.0:8080 too"},
	{"repair, apart", PROTO_TCP, "127.0.0.1 force", {"127.0.0.2 listen"}, &new_kernel, 0,
	 RULE_OTHER_ADDRESS, 1, "never meet"},
	{"vrf beats netns", PROTO_TCP, "0.0.0.0 vrf=9", {"0.0.0.0 netns=2", "0.0.0.0"}, &new_kernel, 0,
	 RULE_OTHER_VRF, 1, ""},
	{"number and noport", PROTO_TCP, "127.0.0.1 noport", {"127.0.0.1 listen"}, &new_kernel, USED,
	 RULE_NO_REUSE, 1, "neither"},
	{"tw beats other", PROTO_TCP, "127.0.0.1 ra", {"127.0.0.2", "127.0.0.1 ra tw"}, &new_kernel, 0,
	 RULE_TIME_WAIT_REUSE, 1, ""},
	{"first conflict", PROTO_TCP, "0.0.0.0 ra", {"127.0.0.1 ra tw", "127.0.0.1 tw", "0.0.0.0 ra listen"},
	 &new_kernel, USED, RULE_TIME_WAIT, 1, ""},
	{"udp first group", PROTO_UDP, "0.0.0.0 rp", {"127.0.0.2 rp", "127.0.0.1"}, &new_kernel, 0,
	 RULE_REUSEPORT_GROUP, 1, ""},
	{"udp conflict first", PROTO_UDP, "0.0.0.0 rp", {"127.0.0.1", "127.0.0.2 rp"}, &new_kernel, USED,
	 RULE_NO_REUSE, 1, ""},
	{"udp ra does not stop", PROTO_UDP, "0.0.0.0 ra rp", {"127.0.0.2 ra rp", "127.0.0.1"}, &new_kernel,
	 USED, RULE_NO_REUSE, 1, ""},

	/* the kernel says otherwise */
	{"refused, nobody", PROTO_TCP, "127.0.0.1", {NULL}, &new_kernel, USED, RULE_NO_MEMORY, -1,
	 "allocate"},
	{"refused, group", PROTO_UDP, "127.0.0.1 rp", {"127.0.0.1 rp"}, &new_kernel, USED, RULE_UNEXPLAINED, 0,
	 "say otherwise"},
	{"refused, no conflict", PROTO_TCP, "127.0.0.1", {"127.0.0.2 listen"}, &new_kernel, USED,
	 RULE_UNEXPLAINED, 0, "say otherwise"},
	{"accepted, conflict", PROTO_TCP, "127.0.0.1", {"127.0.0.1 listen"}, &new_kernel, 0, RULE_UNEXPLAINED,
	 0, "should have been in the way"},
	{"6.1 mapped", PROTO_TCP, "::ffff:127.0.0.1", {"::ffff:0.0.0.0"}, &kernel_6_1, 0,
	 RULE_QUIRK_MAPPED_ANY, 1, "overlooks ::ffff:0.0.0.0"},
	{"6.1 mapped and more", PROTO_TCP, "::ffff:127.0.0.1", {"::ffff:0.0.0.0", "127.0.0.1"}, &kernel_6_1,
	 0, RULE_UNEXPLAINED, 0, ""},
	{"mapped elsewhere", PROTO_TCP, "::ffff:127.0.0.1", {"::ffff:0.0.0.0"}, &new_kernel, 0,
	 RULE_UNEXPLAINED, 0, ""},
	{"6.1 mapped, refused", PROTO_TCP, "::ffff:127.0.0.1", {"::ffff:0.0.0.0"}, &kernel_6_1, USED,
	 RULE_UNEXPLAINED, 0, ""},
	{"6.1 v4 binder", PROTO_TCP, "127.0.0.1", {"::ffff:0.0.0.0"}, &kernel_6_1, USED, RULE_NO_REUSE, 1, ""},
	{"6.1 v4 holder", PROTO_TCP, "::ffff:127.0.0.1", {"0.0.0.0"}, &kernel_6_1, USED, RULE_NO_REUSE, 1, ""},
	{"6.1 mapped tells most", PROTO_TCP, "::ffff:127.0.0.1", {"127.0.0.2", "::ffff:0.0.0.0"}, &kernel_6_1,
	 0, RULE_QUIRK_MAPPED_ANY, 1, ""},
	{"6.1 plain", PROTO_TCP, "127.0.0.1", {"0.0.0.0"}, &kernel_6_1, 0, RULE_UNEXPLAINED, 0, ""},
	{"6.1 mapped wildcard binder", PROTO_TCP, "::ffff:0.0.0.0", {"::ffff:127.0.0.1"}, &kernel_6_1, 0,
	 RULE_UNEXPLAINED, 0, ""},
};
/* clang-format on */

static void check_row(const struct row *row)
{
	struct attempt attempt;
	struct verdict *verdict = &attempt.event.verdict;

	make_attempt(&attempt, row->protocol, row->binder, row->holders);
	kernel_says(&attempt.event, row->result, STAGE_PORT);
	judge(&attempt.event, row->policy);

	if (verdict->rule != (int)row->rule || verdict->agrees != row->agrees)
		fail_msg("%s: %s agrees %d (%s)", row->name, rule_name((enum rule_id)verdict->rule),
			 verdict->agrees, verdict->text);
	if (!strstr(verdict->text, row->text) || strpbrk(verdict->text, "{}\n") || !verdict->text[0])
		fail_msg("%s: %s", row->name, verdict->text);
	assert_int_equal(verdict->culprit, rule_is_refusal(row->rule) && row->holders[0] ? 0 : -1);
	for (size_t i = 0; i < verdict->fix_count; i++)
		if (!verdict->fix[i][0] || strpbrk(verdict->fix[i], "{}"))
			fail_msg("%s: fix %s", row->name, verdict->fix[i]);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_overlap_connected_ipv6),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
