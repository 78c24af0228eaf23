/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

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
		{"[fe80::1%eth0]:443", 443, PROTO_TCP, FAMILY_IPV6, false, true},
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
	assert_int_equal(target_parse("[fe80::1%eth0]:443", &target, error), 0);
	assert_string_equal(target.sock.device, "eth0");
	assert_true(target.sock.ifindex && target.sock.address.scope == target.sock.ifindex);
}

static void test_mistakes(void **state)
{
	static const char *const texts[] = {
		"",	   "0",		"65536",     "tcp 8080", "8080 listen",	 "a:80",     "::1:80",
		"80/icmp", "127.0.0.1", "/run/a:80", "@a",	 "[::1%a]:80%b", "[::1%]:80"};
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
	static const struct list_key low = {
		.row = 1, .port = 80, .protocol = 17, .netns = 2, .uid = 1, .state = 10};
	static const struct list_key high = {
		.row = 0, .port = 81, .protocol = 6, .netns = 1, .uid = 0, .state = 7};

	(void)state;
	for (enum list_order order = LIST_BY_PORT; order < LIST_ORDERS; order++) {
		bool by_port = order == LIST_BY_PORT || order == LIST_BY_ADDRESS;
		struct list_key keys[] = {by_port ? high : low, by_port ? low : high};

		list_sort(keys, 2, order);
		assert_int_equal(keys[0].port, by_port ? 80 : 81);
		assert_int_equal(keys[1].port, by_port ? 81 : 80);
	}
}

/* Those that are equal stay as they were; a uid's own are by port. */
static void test_ties(void **state)
{
	struct list_key same[] = {{.row = 2, .port = 80}, {.row = 0, .port = 80}, {.row = 1, .port = 80}};
	struct list_key user[] = {{.row = 0, .port = 81}, {.row = 1, .port = 80}};

	(void)state;
	for (enum list_order order = LIST_BY_PORT; order < LIST_ORDERS; order++) {
		list_sort(same, 3, order);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(same[i].row, i);
	}
	list_sort(user, 2, LIST_BY_UID);
	assert_int_equal(user[0].port, 80);
	list_sort(NULL, 0, LIST_BY_UID);
}

/* One number of all that decides, the row last. */
static uint64_t place_of(const struct list_key *key)
{
	return (uint64_t)key->port << 40 | (uint64_t)key->protocol << 32 | (uint64_t)key->netns << 31 |
	       (uint64_t)key->family << 30 | (uint64_t)key->address[15] << 29 | key->row;
}

/* Many go another way than few, to the same order. */
static void test_many(void **state)
{
	static struct list_key keys[60000];
	size_t count = sizeof(keys) / sizeof(keys[0]);
	uint32_t random = 1;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		random = random * 1664525 + 1013904223;
		keys[i] = (struct list_key){.row = i,
					    .port = i % 3 ? random >> 16 : 65535 * (random >> 31),
					    .protocol = random >> 27 & 1 ? 6 : 17,
					    .netns = random >> 28 & 1,
					    .family = random >> 29 & 1,
					    .address = {[15] = random >> 30 & 1}};
	}
	list_sort(keys, count, LIST_BY_PORT);
	for (size_t i = 1; i < count; i++)
		assert_true(place_of(&keys[i - 1]) < place_of(&keys[i]));
}

static void test_target_has(void **state)
{
	static const struct {
		const char *text;
		struct sock_info sock;
		bool has;
	} rows[] = {
		{"80", {.port = 80, .protocol = PROTO_UDP}, true},
		{"80/tcp", {.port = 80, .protocol = PROTO_UDP}, false},
		{"80/tcp", {.port = 80, .protocol = PROTO_MPTCP}, true},
		{"80", {.port = 81, .protocol = PROTO_TCP}, false},
		{"127.0.0.1:80", {.port = 80, .address = {FAMILY_IPV4, 0, {127, 0, 0, 1}}}, true},
		{"127.0.0.1:80", {.port = 80, .address = {FAMILY_IPV4, 0, {127, 0, 0, 2}}}, false},
		{"[fe80::]:80", {.port = 80, .address = {FAMILY_IPV6, 2, {0xfe, 0x80}}}, true},
	};
	char error[SOCKET_ERROR_LEN];
	struct target target;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(target_parse(rows[i].text, &target, error), 0);
		if (target_has(&target, &rows[i].sock) != rows[i].has)
			fail_msg("'%s' of row %zu", rows[i].text, i);
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
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_target_has),
		cmocka_unit_test(test_unknown_options),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
