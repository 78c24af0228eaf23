/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events under other names, and counted: well-formed whatever a process chose. */
#include "events.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/rules.h"
#include "view/mapping.h"
#include "view/metrics.h"

static const struct mapping *current;

static struct view *mapped(FILE *out, const struct view_config *config)
{
	return mapped_view_new(out, config, current);
}

/* Each type of event, with a hostile process and with nothing known. */
static void test_every_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < mapping_count; i++) {
		current = &mappings[i];
		for (int type = EVENT_SOCKET; type < EVENT_TYPE_MAX; type++) {
			struct holder holder = listener();
			struct event events[2] = {refused(&holder), {.type = (enum event_type)type}};
			char *text, *line, *rest;

			events[0].type = (enum event_type)type;
			make_hostile(&events[0], &holder);
			rest = text = render(mapped, &no_header, events, 2);
			while ((line = strsep(&rest, "\n")) && *line) {
				struct json_object *object = json_tokener_parse(line);

				assert_non_null(object);
				json_object_put(object);
			}
			free(text);
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_null(mapping_find("none"));
	for (size_t i = 0; i < mapping_count; i++)
		assert_ptr_equal(mapping_find(mappings[i].name), &mappings[i]);
}

static bool holds(const struct metrics *metrics, const char *part)
{
	struct strbuf text = {.data = NULL};
	bool found;

	assert_int_equal(metrics_text(metrics, &text), 0);
	found = strstr(text.data, part);
	strbuf_free(&text);
	return found;
}

static void test_counts(void **state)
{
	struct metrics *metrics = metrics_new();
	struct holder holder = listener();
	struct event event = refused(&holder);
	struct event gap = {.type = EVENT_GAP, .gap = {.gap_ns = 3000000}};

	(void)state;
	assert_non_null(metrics);
	event.has_verdict = true;
	event.verdict.rule = RULE_LISTENER;
	metrics_count(metrics, &event);
	metrics_count(metrics, &event);
	assert_true(holds(metrics, "outcome=\"failure\",errno=\"EADDRINUSE\",rule=\"listener\"} 2\n"));
	metrics_count(metrics, &gap);
	assert_true(holds(metrics, "port_gap_seconds_bucket{le=\"0.002000000\"} 0\n"));
	assert_true(holds(metrics, "port_gap_seconds_bucket{le=\"0.004000000\"} 1\n"));
	assert_true(holds(metrics, "port_gap_seconds_sum 0.003000000\n"));
	metrics_free(metrics);
}

/* More kinds of attempts than there is room for are counted all the same. */
static void test_too_many(void **state)
{
	struct metrics *metrics = metrics_new();
	struct holder holder = listener();
	struct event event = refused(&holder);

	(void)state;
	assert_non_null(metrics);
	for (int i = 1; i <= 3000; i++) {
		event.result = -i;
		metrics_count(metrics, &event);
		if (i != 1023)
			continue;
		event.result = -EADDRINUSE; /* known before the room ended */
		metrics_count(metrics, &event);
	}
	assert_true(holds(metrics, "errno=\"EADDRINUSE\",rule=\"listener\"} 2\n"));
	assert_true(holds(metrics, "rule=\"other\"} 1977\n"));
	assert_true(holds(metrics, "errno=\"other\""));
	assert_false(holds(metrics, "(null)"));
	metrics_free(metrics);
}

/* Whoever may write into the directory leads nobody elsewhere, and what is left over stands in nobody's way.
 */
static void test_metrics_file(void **state)
{
	char directory[] = "/tmp/metrics-XXXXXX", path[64], planted[96], victim[64];
	struct stat file;
	struct view *view;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/file", directory);
	snprintf(victim, sizeof(victim), "%s/victim", directory);
	snprintf(planted, sizeof(planted), "%s.%d.0", path, (int)getpid());
	assert_int_equal(symlink(victim, planted), 0);
	assert_int_equal(metrics_view_new(path, &view), 0);
	view_free(view);
	assert_int_equal(lstat(path, &file), 0);
	assert_true(S_ISREG(file.st_mode) && file.st_size);
	assert_int_equal(lstat(victim, &file), -1);
	assert_int_equal(unlink(planted) | unlink(path) | rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_event),  cmocka_unit_test(test_names),
		cmocka_unit_test(test_counts),	     cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_metrics_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
