/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "../bpf/list.h"
#include "cli/list_order.h"
#include "cli/target.h"
#include "rules/linux_common.h"

static void test_targets(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
		enum protocol protocol;
		enum family family;
		bool any_address, any_protocol;
	} rows[] = {
		{"8080", 8080, PROTO_TCP, FAMILY_IPV4, true, true},
		{":8080", 8080, PROTO_TCP, FAMILY_IPV4, true, true},
		{"*:53/udp", 53, PROTO_UDP, FAMILY_IPV4, true, false},
		{"127.0.0.1:80/tcp", 80, PROTO_TCP, FAMILY_IPV4, false, false},
		{"0.0.0.0:80", 80, PROTO_TCP, FAMILY_IPV4, false, true},
		{"[::1]:443/udp", 443, PROTO_UDP, FAMILY_IPV6, false, false},
		{"[::1]:443%lo", 443, PROTO_TCP, FAMILY_IPV6, false, true},
	};
	char error[SOCKET_ERROR_LEN];
	struct target target;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(target_parse(rows[i].text, &target, error), 0);
		assert_int_equal(target.sock.port, rows[i].port);
		assert_int_equal(target.sock.protocol, rows[i].protocol);
		assert_int_equal(target.sock.family, rows[i].family);
		assert_int_equal(target.any_address, rows[i].any_address);
		assert_int_equal(target.any_protocol, rows[i].any_protocol);
	}
	assert_string_equal(target.sock.device, "lo");
}

static void test_mistakes(void **state)
{
	static const char *const texts[] = {"",	    "0",      "65536",	 "tcp 8080", "8080 listen",
					    "a:80", "::1:80", "80/icmp", "127.0.0.1"};
	char error[SOCKET_ERROR_LEN];
	struct target target;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		error[0] = '\0';
		if (!target_parse(texts[i], &target, error))
			fail_msg("'%s' is taken", texts[i]);
		assert_true(error[0]);
	}
}

static void test_orders(void **state)
{
	const struct rt_listed low = {
		.sock = {.port = 80, .protocol = 17, .netns = 2, .uid = 1, .state = 10}};
	const struct rt_listed high = {.sock = {.port = 81, .protocol = 6, .netns = 1, .uid = 0, .state = 7}};

	(void)state;
	for (size_t i = 0; i < LIST_ORDERS; i++) {
		bool by_port = i == LIST_BY_PORT || i == LIST_BY_ADDRESS;

		assert_int_equal(list_orders[i](&low, &high), by_port ? -1 : 1);
		assert_int_equal(list_orders[i](&low, &low), 0);
	}
}

/* Nothing is said of options that nobody could read. */
static void test_unknown_options(void **state)
{
	static const struct policy policy = {.closed_group_ok = true};
	const struct sock_info binder = {.protocol = PROTO_TCP, .family = FAMILY_IPV4, .port = 80, .uid = 0};
	const struct attempt_facts facts = {.policy = &policy, .binder = &binder};
	struct sock_info holder = {.protocol = PROTO_TCP, .family = FAMILY_IPV4, .port = 80, .uid = 0};

	(void)state;
	assert_int_equal(linux_conflict_rule(&facts, &holder), RULE_NO_REUSE);
	holder.blind = true;
	assert_int_equal(linux_conflict_rule(&facts, &holder), RULE_OPTIONS_UNSEEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_unknown_options),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
