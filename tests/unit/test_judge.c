/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is no question of one pair: stages, port 0, caches, slots, the kernel's culprit. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/linux_common.h"

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
		attempt.event.listening = table[i].type == EVENT_LISTEN;
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
		attempt.event.listening = table[i].type == EVENT_LISTEN;
		attempt.event.explicit_port = false;
		attempt.event.requested_port = 0;
		kernel_says(&attempt.event, table[i].result, STAGE_PORT);
		judge(&attempt.event, &new_kernel);
		if (attempt.event.verdict.rule != (int)table[i].rule || attempt.event.verdict.agrees != 1)
			fail_msg("port 0 row %zu: %s", i,
				 rule_name((enum rule_id)attempt.event.verdict.rule));
	}
}

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
		{"127.0.0.1 ra", "127.0.0.1", &kernel_6_12, 1, 0, 0, "0.0.0.0", false, ANSWER_REFUSE,
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

static void test_udp_slot(void **state)
{
	/* clang-format off */
	static const struct {
		const char *binder;
		const char *holders[MAX_HOLDERS];
		uint32_t slot_count;
		const struct policy *policy;
		int result;
		enum rule_id rule;
	} table[] = {
		{"0.0.0.0", {"127.0.0.1"}, 11, &kernel_5_10, 0, RULE_QUIRK_UDP_SLOT},
		{"0.0.0.0", {"127.0.0.1"}, 10, &kernel_5_10, 0, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1"}, 10, &kernel_5_10, USED, RULE_NO_REUSE},
		{"0.0.0.0", {"127.0.0.1"}, 11, &kernel_5_10, USED, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1"}, 11, &kernel_6_1, USED, RULE_NO_REUSE},
		{"0.0.0.0", {"127.0.0.1"}, 11, &new_kernel, 0, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1"}, 11, &new_kernel, USED, RULE_NO_REUSE},
		{"0.0.0.0", {"127.0.0.1", "0.0.0.0"}, 11, &kernel_5_10, 0, RULE_UNEXPLAINED},
		{"0.0.0.0", {"127.0.0.1", "0.0.0.0"}, 11, &kernel_5_10, USED, RULE_NO_REUSE},
		{"0.0.0.0 rp", {"127.0.0.1", "0.0.0.0 rp"}, 11, &kernel_5_10, 0, RULE_QUIRK_UDP_SLOT},
		{"127.0.0.1", {"0.0.0.0"}, 11, &kernel_5_10, 0, RULE_UNEXPLAINED},
		{"127.0.0.1", {"0.0.0.0"}, 11, &kernel_5_10, USED, RULE_NO_REUSE},
		/* each chain stops at its own compatible socket */
		{"127.0.0.1 rp", {"0.0.0.0 rp", "127.0.0.1"}, 11, &new_kernel, USED, RULE_NO_REUSE},
		{"127.0.0.1 rp", {"0.0.0.0 rp", "127.0.0.1"}, 10, &new_kernel, 0, RULE_REUSEPORT_GROUP},
	};
	/* clang-format on */
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_attempt(&attempt, PROTO_UDP, table[i].binder, table[i].holders);
		attempt.event.bucket.slot_count = table[i].slot_count;
		kernel_says(&attempt.event, table[i].result, STAGE_PORT);
		judge(&attempt.event, table[i].policy);
		if (attempt.event.verdict.rule != (int)table[i].rule ||
		    attempt.event.verdict.agrees != (table[i].rule != RULE_UNEXPLAINED))
			fail_msg("slot row %zu: %s", i, rule_name((enum rule_id)attempt.event.verdict.rule));
	}
}

/* A listener that listens again has its port already; connect() keeps the port that bind() chose. */
static void test_bound_before(void **state)
{
	static const char *const none[MAX_HOLDERS] = {NULL};
	struct attempt attempt;

	(void)state;
	for (int bound = 0; bound < 2; bound++) {
		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", none);
		attempt.event.type = EVENT_CONNECT;
		attempt.event.explicit_port = false;
		attempt.event.entry_port = bound ? 8080 : 0;
		attempt.event.requested_port = bound ? 0 : 80;
		kernel_says(&attempt.event, 0, STAGE_NONE);
		judge(&attempt.event, &new_kernel);
		assert_int_equal(attempt.event.verdict.rule, bound ? RULE_FREE : RULE_AUTO_PORT);
		assert_int_equal(attempt.event.verdict.agrees, bound ? -1 : 1);
	}
}

static void test_hypothetical(void **state)
{
	static const char *const holders[][MAX_HOLDERS] = {{NULL}, {"127.0.0.1 listen"}};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", holders[0]);
	assert_int_equal(judge_hypothetical(&attempt.event, &new_kernel), ANSWER_ACCEPT);
	assert_int_equal(attempt.event.result, 0);
	assert_int_equal(attempt.event.stage, STAGE_NONE);
	assert_int_equal(attempt.event.verdict.rule, RULE_FREE);
	assert_int_equal(attempt.event.verdict.agrees, -1);

	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", holders[1]);
	assert_int_equal(judge_hypothetical(&attempt.event, &new_kernel), ANSWER_REFUSE);
	assert_int_equal(attempt.event.result, USED);
	assert_int_equal(attempt.event.stage, STAGE_PORT);
	assert_int_equal(attempt.event.verdict.rule, RULE_NO_REUSE);
	assert_int_equal(attempt.event.verdict.agrees, -1);
}

/* The last that the kernel compared may share: what failed is to join it. */
static void test_group_without_room(void **state)
{
	static const char *const holders[] = {"127.0.0.1 rp", "127.0.0.1 rp", NULL};
	struct attempt attempt;

	(void)state;
	for (int full = 0; full < 2; full++) {
		make_attempt(&attempt, PROTO_UDP, "127.0.0.1 rp", holders);
		kernel_says(&attempt.event, -EADDRINUSE, STAGE_PORT);
		attempt.holders[1].culprit = true;
		attempt.holders[1].sock.group_size = full ? 32768 : 2;
		attempt.event.truncated = full;
		judge(&attempt.event, &new_kernel);
		assert_int_equal(attempt.event.verdict.rule, RULE_NO_MEMORY);
		assert_int_equal(attempt.event.verdict.agrees, -1);
		assert_true(attempt.event.holders[0].culprit);
		assert_non_null(
			strstr(attempt.event.verdict.text,
			       full ? "is full: 32768 sockets" : "could not allocate memory for the"));
		assert_int_equal(attempt.event.verdict.fix_count, full);
	}
}

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
	for (int i = 0; i < 4; i++) {
		bool refused = i % 2;

		make_attempt(&attempt, i < 2 ? PROTO_TCP : PROTO_UDP, "127.0.0.1", apart);
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

static void test_kinds_of_socket(void **state)
{
	(void)state;
	assert_true(sock_reuse(&(struct sock_info){.options.force_reuse = true}));
	assert_false(sock_reuse(&(struct sock_info){.options.transparent = true}));
	assert_true(sock_is_time_wait(&(struct sock_info){.minisock = true}));
	assert_false(sock_is_time_wait(&(struct sock_info){.fin_wait2 = true}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_auto_port),
		cmocka_unit_test(test_fast_path),
		cmocka_unit_test(test_udp_slot),
		cmocka_unit_test(test_group_without_room),
		cmocka_unit_test(test_culprit),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_l3mdev_accept),
		cmocka_unit_test(test_bound_before),
		cmocka_unit_test(test_hypothetical),
		cmocka_unit_test(test_kinds_of_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
