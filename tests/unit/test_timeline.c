/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as lanes: who held a port when, and when nobody did. */
#include "events.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/rules.h"
#include "view/report.h"

static struct timeline timeline;

static int set_up(void **state)
{
	(void)state;
	return timeline_init(&timeline, &clock_base, AT(0, 0));
}

static int tear_down(void **state)
{
	(void)state;
	timeline_free(&timeline);
	return 0;
}

/* A socket on 8080 of 127.0.0.1; at is in milliseconds. */
static void add(enum event_type type, uint64_t socket, uint64_t at, int result)
{
	struct event event = attempt(type, 4000 + (uint32_t)socket);

	event.time_ns = AT(0, at);
	event.sock.id = socket;
	event.result = result;
	event.sock.state = type == EVENT_LISTEN ? STATE_LISTEN : STATE_BOUND;
	event.release = RELEASE_PORT;
	assert_int_equal(timeline_add(&timeline, &event), 0);
}

static void serve(uint64_t socket, uint64_t from, uint64_t listens, uint64_t to)
{
	add(EVENT_BIND, socket, from, 0);
	add(EVENT_LISTEN, socket, listens, 0);
	if (to)
		add(EVENT_RELEASE, socket, to, 0);
}

static void assert_span(size_t i, uint64_t socket, enum sock_state state, uint64_t from, uint64_t to)
{
	const struct timeline_span *span = &timeline.spans[i];

	assert_int_equal(span->socket, socket);
	assert_int_equal(span->state, state);
	assert_int_equal(span->from_ns, AT(0, from));
	assert_int_equal(span->to_ns, AT(0, to));
}

static void test_restart_gap(void **state)
{
	(void)state;
	serve(1, 1000, 1100, 3000);
	serve(2, 6000, 6200, 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_int_equal(timeline.lane_count, 1);
	assert_int_equal(timeline.gap_count, 1);
	assert_string_equal(timeline.gaps[0].text, "port 8080 had no listener for 3.2 s");
	assert_int_equal(timeline.gaps[0].before_pid, 4001);
	assert_int_equal(timeline.gaps[0].after_pid, 4002);
}

static void test_spans(void **state)
{
	(void)state;
	serve(1, 1000, 1100, 3000);
	serve(2, 6000, 6200, 0);
	add(EVENT_LISTEN, 2, 7000, 0); /* once more: no change */
	add(EVENT_BIND, 3, 7500, -98);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_int_equal(timeline.span_count, 4);
	assert_span(0, 1, STATE_BOUND, 1000, 1100);
	assert_span(1, 1, STATE_LISTEN, 1100, 3000);
	assert_span(2, 2, STATE_BOUND, 6000, 6200);
	assert_span(3, 2, STATE_LISTEN, 6200, 9000);
	assert_false(timeline.spans[1].open);
	assert_true(timeline.spans[3].open);
	assert_int_equal(timeline.lanes[0].tracks, 1);
	assert_int_equal(timeline.mark_count, 6);
	assert_int_equal(timeline.marks[5].tone, TONE_REFUSED);
}

static void test_no_gap_beside_another_address(void **state)
{
	struct event other = attempt(EVENT_LISTEN, 5000);

	(void)state;
	serve(1, 1000, 1100, 3000);
	other.time_ns = AT(2, 0);
	other.sock.id = 9;
	other.sock.address.bytes[3] = 2;
	assert_int_equal(timeline_add(&timeline, &other), 0);
	serve(2, 6000, 6200, 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_int_equal(timeline.lane_count, 2);
	assert_int_equal(timeline.gap_count, 0);
}

static void test_tracks(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 40; i++)
		serve(i, i * 10, i * 10 + 5, 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_int_equal(timeline.lanes[0].tracks, TIMELINE_TRACKS_MOST);
	for (size_t i = 0; i < timeline.span_count; i++)
		assert_true(timeline.spans[i].track < TIMELINE_TRACKS_MOST);
	assert_int_equal(timeline.spans[2].track, timeline.spans[3].track);
}

/* The remnant is another socket; the connection that it is left of has ended. */
static void test_time_wait(void **state)
{
	struct event event = attempt(EVENT_ACCEPT, 4100);

	(void)state;
	event.sock.id = 5;
	event.sock.peer = event.sock.address;
	event.sock.peer_port = 51000;
	event.time_ns = AT(1, 0);
	assert_int_equal(timeline_add(&timeline, &event), 0);
	event.type = EVENT_RELEASE;
	event.release = RELEASE_TIME_WAIT_BEGIN;
	event.sock.id = 6;
	event.time_ns = AT(2, 0);
	assert_int_equal(timeline_add(&timeline, &event), 0);
	event.release = RELEASE_TIME_WAIT_END;
	event.time_ns = AT(4, 0);
	assert_int_equal(timeline_add(&timeline, &event), 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_int_equal(timeline.span_count, 2);
	assert_span(0, 5, STATE_ESTABLISHED, 1000, 2000);
	assert_span(1, 6, STATE_TIME_WAIT, 2000, 4000);
	assert_int_equal(timeline.lanes[0].tracks, 1);
}

static void test_holder_from_before(void **state)
{
	(void)state;
	add(EVENT_HOLDER, 1, 5, 0);
	add(EVENT_RELEASE, 1, 2000, 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	assert_span(0, 1, STATE_BOUND, 0, 2000);
	assert_true(timeline.spans[0].older);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(timeline_finish(&timeline, 0), 0);
	assert_int_equal(timeline.lane_count + timeline.span_count + timeline.gap_count, 0);
}

/* ---- written */

static char *written(int (*write)(FILE *, const struct timeline *, const struct report_info *))
{
	const struct start_info start = {.host = "b<x", .kernel = "6.12", .version = "0.1", .policy = &kept};
	const struct report_info info = {.start = &start, .lost = ""};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(write(out, &timeline, &info), 0);
	fclose(out);
	return text;
}

/* Nothing in the data can end the element that it is in. */
static void test_page_data_has_no_tags(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);
	char *page, *data, *end;
	struct json_object *object, *found;

	(void)state;
	strcpy(event.process.comm, "</script><b>");
	snprintf(event.process.exe, EXE_LEN, "/<!--<script>");
	judge(&event, &kept);
	assert_int_equal(timeline_add(&timeline, &event), 0);
	assert_int_equal(timeline_finish(&timeline, 0), 0);
	page = written(report_page);
	data = strstr(page, "id=\"data\">");
	assert_non_null(data);
	data += strlen("id=\"data\">");
	end = strchr(data, '<');
	assert_memory_equal(end, "</script>", 9);
	*end = '\0';
	object = json_tokener_parse(data);
	assert_non_null(object);
	assert_int_equal(json_pointer_get(object, "/lanes/0/marks/0/who", &found), 0);
	assert_string_equal(json_object_get_string(found), "</script><b>[4242]");
	assert_int_equal(json_pointer_get(object, "/lanes/0/marks/0/details/0/0", &found), 0);
	assert_string_equal(json_object_get_string(found), "held by");
	json_object_put(object);
	free(page);
}

static void test_perfetto(void **state)
{
	struct json_object *object, *found;
	char *text;

	(void)state;
	serve(1, 1000, 1100, 3000);
	serve(2, 6000, 6200, 0);
	assert_int_equal(timeline_finish(&timeline, AT(9, 0)), 0);
	text = written(report_perfetto);
	object = json_tokener_parse(text);
	assert_int_equal(json_pointer_get(object, "/traceEvents/0/args/name", &found), 0);
	assert_string_equal(json_object_get_string(found), "127.0.0.1:8080/tcp");
	assert_non_null(strstr(text,
			       "\"name\":\"python3[4001] listen\",\"pid\":1,\"tid\":2,\"ts\":1100000.000,"
			       "\"dur\":1900000.000"));
	assert_non_null(strstr(text, "\"name\":\"port 8080 had no listener for 3.2 s\",\"pid\":1,\"tid\":1,"
				     "\"ts\":3000000.000,\"dur\":3200000.000"));
	json_object_put(object);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_restart_gap), TEST(test_spans),     TEST(test_no_gap_beside_another_address),
		TEST(test_tracks),	TEST(test_time_wait), TEST(test_holder_from_before),
		TEST(test_nothing),	TEST(test_perfetto),  TEST(test_page_data_has_no_tags),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
