/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both views share: errors of the output, names, times. */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "model/event_names.h"
#include "model/time_text.h"
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

static void test_times_from_text(void **state)
{
	static const int64_t good[] = {0,
				       1,
				       999999999,
				       INT64_C(1795341669872113000),
				       INT64_C(951782400000000000),
				       INT64_C(4107542399000000001),
				       INT64_C(9183023999999999999)};
	static const char *const bad[] = {
		"",
		"2026-11-22",
		"2026-11-22T10:01:09",
		"2026-11-22 10:01:09Z",
		"2026-13-22T10:01:09Z",
		"2026-00-22T10:01:09Z",
		"2026-11-22T24:01:09Z",
		"2026-11-22T10:01:09.Z",
		"2026-11-22T10:01:09.1234567890Z",
		"2026-11-22T10:01:09Z ",
		"2262-01-01T00:00:00Z",
		"1969-12-31T23:59:59Z",
		"-026-11-22T10:01:09Z",
	};
	char text[RFC3339_LEN];
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		time_rfc3339(text, good[i], 9);
		assert_int_equal(time_from_rfc3339(text, &ns), 0);
		assert_true(ns == good[i]);
	}
	assert_int_equal(time_from_rfc3339("2026-11-22T10:01:09.872Z", &ns), 0);
	assert_true(ns == INT64_C(1795341669872000000));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (time_from_rfc3339(bad[i], &ns) != -EINVAL)
			fail_msg("'%s' is a time", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_times_from_text),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
