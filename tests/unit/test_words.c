/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of rules, addresses and sentences as text. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/address.h"
#include "rules/sentence.h"

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

static void test_addresses_from_text(void **state)
{
	static const char *const good[] = {
		"127.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"1::",
		"fe80::1%2",
		"2001:db8::1:0:0:1",
		"::ffff:1.2.3.4",
		"1:2:3:4:5:6:7:8",
		"fe80::1%4294967295",
	};
	static const struct {
		const char *text, *same;
	} other[] = {{"0:0:0:0:0:0:0:0", "::"},
		     {"::FFFF:102:304", "::ffff:1.2.3.4"},
		     {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		     {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
		     {"::1.2.3.4", "::102:304"}};
	static const char *const bad[] = {
		"",	   "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.4 ",	"0x1.2.3.4",
		":",	   ":::",   "1:2",	 "1:::2",     "1::2::3",	"1:2:3:4:5:6:7:8:9",
		"12345::", "g::",   "::1%",	 "::1%eth0",  "::1%4294967296", "1:2:3:4:5:6:7:1.2.3.4",
		"::1:",	   "1:",    "::1.2.3",	 "1.2.3.4%1", "1.2.3.-4",	"1:2:3:4:5:6:7:8::",
	};
	char text[ADDRESS_TEXT_LEN];
	struct address address;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(address_parse_host(good[i], &address), 0);
		address_format_host(text, sizeof(text), &address);
		assert_string_equal(text, good[i]);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		assert_int_equal(address_parse_host(other[i].text, &address), 0);
		address_format_host(text, sizeof(text), &address);
		assert_string_equal(text, other[i].same);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (address_parse_host(bad[i], &address) != -EINVAL)
			fail_msg("'%s' is an address", bad[i]);
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
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_addresses_from_text),
		cmocka_unit_test(test_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
