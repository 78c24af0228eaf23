/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --compare: what another system would have answered to an attempt on Linux. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/compare.h"
#include "view/compare_view.h"
#include "view/view.h"

struct row {
	const char *name;
	enum system_id system;
	enum protocol protocol;
	const char *binder, *holders[MAX_HOLDERS];
	int result;	  /* on Linux */
	const char *rule; /* there; NULL: nothing is compared */
	bool ok;
	const char *error; /* there, or a part of it */
};

/* clang-format off */
static const struct row rows[] = {
	{"http.server twice", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0 ra", {"0.0.0.0 ra listen"}, USED,
	 "reuseaddr-both", true, NULL},
	{"no flags", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0", {"0.0.0.0 listen"}, USED, "no-reuse", false,
	 "WSAEADDRINUSE"},
	{"flag on one side", SYSTEM_WINDOWS, PROTO_TCP, "127.0.0.1 ra", {"127.0.0.1 listen"}, USED, "no-reuse",
	 false, "WSAEACCES"},
	{"specific beside wildcard", SYSTEM_WINDOWS, PROTO_TCP, "127.0.0.1", {"0.0.0.0 listen"}, USED,
	 "specific-beside-wildcard", true, NULL},
	{"... of another user", SYSTEM_WINDOWS, PROTO_TCP, "127.0.0.1 uid=7", {"0.0.0.0 listen"}, USED,
	 "other-user", false, "WSAEACCES"},
	{"a group", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0 rp", {"0.0.0.0 rp listen"}, 0, "no-reuse", false,
	 "WSAEADDRINUSE"},
	{"TIME_WAIT", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0", {"127.0.0.1 tw"}, USED, "time-wait-ignored", true,
	 NULL},
	{"TIME_WAIT", SYSTEM_MACOS, PROTO_TCP, "0.0.0.0", {"127.0.0.1 tw"}, USED, "time-wait", false,
	 "EADDRINUSE"},
	{"a refusal before what is apart", SYSTEM_FREEBSD, PROTO_TCP, "0.0.0.0",
	 {"127.0.0.1 ra listen", "0.0.0.0 listen"}, USED, "no-reuse", false, "EADDRINUSE"},
	{"v6only as the system has it", SYSTEM_WINDOWS, PROTO_TCP, "::", {"0.0.0.0 listen"}, USED, "other-family",
	 true, NULL},
	{"... on macOS", SYSTEM_MACOS, PROTO_TCP, "::", {"127.0.0.1 listen"}, USED, "no-reuse", false,
	 "EADDRINUSE"},
	{"v6only set", SYSTEM_MACOS, PROTO_TCP, ":: v6only", {"0.0.0.0 listen"}, 0, "other-family", true, NULL},
	{"UDP", SYSTEM_SOLARIS, PROTO_UDP, "0.0.0.0 ra", {"0.0.0.0"}, USED, "udp-reuseaddr", true, NULL},
	{"nobody else", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0", {NULL}, 0, NULL, false, NULL},
	{"another netns", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0 netns=2", {"0.0.0.0 listen"}, 0, NULL, false, NULL},
	{"another VRF", SYSTEM_WINDOWS, PROTO_TCP, "0.0.0.0 vrf=9", {"0.0.0.0 listen"}, 0, NULL, false, NULL},
};
/* clang-format on */

static void prepare(struct attempt *attempt, const struct row *row)
{
	make_attempt(attempt, row->protocol, row->binder, row->holders);
	kernel_says(&attempt->event, row->result, STAGE_PORT);
	judge(&attempt->event, &new_kernel);
	compare_event(&attempt->event, row->system);
}

static void test_rows(void **state)
{
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const struct comparison *got = &attempt.event.comparison;

		prepare(&attempt, row);
		if (!row->rule) {
			if (got->system)
				fail_msg("%s: compared, %s", row->name, got->rule);
			continue;
		}
		if (!got->system)
			fail_msg("%s: not compared", row->name);
		assert_string_equal(got->system, system_name(row->system));
		if (strcmp(got->rule, row->rule) || got->ok != row->ok)
			fail_msg("%s: %s %d", row->name, got->rule, got->ok);
		assert_int_equal(!got->error, row->ok);
		if (row->error)
			assert_string_equal(got->error, row->error);
		assert_int_equal(got->from[FACT_USER], FROM_INFERRED);
	}
}

static void test_not_comparable(void **state)
{
	struct attempt attempt;

	(void)state;
	prepare(&attempt, &rows[0]);
	attempt.event.stage = STAGE_PRIVILEGE;
	compare_event(&attempt.event, SYSTEM_WINDOWS);
	assert_null(attempt.event.comparison.system);

	prepare(&attempt, &rows[0]);
	attempt.event.explicit_port = false;
	compare_event(&attempt.event, SYSTEM_WINDOWS);
	assert_null(attempt.event.comparison.system);

	prepare(&attempt, &rows[0]);
	attempt.event.type = EVENT_LISTEN;
	attempt.event.entry_port = 8080;
	compare_event(&attempt.event, SYSTEM_WINDOWS);
	assert_string_equal(attempt.event.comparison.rule, "reuseaddr-both");
	attempt.event.result = 0;
	compare_event(&attempt.event, SYSTEM_WINDOWS);
	assert_null(attempt.event.comparison.system);
}

/* An option is never said to be observed that Linux does not have. */
static void test_provenance(void **state)
{
	struct attempt attempt;
	const uint8_t *from = attempt.event.comparison.from;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "::", (const char *const[]){"127.0.0.1 listen", NULL});
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	compare_event(&attempt.event, SYSTEM_WINDOWS);
	assert_int_equal(from[FACT_OPTIONS], FROM_ASSUMED);
	assert_int_equal(from[FACT_V6ONLY], FROM_ASSUMED);
	compare_event(&attempt.event, SYSTEM_MACOS);
	assert_int_equal(from[FACT_OPTIONS], FROM_OBSERVED);
	attempt.event.sock.options.v6only = true;
	compare_event(&attempt.event, SYSTEM_MACOS);
	assert_int_equal(from[FACT_V6ONLY], FROM_OBSERVED);
}

static char *print(struct view *(*new_view)(FILE *, const struct view_config *), const struct event *event)
{
	const struct view_config config = {.time = TIME_NONE};
	struct view *view;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	view = new_view(out, &config);
	assert_int_equal(view->ops->event(view, event), 0);
	view_free(view);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	struct attempt attempt;
	char *text;

	(void)state;
	prepare(&attempt, &rows[0]);
	text = print(text_view_new, &attempt.event);
	assert_non_null(strstr(
		text, "\n    windows  would accept it: SO_REUSEADDR on both lets both have the address "
		      "and listen on it (rule reuseaddr-both)\n"
		      "             who answers there: undefined by the documentation"));
	free(text);

	/* a group shares: the label is as wide as the others there */
	prepare(&attempt, &rows[5]);
	text = print(text_view_new, &attempt.event);
	assert_non_null(strstr(
		text, "\n    windows      would refuse it with WSAEADDRINUSE (10048): neither socket has "
		      "SO_REUSEADDR, and both want the same address; SO_REUSEPORT does not exist there "
		      "(rule no-reuse)\n"));
	free(text);

	/* both accept and nothing is shared: nothing to tell */
	prepare(&attempt, &rows[11]);
	text = print(text_view_new, &attempt.event);
	assert_null(strstr(text, "macos"));
	free(text);
	/* Linux accepts beside another family, too: one line */
	attempt.event.comparison.ok = false;
	attempt.event.comparison.error = "EADDRINUSE";
	assert_true(compare_is_told(&attempt.event));
}

static void test_json(void **state)
{
	struct attempt attempt;
	char *text;

	(void)state;
	prepare(&attempt, &rows[9]);
	attempt.event.holders[0].sock.id = 7;
	text = print(json_view_new, &attempt.event);
	assert_non_null(strstr(text,
			       "\"compare\":{\"system\":\"windows\",\"result\":{\"ok\":true,\"errno\":null,"
			       "\"code\":0},\"verdict\":{\"rule\":\"other-family\""));
	assert_non_null(strstr(text,
			       "\"holder\":\"s7\",\"ignored\":[],\"provenance\":{\"exclusive\":\"assumed\","
			       "\"v6only\":\"assumed\",\"user\":\"inferred\"}}}\n"));
	free(text);
	attempt.event.comparison.system = NULL;
	text = print(json_view_new, &attempt.event);
	assert_null(strstr(text, "\"compare\""));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	   cmocka_unit_test(test_not_comparable),
		cmocka_unit_test(test_provenance), cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
