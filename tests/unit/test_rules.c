/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules as tables: every rule id, every pair of addresses, every quirk.
 *
 * A socket is a line of words: "127.0.0.1 ra listen uid=1000".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"
#include "rules/address.h"
#include "rules/rules.h"
#include "rules/sentence.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_HOLDERS  4

static const struct policy new_kernel = {.closed_group_ok = true, .conflict_uid_tw = true}; /* >= 6.17 */
static const struct policy kernel_6_1 = {.orphan_uid_root = true,
					 .closed_group_ok = true,
					 .fast_cache_live = true,
					 .bhash2_native = true,
					 .conflict_uid_tw = true};
static const struct policy kernel_5_10 = {
	.orphan_uid_root = true, .fast_cache_live = true, .conflict_uid_tw = true};

static const struct {
	const char *word;
	size_t offset;
} flag_words[] = {
	{"ra", offsetof(struct sock_info, options.reuseaddr)},
	{"rp", offsetof(struct sock_info, options.reuseport)},
	{"force", offsetof(struct sock_info, options.force_reuse)},
	{"v6only", offsetof(struct sock_info, options.v6only)},
	{"noport", offsetof(struct sock_info, options.bind_address_no_port)},
	{"orphan", offsetof(struct sock_info, orphan)},
	{"kernel", offsetof(struct sock_info, kernel)},
	{"accepted", offsetof(struct sock_info, accepted)},
	{"chosen", offsetof(struct sock_info, port_chosen)},
	{"byconnect", offsetof(struct sock_info, connect_bound)},
	{"own", offsetof(struct sock_info, group_own)},
	{"program", offsetof(struct sock_info, group_program)},
	{"closed", offsetof(struct sock_info, group_closed)},
};

static const struct {
	const char *word;
	enum sock_state state;
} state_words[] = {
	{"listen", STATE_LISTEN},  {"estab", STATE_ESTABLISHED}, {"synsent", STATE_SYN_SENT},
	{"fin1", STATE_FIN_WAIT1}, {"tw", STATE_TIME_WAIT},
};

static void parse_address(const char *text, struct address *address)
{
	*address = (struct address){.family = strchr(text, ':') ? FAMILY_IPV6 : FAMILY_IPV4};
	assert_int_equal(inet_pton(address->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, text, address->bytes),
			 1);
}

static void parse_word(const char *word, struct sock_info *sock)
{
	unsigned int number;

	for (size_t i = 0; i < COUNT(flag_words); i++) {
		if (!strcmp(word, flag_words[i].word)) {
			*(bool *)((char *)sock + flag_words[i].offset) = true;
			return;
		}
	}
	for (size_t i = 0; i < COUNT(state_words); i++) {
		if (!strcmp(word, state_words[i].word)) {
			sock->state = state_words[i].state;
			sock->minisock = sock->state == STATE_TIME_WAIT;
			sock->uid = sock->minisock ? UID_NONE : sock->uid;
			return;
		}
	}
	if (sscanf(word, "uid=%u", &number) == 1)
		sock->uid = number;
	else if (sscanf(word, "dev=%u", &number) == 1)
		sock->ifindex = number;
	else if (sscanf(word, "vrf=%u", &number) == 1)
		sock->vrf = number;
	else if (sscanf(word, "netns=%u", &number) == 1)
		sock->netns = number;
	else
		fail_msg("unknown word %s", word);
}

static struct sock_info sock(enum protocol protocol, const char *line)
{
	struct sock_info result = {
		.protocol = protocol, .state = STATE_BOUND, .uid = 1000, .netns = 1, .port = 8080};
	char copy[160], *word, *rest;

	snprintf(copy, sizeof(copy), "%s", line);
	word = strtok_r(copy, " ", &rest);
	parse_address(word, &result.address);
	result.family = result.address.family;
	while ((word = strtok_r(NULL, " ", &rest)))
		parse_word(word, &result);
	if (result.state > STATE_LISTEN) {
		parse_address("127.0.0.1", &result.peer);
		result.peer_port = 51322;
	}
	return result;
}

struct attempt {
	struct event event;
	struct holder holders[MAX_HOLDERS];
	struct owner owners[MAX_HOLDERS];
};

/* A bind to 8080 of pid 4242; holder i belongs to pid 4100 + i unless nobody can have it. */
static void make_attempt(struct attempt *attempt, enum protocol protocol, const char *binder,
			 const char *const *holders)
{
	struct event *event = &attempt->event;

	memset(attempt, 0, sizeof(*attempt));
	event->type = EVENT_BIND;
	event->sock = sock(protocol, binder);
	event->sock.state = STATE_BOUND;
	event->requested = event->sock.address;
	event->requested_port = 8080;
	event->explicit_port = true;
	event->process = (struct proc_info){.pid = 4242, .comm = "new"};
	event->unprivileged_start = 1024;
	event->range_lo = 32768;
	event->range_hi = 60999;
	event->holders = attempt->holders;
	for (size_t i = 0; i < MAX_HOLDERS && holders[i]; i++) {
		struct holder *holder = &attempt->holders[i];

		holder->sock = sock(protocol, holders[i]);
		holder->expires_ms = holder->sock.minisock ? 42100 : -1;
		holder->kind = KIND_PROCESS;
		attempt->owners[i] = (struct owner){.pid = 4100 + (uint32_t)i, .fd = 3, .comm = "old"};
		if (!holder->sock.minisock && !holder->sock.orphan && !holder->sock.kernel) {
			holder->owners = &attempt->owners[i];
			holder->owner_count = 1;
		}
		event->holder_count++;
	}
	event->holders_total = (uint32_t)event->holder_count;
}

static void kernel_says(struct event *event, int result, enum stage stage)
{
	event->result = result;
	event->stage = result ? stage : STAGE_NONE;
}

/* ---- address overlap ------------------------------------------------- */

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

/* ---- one row a rule ---------------------------------------------------- */

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

#define USED -EADDRINUSE

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

/* ---- refusals before get_port ------------------------------------------ */

static void test_stages(void **state)
{
	/* clang-format off */
	static const struct {
		enum event_type type;
		enum stage stage;
		int code;
		uint16_t entry_port;
		bool tentative;
		enum rule_id rule;
	} table[] = {
		{EVENT_BIND, STAGE_SYSCALL, EBADF, 0, false, RULE_BAD_DESCRIPTOR},
		{EVENT_BIND, STAGE_SYSCALL, EFAULT, 0, false, RULE_BAD_ADDRESS},
		{EVENT_BIND, STAGE_SYSCALL, EINVAL, 0, false, RULE_BAD_ADDRESS},
		{EVENT_BIND, STAGE_SECCOMP, EPERM, 0, false, RULE_SECCOMP},
		{EVENT_BIND, STAGE_LSM, EACCES, 0, false, RULE_LSM},
		{EVENT_BIND, STAGE_CGROUP, EPERM, 0, false, RULE_CGROUP_BPF},
		{EVENT_BIND, STAGE_ADDRESS, EADDRNOTAVAIL, 0, false, RULE_ADDRESS_NOT_LOCAL},
		{EVENT_BIND, STAGE_ADDRESS, EADDRNOTAVAIL, 0, true, RULE_ADDRESS_TENTATIVE},
		{EVENT_BIND, STAGE_ADDRESS, EAFNOSUPPORT, 0, false, RULE_WRONG_FAMILY},
		{EVENT_BIND, STAGE_ADDRESS, ENODEV, 0, false, RULE_NO_DEVICE},
		{EVENT_BIND, STAGE_PRIVILEGE, EACCES, 0, false, RULE_PRIVILEGED_PORT},
		{EVENT_BIND, STAGE_STATE, EINVAL, 8080, false, RULE_ALREADY_BOUND},
		{EVENT_BIND, STAGE_STATE, EINVAL, 0, false, RULE_BAD_ADDRESS},
		{EVENT_BIND, STAGE_POST_BIND, EPERM, 0, false, RULE_POST_BIND_BPF},
		{EVENT_BIND, STAGE_PORT, ENOMEM, 0, false, RULE_NO_MEMORY},
		{EVENT_LISTEN, STAGE_LISTEN, EBUSY, 8080, false, RULE_NO_MEMORY},
		{EVENT_LISTEN, STAGE_STATE, EINVAL, 8080, false, RULE_WRONG_STATE},
		{EVENT_LISTEN, STAGE_SYSCALL, EOPNOTSUPP, 0, false, RULE_WRONG_STATE},
		{EVENT_CONNECT, STAGE_PORT, EADDRNOTAVAIL, 8080, false, RULE_SAME_CONNECTION},
		{EVENT_BIND, STAGE_STATE, EXDEV, 0, false, RULE_UNEXPLAINED},
	};
	/* clang-format on */
	static const char *const none[MAX_HOLDERS] = {NULL};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", none);
		attempt.event.type = table[i].type;
		attempt.event.entry_port = table[i].entry_port;
		attempt.event.address_tentative = table[i].tentative;
		kernel_says(&attempt.event, -table[i].code, table[i].stage);
		judge(&attempt.event, &new_kernel);
		if (attempt.event.verdict.rule != (int)table[i].rule || attempt.event.verdict.agrees != -1)
			fail_msg("stage row %zu: %s", i, rule_name((enum rule_id)attempt.event.verdict.rule));
		assert_non_null(attempt.event.verdict.text);
		assert_int_not_equal(attempt.event.verdict.text[0], '\0');
	}
}

/* ---- port 0 ------------------------------------------------------------- */

static void test_auto_port(void **state)
{
	/* clang-format off */
	static const struct {
		enum event_type type;
		enum protocol protocol;
		const char *binder;
		int result;
		enum rule_id rule;
	} table[] = {
		{EVENT_BIND, PROTO_TCP, "0.0.0.0", 0, RULE_AUTO_PORT},
		{EVENT_BIND, PROTO_TCP, "0.0.0.0", USED, RULE_RANGE_EXHAUSTED},
		{EVENT_LISTEN, PROTO_TCP, "0.0.0.0", 0, RULE_AUTO_PORT},
		{EVENT_LISTEN, PROTO_TCP, "0.0.0.0 noport", USED, RULE_RANGE_EXHAUSTED},
		{EVENT_AUTOBIND, PROTO_UDP, "0.0.0.0", -EAGAIN, RULE_RANGE_EXHAUSTED},
		{EVENT_CONNECT, PROTO_TCP, "127.0.0.1", 0, RULE_AUTO_PORT},
		{EVENT_CONNECT, PROTO_TCP, "127.0.0.1", -EADDRNOTAVAIL, RULE_RANGE_EXHAUSTED},
		{EVENT_BIND, PROTO_TCP, "127.0.0.1 noport", 0, RULE_DEFERRED},
		{EVENT_BIND, PROTO_UDP, "127.0.0.1 noport", 0, RULE_DEFERRED},
	};
	/* clang-format on */
	static const char *const none[MAX_HOLDERS] = {NULL};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_attempt(&attempt, table[i].protocol, table[i].binder, none);
		attempt.event.type = table[i].type;
		attempt.event.explicit_port = false;
		attempt.event.requested_port = 0;
		kernel_says(&attempt.event, table[i].result, STAGE_PORT);
		judge(&attempt.event, &new_kernel);
		if (attempt.event.verdict.rule != (int)table[i].rule || attempt.event.verdict.agrees != 1)
			fail_msg("port 0 row %zu: %s", i,
				 rule_name((enum rule_id)attempt.event.verdict.rule));
	}
}

/* ---- the cache of a bucket ------------------------------------------------ */

static void test_fast_path(void **state)
{
	/* clang-format off */
	static const struct {
		const char *binder, *holder;
		const struct policy *policy;
		int fastreuse, fastreuseport;
		uint32_t fastuid;
		const char *fast_address;
		bool listening;
		enum answer answer;
		enum rule_id rule;
	} table[] = {
		{"127.0.0.1 ra", "127.0.0.1", &kernel_6_1, 1, 0, 0, "0.0.0.0", false, ANSWER_ACCEPT,
		 RULE_QUIRK_STALE_REUSEADDR},
		{"127.0.0.1", "127.0.0.1", &kernel_6_1, 1, 0, 0, "0.0.0.0", false, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"127.0.0.1 ra", "127.0.0.1", &kernel_6_1, 1, 0, 0, "0.0.0.0", true, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"127.0.0.1 ra", "127.0.0.1", &new_kernel, 1, 0, 0, "0.0.0.0", false, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"127.0.0.1 ra", "127.0.0.1", &kernel_6_1, -1, 0, 0, "0.0.0.0", false, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"127.0.0.1 ra", "127.0.0.1 ra", &kernel_6_1, 1, 0, 0, "0.0.0.0", false, ANSWER_ACCEPT,
		 RULE_REUSEADDR_BOTH},
		{"127.0.0.1 rp", "127.0.0.1", &new_kernel, 0, 2, 1000, "127.0.0.1", false, ANSWER_ACCEPT,
		 RULE_QUIRK_STALE_REUSEPORT},
		{"127.0.0.1 rp", "127.0.0.1", &new_kernel, 0, 2, 1000, "0.0.0.0", false, ANSWER_ACCEPT,
		 RULE_QUIRK_STALE_REUSEPORT},
		{"127.0.0.1 rp", "127.0.0.1", &new_kernel, 0, 2, 1000, "127.0.0.2", false, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"0.0.0.0 rp", "127.0.0.1", &new_kernel, 0, 2, 1000, "127.0.0.1", false, ANSWER_REFUSE,
		 RULE_NO_REUSE},
		{"127.0.0.1 rp", "127.0.0.1", &kernel_6_1, 0, 1, 1000, "127.0.0.2", false, ANSWER_ACCEPT,
		 RULE_QUIRK_STALE_REUSEPORT},
		{"127.0.0.1 rp uid=7", "127.0.0.1", &new_kernel, 0, 2, 1000, "127.0.0.1", false,
		 ANSWER_REFUSE, RULE_NO_REUSE},
		{"127.0.0.1 rp own", "127.0.0.1 rp", &new_kernel, 0, 2, 1000, "127.0.0.1", false,
		 ANSWER_REFUSE, RULE_REUSEPORT_PROGRAM},
		{"127.0.0.1 rp", "127.0.0.1", &new_kernel, 0, 2, 1000, "127.0.0.1", true, ANSWER_ACCEPT,
		 RULE_QUIRK_STALE_REUSEPORT},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *const holders[MAX_HOLDERS] = {table[i].holder};
		struct attempt_facts facts;
		struct prediction prediction;
		struct attempt attempt;

		make_attempt(&attempt, PROTO_TCP, table[i].binder, holders);
		attempt.event.listening = table[i].listening;
		attempt.event.entry_port = table[i].listening ? 8080 : 0;
		attempt.event.bucket = (struct bucket_facts){.present = true,
							     .fastreuse = table[i].fastreuse,
							     .fastreuseport = table[i].fastreuseport,
							     .fastuid = table[i].fastuid};
		parse_address(table[i].fast_address, &attempt.event.bucket.fast_address);
		facts_of_event(&attempt.event, table[i].policy, &facts);
		linux_predict(&facts, &prediction);
		if (prediction.answer != table[i].answer || prediction.rule != table[i].rule)
			fail_msg("fast row %zu: %d %s", i, prediction.answer, rule_name(prediction.rule));

		kernel_says(&attempt.event, prediction.answer == ANSWER_REFUSE ? USED : 0, STAGE_PORT);
		judge(&attempt.event, table[i].policy);
		assert_int_equal(attempt.event.verdict.rule, table[i].rule);
		assert_int_equal(attempt.event.verdict.agrees, 1);
	}
}

/* ---- UDP slots ------------------------------------------------------------- */

static void test_udp_slot(void **state)
{
	/* clang-format off */
	static const struct {
		const char *binder;
		const char *holders[MAX_HOLDERS];
		uint32_t slot_count;
		int result;
		enum rule_id rule;
	} table[] = {
		{"0.0.0.0", {"127.0.0.1"}, 11, 0, RULE_QUIRK_UDP_SLOT},
		{"0.0.0.0", {"127.0.0.1"}, 10, 0, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1", "0.0.0.0"}, 11, 0, RULE_UNEXPLAINED},
		{"127.0.0.1", {"0.0.0.0"}, 11, 0, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1"}, 11, USED, RULE_NO_REUSE},
		/* each chain stops at its own compatible socket */
		{"127.0.0.1 rp", {"0.0.0.0 rp", "127.0.0.1"}, 11, USED, RULE_NO_REUSE},
		{"127.0.0.1 rp", {"0.0.0.0 rp", "127.0.0.1"}, 10, 0, RULE_REUSEPORT_GROUP},
	};
	/* clang-format on */
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_attempt(&attempt, PROTO_UDP, table[i].binder, table[i].holders);
		attempt.event.bucket.slot_count = table[i].slot_count;
		kernel_says(&attempt.event, table[i].result, STAGE_PORT);
		judge(&attempt.event, &kernel_5_10);
		if (attempt.event.verdict.rule != (int)table[i].rule ||
		    attempt.event.verdict.agrees != (table[i].rule != RULE_UNEXPLAINED))
			fail_msg("slot row %zu: %s", i, rule_name((enum rule_id)attempt.event.verdict.rule));
	}
}

/* ---- the kernel's culprit --------------------------------------------------- */

static void test_culprit(void **state)
{
	static const char *const two[MAX_HOLDERS] = {"127.0.0.2 listen", "127.0.0.1 tw", "127.0.0.1 listen"};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", two);
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.rule, RULE_TIME_WAIT);
	assert_int_equal(attempt.event.holders[0].sock.state, STATE_TIME_WAIT);
	assert_true(attempt.event.holders[0].culprit);
	assert_int_equal(attempt.event.holders[1].reason, RULE_OTHER_ADDRESS);
	assert_int_equal(attempt.event.holders[2].reason, RULE_NO_REUSE);

	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", two);
	attempt.holders[2].culprit = true;
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.rule, RULE_NO_REUSE);
	assert_int_equal(attempt.event.verdict.agrees, 1);
	assert_int_equal(attempt.event.holders[0].sock.state, STATE_LISTEN);
	assert_int_equal(attempt.event.holders[1].sock.address.bytes[3], 2);

	/* judged again, as replay does: the same */
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.rule, RULE_NO_REUSE);
	assert_int_equal(attempt.event.verdict.agrees, 1);

	/* the kernel names one that our predicate lets live */
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", two);
	attempt.holders[0].culprit = true;
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.rule, RULE_UNEXPLAINED);
	assert_int_equal(attempt.event.verdict.agrees, 0);
}

static void test_truncated(void **state)
{
	static const char *const apart[MAX_HOLDERS] = {"127.0.0.2 listen"};
	struct attempt attempt;

	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", apart);
		attempt.event.truncated = true;
		kernel_says(&attempt.event, refused ? USED : 0, STAGE_PORT);
		judge(&attempt.event, &new_kernel);
		assert_int_equal(attempt.event.verdict.rule, refused ? RULE_UNEXPLAINED : RULE_OTHER_ADDRESS);
		assert_int_equal(attempt.event.verdict.agrees, -1);
	}
}

static void test_l3mdev_accept(void **state)
{
	static const char *const holders[MAX_HOLDERS] = {"0.0.0.0 listen"};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "0.0.0.0 vrf=9 dev=8", holders);
	attempt.event.l3mdev_accept = true;
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.rule, RULE_NO_REUSE);
}

/* ---- remedies: each must be true --------------------------------------------- */

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

static void check_fix(const char *binder, const char *holder, const char *fix, bool given)
{
	const char *const holders[MAX_HOLDERS] = {holder};
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
	check_fix("127.0.0.1 ra", "127.0.0.1 tw", "wait 43 s", true);
	check_fix("127.0.0.1 ra", "127.0.0.1 tw", "inherits", true);
	check_fix("::", "0.0.0.0 listen", "set IPV6_V6ONLY on this socket", true);
	check_fix("::", "::1 listen v6only", "set IPV6_V6ONLY", false);
	check_fix("0.0.0.0", ":: listen", "set IPV6_V6ONLY on the holder", true);
	check_fix("0.0.0.0", "127.0.0.1 kernel",
		  "bind one address instead of 0.0.0.0 (only 127.0.0.1 is taken)", true);
	check_fix("0.0.0.0 ra", "127.0.0.1 byconnect estab", "ip_local_reserved_ports", true);
	check_fix("0.0.0.0", "0.0.0.0 kernel", "stop", false);
}

/* ---- who answers ---------------------------------------------------------------- */

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

/* ---- words ------------------------------------------------------------------------ */

static void test_names(void **state)
{
	(void)state;
	for (int rule = RULE_NONE; rule < RULE_MAX; rule++) {
		assert_non_null(rule_name((enum rule_id)rule));
		assert_int_equal(rule_from_name(rule_name((enum rule_id)rule)), rule);
		assert_false(rule_is_refusal((enum rule_id)rule) && rule_is_sharing((enum rule_id)rule));
	}
	assert_int_equal(rule_from_name("nonsense"), RULE_NONE);
	assert_true(rule_is_refusal(RULE_LISTENER));
	assert_false(rule_is_refusal(RULE_FREE));
}

static void test_addresses(void **state)
{
	static const struct {
		const char *address;
		uint32_t scope;
		const char *text;
	} table[] = {
		{"127.0.0.1", 0, "127.0.0.1:80"},
		{"0.0.0.0", 0, "0.0.0.0:80"},
		{"::", 0, "[::]:80"},
		{"::1", 0, "[::1]:80"},
		{"::ffff:127.0.0.1", 0, "[::ffff:127.0.0.1]:80"},
		{"fe80::1", 2, "[fe80::1%2]:80"},
		{"2001:db8:0:0:1:0:0:1", 0, "[2001:db8::1:0:0:1]:80"},
		{"2001:db8:0:1:1:1:1:1", 0, "[2001:db8:0:1:1:1:1:1]:80"},
		{"2001:0:0:1:0:0:0:1", 0, "[2001:0:0:1::1]:80"},
		{"1::", 0, "[1::]:80"},
		{"ABCD::", 0, "[abcd::]:80"},
		{"::1.2.3.4", 0, "[::102:304]:80"},
	};
	char text[ADDRESS_TEXT_LEN], small[8];
	struct address address;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		parse_address(table[i].address, &address);
		address.scope = table[i].scope;
		address_format(text, sizeof(text), &address, 80);
		assert_string_equal(text, table[i].text);
	}
	assert_int_equal(address_format(small, sizeof(small), &address, 80), strlen("[::102:304]:80"));
	assert_string_equal(small, "[::102:");
	address.family = FAMILY_NONE;
	address_format_host(text, sizeof(text), &address);
	assert_string_equal(text, "-");
}

static void test_sentence(void **state)
{
	static const char *const holders[MAX_HOLDERS] = {"127.0.0.1 listen"};
	struct situation situation;
	struct attempt attempt;
	char text[64], tiny[9];

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", holders);
	strcpy(attempt.owners[0].comm, "{port}\x1b\\\xff");
	situation_init(&situation, &attempt.event, &new_kernel, RULE_NO_REUSE, &attempt.holders[0]);
	sentence_expand(text, sizeof(text), "{holder} {unknown} {", &situation);
	assert_string_equal(text, "{port}\\x1b\\x5c\\xff[4100] {unknown} {");
	memset(tiny, 'x', sizeof(tiny));
	sentence_expand(tiny, 8, "{port}{port}{port}", &situation);
	assert_string_equal(tiny, "8080808");
	assert_int_equal(tiny[8], 'x');
	sentence_expand(tiny, 0, "a", &situation);
	assert_string_equal(tiny, "8080808");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overlap),	      cmocka_unit_test(test_overlap_connected_ipv6),
		cmocka_unit_test(test_rows),	      cmocka_unit_test(test_stages),
		cmocka_unit_test(test_auto_port),     cmocka_unit_test(test_fast_path),
		cmocka_unit_test(test_udp_slot),      cmocka_unit_test(test_culprit),
		cmocka_unit_test(test_truncated),     cmocka_unit_test(test_l3mdev_accept),
		cmocka_unit_test(test_remedies_true), cmocka_unit_test(test_remedies_given),
		cmocka_unit_test(test_delivery),      cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),     cmocka_unit_test(test_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
