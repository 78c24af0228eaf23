/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCTP, ping and raw sockets: which rule, who is in the way, what helps. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "rules/rules.h"

static const struct policy policy;

struct side {
	bool reuseaddr, reuseport, listens;
	uint32_t uid, netns, ifindex;
};

static struct sock_info sock_of(enum protocol protocol, const struct side *side)
{
	return (struct sock_info){
		.protocol = protocol,
		.family = FAMILY_IPV4,
		.state = side->listens ? STATE_LISTEN : STATE_BOUND,
		.address = {.family = FAMILY_IPV4, .bytes = {127, 0, 0, 1}},
		.port = 700,
		.uid = side->uid,
		.netns = side->netns,
		.ifindex = side->ifindex,
		.options = {.reuseaddr = side->reuseaddr, .reuseport = side->reuseport},
	};
}

static struct holder holder_of(enum protocol protocol, const struct side *side, struct owner *owner)
{
	return (struct holder){.sock = sock_of(protocol, side),
			       .kind = KIND_PROCESS,
			       .owners = owner,
			       .owner_count = 1,
			       .expires_ms = -1,
			       .released_after_ns = -1};
}

static struct event attempt(enum protocol protocol, const struct side *side, struct holder *holder)
{
	return (struct event){
		.type = EVENT_BIND,
		.sock = sock_of(protocol, side),
		.process = {.pid = 42, .comm = "new"},
		.explicit_port = true,
		.holders = holder,
		.holder_count = holder ? 1 : 0,
		.holders_total = holder ? 1 : 0,
	};
}

static void test_pairs(void **state)
{
	static const struct {
		enum protocol protocol;
		struct side new, old;
		bool refused;
		enum rule_id rule;
	} rows[] = {
		{PROTO_SCTP, {0}, {0}, true, RULE_NO_REUSE},
		{PROTO_SCTP, {.reuseaddr = true}, {.reuseaddr = true}, false, RULE_REUSEADDR_BOTH},
		{PROTO_SCTP, {.reuseaddr = true}, {.reuseaddr = true, .listens = true}, true, RULE_LISTENER},
		{PROTO_SCTP, {.reuseport = true}, {.reuseport = true}, false, RULE_REUSEPORT_GROUP},
		{PROTO_SCTP, {.reuseport = true}, {.reuseport = true, .uid = 1}, true, RULE_REUSEPORT_UID},
		{PROTO_SCTP, {.reuseaddr = true}, {.reuseport = true}, true, RULE_NO_COMMON_FLAG},
		{PROTO_SCTP, {.ifindex = 1}, {.ifindex = 2}, false, RULE_OTHER_DEVICE},
		{PROTO_SCTP, {.netns = 1}, {.netns = 2}, false, RULE_OTHER_NETNS},
		{PROTO_PING, {.reuseaddr = true}, {.reuseaddr = true, .uid = 1}, false, RULE_PING_REUSE},
		{PROTO_PING, {.reuseaddr = true}, {.reuseport = true}, true, RULE_NO_REUSE},
		{PROTO_PING, {.reuseport = true}, {.reuseport = true}, true, RULE_NO_REUSE},
		{PROTO_PING, {.netns = 1}, {.netns = 2}, true, RULE_NO_REUSE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct owner owner = {.pid = 41, .fd = 3, .comm = "old"};
		struct holder holder = holder_of(rows[i].protocol, &rows[i].old, &owner);
		struct event event = attempt(rows[i].protocol, &rows[i].new, &holder);

		event.result = rows[i].refused ? -EADDRINUSE : 0;
		event.stage = rows[i].refused ? STAGE_PORT : STAGE_NONE;
		judge(&event, &policy);
		assert_string_equal(rule_name((enum rule_id)event.verdict.rule), rule_name(rows[i].rule));
		assert_int_equal(event.verdict.agrees, 1);
		assert_int_equal(event.verdict.culprit, rows[i].refused ? 0 : -1);
		assert_int_not_equal(event.verdict.text[0], '\0');
		assert_int_equal(event.verdict.fix_count > 0, rows[i].refused);
		/* A contradiction is never explained away. */
		event.result = rows[i].refused ? 0 : -EADDRINUSE;
		event.stage = rows[i].refused ? STAGE_NONE : STAGE_PORT;
		judge(&event, &policy);
		assert_int_equal(event.verdict.agrees, 0);
		assert_int_equal(event.verdict.rule, RULE_UNEXPLAINED);
	}
}

/* Each remedy is there where it is true of the holder, and nowhere else. */
static void test_remedies(void **state)
{
	static const struct {
		struct side new, old;
		uint32_t owners[2];
		const char *fixes;
	} rows[] = {
		{{0}, {0}, {41}, "stop 41 (old)|"},
		{{0}, {0}, {42}, "close fd 3 of this same process first: 42 (old)|"},
		{{0}, {0}, {42, 42}, ""},
		{{0},
		 {.reuseaddr = true},
		 {41},
		 "set SO_REUSEADDR on this socket before bind()|stop 41 (old)|"},
		{{0}, {.reuseaddr = true, .listens = true}, {41}, "stop 41 (old)|"},
		{{.reuseaddr = true}, {.reuseaddr = true, .listens = true}, {41}, "stop 41 (old)|"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct owner owners[2] = {{.pid = rows[i].owners[0], .fd = 3, .comm = "old"},
					  {.pid = rows[i].owners[1], .fd = 4, .comm = "old"}};
		struct holder holders[2] = {holder_of(PROTO_SCTP, &rows[i].old, &owners[0]),
					    holder_of(PROTO_SCTP, &rows[i].old, &owners[1])};
		struct event event = attempt(PROTO_SCTP, &rows[i].new, holders);
		char fixes[512] = "";

		event.holder_count = rows[i].owners[1] ? 2 : 1;
		event.result = -EADDRINUSE;
		event.stage = STAGE_PORT;
		judge(&event, &policy);
		for (size_t j = 0; j < event.verdict.fix_count; j++) {
			strcat(fixes, event.verdict.fix[j]);
			strcat(fixes, "|");
		}
		assert_string_equal(fixes, rows[i].fixes);
	}
}

static void test_ping_texts(void **state)
{
	const struct side both = {.reuseaddr = true}, neither = {0};
	struct owner owner = {.pid = 41, .fd = 3, .comm = "old"};
	struct holder holder = holder_of(PROTO_PING, &both, &owner);
	struct event event = attempt(PROTO_PING, &both, &holder);

	(void)state;
	judge(&event, &policy);
	assert_non_null(strstr(event.verdict.text, "has identifier 700 too: ping sockets have SO_REUSEADDR"));
	event = attempt(PROTO_PING, &neither, &holder);
	event.result = -EADDRINUSE;
	event.stage = STAGE_PORT;
	judge(&event, &policy);
	assert_non_null(
		strstr(event.verdict.text, "ping sockets share identifier 700 only with SO_REUSEADDR on"));
}

static void test_alone(void **state)
{
	static const struct {
		enum protocol protocol;
		bool explicit;
		enum rule_id rule;
		const char *text;
	} rows[] = {
		{PROTO_SCTP, true, RULE_FREE, "port was free"},
		{PROTO_PING, true, RULE_FREE, "identifier was free"},
		{PROTO_PING, false, RULE_AUTO_PORT, "the kernel chose identifier 700"},
		{PROTO_RAW, false, RULE_NO_PORT,
		 "raw sockets have no port: any number may have this address"},
		{PROTO_RAW, true, RULE_NO_PORT, "raw sockets have no port: any number may have this address"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct event event = attempt(rows[i].protocol, &(struct side){.reuseaddr = true}, NULL);

		event.explicit_port = rows[i].explicit;
		judge(&event, &policy);
		assert_string_equal(rule_name((enum rule_id)event.verdict.rule), rule_name(rows[i].rule));
		assert_int_equal(event.verdict.agrees, 1);
		assert_string_equal(event.verdict.text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_remedies),
		cmocka_unit_test(test_ping_texts),
		cmocka_unit_test(test_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
