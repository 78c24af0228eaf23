/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both views share: errors of the output, names, times. */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "model/text.h"
#include "view/errno_name.h"

static void test_write_error(void **state)
{
	struct view *(*const makers[])(FILE *, const struct view_config *) = {text_view_new, json_view_new};
	const struct event event = attempt(EVENT_BIND, 1);

	(void)state;
	for (size_t i = 0; i < COUNT(makers); i++) {
		FILE *full = fopen("/dev/full", "w");
		struct view *view = makers[i](full, &no_header);

		assert_int_equal(view->ops->event(view, &event), -ENOSPC);
		view_free(view);
		fclose(full);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(errno_name(98), "EADDRINUSE");
	assert_string_equal(errno_name(EADDRNOTAVAIL), "EADDRNOTAVAIL");
	assert_string_equal(errno_name(10048), "WSAEADDRINUSE");
	assert_null(errno_name(9999));
	for (int code = 0; code < 20000; code++) {
		if (errno_name(code))
			assert_int_equal(errno_from_name(errno_name(code)), code);
	}
	assert_int_equal(state_from_name("time-wait"), STATE_TIME_WAIT);
	assert_int_equal(kind_from_name("nonsense"), -EINVAL);
	assert_int_equal(protocol_from_name("udp"), PROTO_UDP);
	assert_null(stage_name(STAGE_NONE));
}

static void test_times(void **state)
{
	static const struct {
		int64_t ns;
		unsigned int decimals;
		const char *text;
	} rows[] = {
		{0, 9, "1970-01-01T00:00:00.000000000Z"},
		{-1, 9, "1969-12-31T23:59:59.999999999Z"},
		{INT64_C(1709164800) * 1000000000, 0, "2024-02-29T00:00:00Z"},
		{INT64_C(951782399) * 1000000000 + 999999999, 3, "2000-02-28T23:59:59.999Z"},
		{INT64_MAX, 9, "2262-04-11T23:47:16.854775807Z"},
		{INT64_MIN, 9, "1677-09-21T00:12:43.145224192Z"},
	};
	char text[RFC3339_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		time_rfc3339(text, rows[i].ns, rows[i].decimals);
		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_times),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
