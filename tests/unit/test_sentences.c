/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences and remedies that no real pair of sockets leads to often: what a slot says, row by row. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rules/sentence.h"

static const char *const nobody[MAX_HOLDERS] = {NULL};

static void expand(struct attempt *attempt, const struct holder *holder, const char *template,
		   const char *expected)
{
	struct situation situation;
	char text[256];

	situation_init(&situation, &attempt->event, &new_kernel, RULE_NO_MEMORY, holder);
	sentence_expand(text, sizeof(text), template, &situation);
	assert_string_equal(text, expected);
}

static void test_errno_names(void **state)
{
	static const struct {
		int code;
		const char *name;
	} table[] = {
		{EADDRINUSE, "EADDRINUSE"}, {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
		{EACCES, "EACCES"},	    {EPERM, "EPERM"},
		{EINVAL, "EINVAL"},	    {EAFNOSUPPORT, "EAFNOSUPPORT"},
		{ENODEV, "ENODEV"},	    {EAGAIN, "EAGAIN"},
		{EBUSY, "EBUSY"},	    {ENOMEM, "ENOMEM"},
		{EBADF, "EBADF"},	    {ENOTSOCK, "ENOTSOCK"},
		{EFAULT, "EFAULT"},	    {EOPNOTSUPP, "EOPNOTSUPP"},
		{ENOBUFS, "ENOBUFS"},	    {0, "success"},
		{EXDEV, "error 18"},
	};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", nobody);
	for (size_t i = 0; i < COUNT(table); i++) {
		kernel_says(&attempt.event, -table[i].code, STAGE_PORT);
		expand(&attempt, NULL, "{errno}", table[i].name);
	}
}

static void test_slots(void **state)
{
	static const char *const holders[MAX_HOLDERS] = {"0.0.0.0 rp listen"};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "0.0.0.0 rp", holders);
	expand(&attempt, NULL, "{start}", "1024");
	attempt.event.unprivileged_start = 0;
	expand(&attempt, NULL, "{start}", "1024");
	attempt.event.unprivileged_start = 500;
	expand(&attempt, NULL, "{start}", "500");
	expand(&attempt, NULL, "{members}", "2");
	attempt.holders[0].sock.group_size = 6;
	expand(&attempt, NULL, "{members}", "2");
	expand(&attempt, &attempt.holders[0], "{members}", "7");
	attempt.event.sock.group_size = 9;
	expand(&attempt, &attempt.holders[0], "{members}", "9");
	attempt.event.windows.reserved_lo = 8000;
	attempt.event.windows.reserved_hi = 8099;
	expand(&attempt, NULL, "{reserved} {reserved_first} {reserved_count} {protocol}",
	       "8000-8099 8000 100 tcp");
	attempt.event.sock.protocol = PROTO_UDP;
	expand(&attempt, NULL, "{protocol}", "udp");
}

/* An address that is in the way is named once, however many have it and in whatever order. */
static void test_taken(void **state)
{
	static const char *const holders[MAX_HOLDERS] = {"127.0.0.1 dev=3", "127.0.0.1", "127.0.0.1",
							 "127.0.0.2"};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "0.0.0.0 dev=2", holders);
	for (size_t i = 0; i < MAX_HOLDERS; i++)
		attempt.holders[i].reason = i ? RULE_NO_REUSE : RULE_OTHER_DEVICE;
	expand(&attempt, &attempt.holders[1], "{taken}", "127.0.0.1, 127.0.0.2");
}

/* A row of words: what is attempted, what is in the way, what must be said of it. */
static const struct row {
	enum event_type type;
	enum protocol protocol;
	const char *binder, *holder;
	const struct policy *policy;
	int result;
	enum stage stage;
	const char *text, *fix; /* parts of the sentence and of one remedy, NULL: not looked at */
} rows[] = {
	{EVENT_LISTEN, PROTO_TCP, "0.0.0.0 ra", "0.0.0.0 ra listen", &new_kernel, USED, STAGE_PORT,
	 "let both bind, but only one may listen", NULL},
	{EVENT_BIND, PROTO_TCP, "0.0.0.0", "127.0.0.1 estab byconnect", &new_kernel, USED, STAGE_PORT,
	 "gave old[4100] this port", "stop 4100 (old), or wait for its connection to end"},
	{EVENT_BIND, PROTO_TCP, "0.0.0.0", "127.0.0.1 estab accepted", &new_kernel, USED, STAGE_PORT, NULL,
	 "at every start, before listen()"},
	{EVENT_AUTOBIND, PROTO_TCP, "0.0.0.0", NULL, &new_kernel, -EADDRNOTAVAIL, STAGE_PORT, NULL,
	 "use more source or destination addresses"},
	{EVENT_BIND, PROTO_OTHER, "0.0.0.0", NULL, &new_kernel, USED, STAGE_PORT,
	 "this protocol has its own port table", NULL},
	{EVENT_BIND, PROTO_TCP, "0.0.0.0", NULL, &new_kernel, -ENOTSOCK, STAGE_SYSCALL,
	 "ENOTSOCK: the descriptor is not an open socket", NULL},
	{EVENT_BIND, PROTO_TCP, "0.0.0.0", NULL, &new_kernel, -ENOBUFS, STAGE_PORT,
	 "could not allocate memory", NULL},
	{EVENT_LISTEN, PROTO_TCP, "0.0.0.0", "0.0.0.0 listen", &new_kernel, USED, STAGE_LISTEN, "neither",
	 NULL},
};

static void check_row(const struct row *row)
{
	const char *const holders[MAX_HOLDERS] = {row->holder};
	struct verdict *verdict;
	struct attempt attempt;
	bool found = !row->fix;

	make_attempt(&attempt, row->protocol, row->binder, holders);
	attempt.event.type = row->type;
	attempt.event.listening = row->type == EVENT_LISTEN;
	attempt.event.entry_port = row->type == EVENT_LISTEN ? 8080 : 0;
	attempt.event.explicit_port = row->type != EVENT_AUTOBIND;
	kernel_says(&attempt.event, row->result, row->stage);
	judge(&attempt.event, row->policy);
	verdict = &attempt.event.verdict;
	if (row->text && !strstr(verdict->text, row->text))
		fail_msg("\"%s\" is not in \"%s\"", row->text, verdict->text);
	for (size_t i = 0; i < verdict->fix_count; i++)
		found = found || strstr(verdict->fix[i], row->fix);
	if (!found)
		fail_msg("no remedy \"%s\" among %zu, the first is \"%s\"", row->fix, verdict->fix_count,
			 verdict->fix[0]);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

static void test_tentative_and_same_connection(void **state)
{
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "::1", nobody);
	attempt.event.address_tentative = true;
	kernel_says(&attempt.event, -EADDRNOTAVAIL, STAGE_ADDRESS);
	judge(&attempt.event, &new_kernel);
	assert_non_null(strstr(attempt.event.verdict.fix[0], "wait for the address to become valid"));

	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", nobody);
	attempt.event.type = EVENT_CONNECT;
	attempt.event.entry_port = 8080;
	kernel_says(&attempt.event, -EADDRNOTAVAIL, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_non_null(strstr(attempt.event.verdict.fix[0], "connect from another source port"));

	kernel_says(&attempt.event, 0, STAGE_NONE);
	judge(&attempt.event, &new_kernel);
	assert_string_equal(attempt.event.verdict.text, "the socket already had its port");
}

static void test_truncated_text(void **state)
{
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", nobody);
	attempt.event.truncated = true;
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_non_null(strstr(attempt.event.verdict.text, "not every socket on this port could be listed"));
}

/* Of several that let the bind pass, the one that tells most is named. */
static void test_most_telling(void **state)
{
	/* clang-format off */
	static const struct {
		enum protocol protocol;
		const char *binder;
		const char *holders[MAX_HOLDERS];
		enum rule_id rule;
	} table[] = {
		{PROTO_TCP, "0.0.0.0", {"0.0.0.0 vrf=9", "0.0.0.0 netns=2"}, RULE_OTHER_VRF},
		{PROTO_TCP, "0.0.0.0 dev=2", {"0.0.0.0 vrf=9", "0.0.0.0 dev=3"}, RULE_OTHER_DEVICE},
		{PROTO_TCP, "0.0.0.0 dev=2", {"0.0.0.0 dev=3", ":: v6only"}, RULE_OTHER_FAMILY},
		{PROTO_TCP, "127.0.0.1", {":: v6only", "127.0.0.2"}, RULE_OTHER_ADDRESS},
		{PROTO_TCP, "127.0.0.1 ra", {"127.0.0.2", "0.0.0.0 ra"}, RULE_REUSEADDR_BOTH},
		{PROTO_UDP, "127.0.0.1 ra", {"127.0.0.2", "0.0.0.0 ra"}, RULE_UDP_REUSEADDR},
		{PROTO_TCP, "127.0.0.1 ra", {"127.0.0.1 ra tw", "0.0.0.0 ra"}, RULE_REUSEADDR_BOTH},
	};
	/* clang-format on */
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		make_attempt(&attempt, table[i].protocol, table[i].binder, table[i].holders);
		kernel_says(&attempt.event, 0, STAGE_NONE);
		judge(&attempt.event, &new_kernel);
		if (attempt.event.verdict.rule != (int)table[i].rule)
			fail_msg("row %zu: %s", i, rule_name((enum rule_id)attempt.event.verdict.rule));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errno_names),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_tentative_and_same_connection),
		cmocka_unit_test(test_truncated_text),
		cmocka_unit_test(test_most_telling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
