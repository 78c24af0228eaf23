/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Excluded port ranges as netsh prints them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "etw/netsh.h"

struct found {
	char text[256];
	size_t length;
};

static int note(void *context, const struct netsh_range *range)
{
	struct found *found = context;

	found->length += (size_t)snprintf(found->text + found->length, sizeof(found->text) - found->length,
					  "%s%s %u-%u%s", found->length ? "," : "",
					  range->protocol == PROTO_TCP	 ? "tcp"
					  : range->protocol == PROTO_UDP ? "udp"
									 : "any",
					  range->first, range->last, range->by_admin ? "*" : "");
	return 0;
}

static void check(const void *text, size_t size, int result, const char *expected)
{
	struct found found = {.length = 0};

	assert_int_equal(netsh_ranges(text, size, note, &found), result);
	assert_string_equal(found.text, expected);
}

#define ENGLISH                                                                                              \
	"\r\nProtocol tcp Port Exclusion Ranges\r\n\r\nStart Port    End Port\r\n----------    --------\r\n" \
	"        80          80\r\n      5357        5357\r\n     50000       50059     *\r\n\r\n"           \
	"* - Administered port exclusions.\r\n\r\n"

static void test_languages(void **state)
{
	static const char german[] =
		"Portausschlussbereiche f\xfcr das Protokoll \"udp\"\r\n\r\nStartport    Endport\r\n"
		"---------    -------\r\n     50000       50059     *\r\n";

	(void)state;
	check(ENGLISH, sizeof(ENGLISH) - 1, 0, "tcp 80-80,tcp 5357-5357,tcp 50000-50059*");
	check(german, sizeof(german) - 1, 0, "udp 50000-50059*");
	check("---\n1 2\n", 8, 0, "any 1-2");
	check("---\n", 4, 0, "");
}

static void test_utf16(void **state)
{
	char wide[2 + 2 * sizeof(ENGLISH)] = {(char)0xff, (char)0xfe};

	(void)state;
	for (size_t i = 0; i < sizeof(ENGLISH) - 1; i++)
		wide[2 + 2 * i] = ENGLISH[i];
	check(wide, 2 * sizeof(ENGLISH), 0, "tcp 80-80,tcp 5357-5357,tcp 50000-50059*");
	check(wide, 2 * sizeof(ENGLISH) - 1, 0, "tcp 80-80,tcp 5357-5357,tcp 50000-50059*");
}

static void test_nonsense(void **state)
{
	static const char *const rows[] = {"2 1", "0 5", "1 65536", "1", "1 2 3", "x 1 2", "1 2 **", "-1 2"};

	(void)state;
	check("", 0, -EBADMSG, "");
	check("80 80\n", 6, -EBADMSG, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];
		int length = snprintf(text, sizeof(text), "tcp\n---\n%s\n", rows[i]);

		check(text, (size_t)length, 0, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_utf16),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
