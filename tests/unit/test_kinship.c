/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What who holds a port is to who asks for it, and what that advises. */
#include "attempts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/owner.h"
#include "view/text_parts.h"

static void test_relations(void **state)
{
	static const struct {
		struct proc_info asking;
		struct owner owner;
		enum owner_relation relation;
	} table[] = {
		{{.pid = 20, .ppid = 10}, {.pid = 20, .ppid = 10}, RELATION_SELF},
		{{.pid = 20, .ppid = 10}, {.pid = 10, .ppid = 1}, RELATION_PARENT},
		{{.pid = 20, .ppid = 10}, {.pid = 30, .ppid = 20}, RELATION_CHILD},
		{{.pid = 20, .ppid = 10}, {.pid = 30, .ppid = 10}, RELATION_SIBLING},
		{{.pid = 20, .ppid = 10}, {.pid = 30, .ppid = 11}, RELATION_NONE},
		{{.pid = 20, .ppid = 1}, {.pid = 1}, RELATION_NONE},
		{{.pid = 20, .ppid = 1}, {.pid = 30, .ppid = 1}, RELATION_NONE},
		{{.pid = 20}, {.pid = 30}, RELATION_NONE},
		{{.pid = 0}, {.pid = 0}, RELATION_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct owner owner = table[i].owner;
		struct holder holder = {.owners = &owner, .owner_count = 1};

		owners_relate(&holder, &table[i].asking);
		if (owner.relation != table[i].relation)
			fail_msg("row %zu: %d", i, owner.relation);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_null(owner_relation_name(RELATION_NONE));
	for (enum owner_relation relation = RELATION_SELF; relation < RELATION_MAX; relation++)
		assert_int_equal(owner_relation_from_name(owner_relation_name(relation)), relation);
	assert_true(owner_relation_from_name("cousin") < 0);
}

static void test_words(void **state)
{
	static const char *const words[RELATION_MAX] = {
		[RELATION_SELF] = "uid 0, in this same process",
		[RELATION_PARENT] = "uid 0, in its parent process",
		[RELATION_CHILD] = "uid 0, in its child process",
	};

	(void)state;
	for (enum owner_relation relation = RELATION_NONE; relation < RELATION_MAX; relation++) {
		struct owner owner = {.relation = relation};
		struct holder holder = {.owners = &owner, .owner_count = 1};
		struct strbuf out = {.data = NULL};

		strbuf_puts(&out, "uid 0");
		text_relation(&out, &holder);
		assert_string_equal(out.data, words[relation] ? words[relation] : "uid 0");
		holder.owner_count = 0;
		free(out.data);
		out = (struct strbuf){.data = NULL};
		text_relation(&out, &holder);
		assert_null(out.data);
	}
}

static bool is_advised(const struct event *event, const char *words)
{
	for (size_t i = 0; i < event->verdict.fix_count; i++)
		if (strstr(event->verdict.fix[i], words))
			return true;
	return false;
}

/* What is there to be passed on need not be bound again, and nobody is told to stop systemd. */
static void test_advice(void **state)
{
	static const char *const holders[MAX_HOLDERS] = {"127.0.0.1 listen"};
	static const struct {
		enum owner_relation relation;
		const char *unit;
		const char *given, *not_given;
	} table[] = {
		{RELATION_PARENT, "", "let its parent old[4100] hand fd 3 down", "sd_listen_fds"},
		{RELATION_SIBLING, "", "stop 4100 (old)", "hand fd 3 down"},
		{RELATION_NONE, "web.service", "stop 4100 (old)", "systemctl"},
		{RELATION_NONE, "web.socket", "take the socket that systemd passes for web.socket",
		 "stop 4100"},
		{RELATION_PARENT, "web.socket", "systemctl stop web.socket", "hand fd 3 down"},
	};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct place made_in = {.unit = ""};

		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", holders);
		strcpy(made_in.unit, table[i].unit);
		attempt.holders[0].made_in = &made_in;
		attempt.owners[0].relation = table[i].relation;
		kernel_says(&attempt.event, USED, STAGE_PORT);
		judge(&attempt.event, &new_kernel);
		if (!is_advised(&attempt.event, table[i].given) ||
		    is_advised(&attempt.event, table[i].not_given))
			fail_msg("row %zu: %s", i, attempt.event.verdict.fix[0]);
	}
}

static void test_listeners(void **state)
{
	static const struct sock_info to = {.family = FAMILY_IPV4,
					    .port = 80,
					    .netns = 1,
					    .ifindex = 3,
					    .address = {.family = FAMILY_IPV4, .bytes = {127, 0, 0, 2}}};
	static const struct {
		enum sock_state state;
		uint16_t port;
		uint32_t netns, ifindex;
		uint8_t last;
		int fits;
	} table[] = {
		{STATE_LISTEN, 80, 1, 0, 2, 2}, {STATE_LISTEN, 80, 1, 3, 2, 2},
		{STATE_LISTEN, 80, 1, 0, 0, 1}, {STATE_LISTEN, 80, 1, 0, 1, 0},
		{STATE_BOUND, 80, 1, 0, 2, 0},	{STATE_LISTEN, 81, 1, 0, 2, 0},
		{STATE_LISTEN, 80, 2, 0, 2, 0}, {STATE_LISTEN, 80, 1, 4, 2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sock_info listener = to;

		listener.state = table[i].state;
		listener.port = table[i].port;
		listener.netns = table[i].netns;
		listener.ifindex = table[i].ifindex;
		listener.address.bytes[0] = table[i].last ? 127 : 0;
		listener.address.bytes[3] = table[i].last;
		assert_int_equal(listener_fits(&listener, &to), table[i].fits);
		listener.family = FAMILY_IPV6;
		assert_int_equal(listener_fits(&listener, &to), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relations), cmocka_unit_test(test_names),
		cmocka_unit_test(test_words),	  cmocka_unit_test(test_advice),
		cmocka_unit_test(test_listeners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
