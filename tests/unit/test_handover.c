/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who had a port, who has it now, and what was between. */
#include "events.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/handover.h"
#include "rules/rules.h"

static struct handovers *handovers;
static struct event gap;

static int set_up(void **state)
{
	(void)state;
	handovers = handovers_new();
	return handovers ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	handovers_free(handovers);
	return 0;
}

/* A socket of process 4000 + id on 127.0.0.1:8080; at is in milliseconds. */
static struct event step(enum event_type type, uint64_t id, uint64_t at)
{
	struct event event = attempt(type, 4000 + (uint32_t)id);

	event.time_ns = AT(0, at);
	event.sock.id = id;
	event.sock.options.reuseport = true;
	event.process.ppid = 1;
	event.release = RELEASE_PORT;
	return event;
}

static bool note(struct event event)
{
	bool changed = handover_note(handovers, &event, &gap);

	if (changed)
		gap_write(&gap);
	return changed;
}

static bool add(enum event_type type, uint64_t id, uint64_t at)
{
	return note(step(type, id, at));
}

static void serve(uint64_t id, uint64_t at)
{
	assert_false(add(EVENT_BIND, id, at));
	assert_false(add(EVENT_LISTEN, id, at + 100));
}

static void test_restart(void **state)
{
	(void)state;
	serve(1, 1000);
	assert_false(add(EVENT_RELEASE, 1, 3000));
	assert_false(add(EVENT_BIND, 2, 6000));
	assert_true(add(EVENT_LISTEN, 2, 6200));
	assert_string_equal(gap.gap.text, "port 8080 had no listener for 3.2 s: python3[4001] had it, "
					  "bound again after 3.0 s, listening 200 ms later");
	assert_int_equal(gap.type, EVENT_GAP);
	assert_int_equal(gap.gap.takeover, TAKEOVER_NONE);
	assert_int_equal(gap.process.pid, 4002);
	assert_int_equal(gap.time_ns, AT(0, 6200));
	assert_int_equal(gap.gap.released_ns, AT(0, 3000));
	assert_int_equal(gap.gap.bound_ns, AT(0, 6000));
}

static void test_same_process_is_no_news(void **state)
{
	struct event again = step(EVENT_LISTEN, 2, 6200);

	(void)state;
	serve(1, 1000);
	add(EVENT_RELEASE, 1, 3000);
	again.process.pid = 4001;
	assert_false(note(again));
}

/* The new server had bound before the old one let go: there is no moment to tell. */
static void test_bound_before_release(void **state)
{
	(void)state;
	serve(1, 1000);
	add(EVENT_BIND, 2, 2000);
	add(EVENT_RELEASE, 1, 3000);
	assert_true(add(EVENT_LISTEN, 2, 3100));
	assert_string_equal(gap.gap.text, "port 8080 had no listener for 100 ms: python3[4001] had it");
}

static void test_reuseport_takeover(void **state)
{
	(void)state;
	serve(1, 1000);
	serve(2, 2000);
	assert_true(add(EVENT_RELEASE, 1, 5300));
	assert_int_equal(gap.gap.takeover, TAKEOVER_REUSEPORT);
	assert_int_equal(gap.process.pid, 4002);
	assert_int_equal(gap.time_ns, AT(0, 5300));
	assert_string_equal(gap.gap.text, "port 8080 had a listener throughout: python3[4001] let it go "
					  "after both had it for 3.2 s (SO_REUSEPORT)");
	assert_false(add(EVENT_RELEASE, 2, 6000));
}

static void test_older_leaves_last(void **state)
{
	(void)state;
	serve(1, 1000);
	serve(2, 2000);
	assert_false(add(EVENT_RELEASE, 2, 3000));
	assert_false(add(EVENT_RELEASE, 1, 4000));
	assert_true(add(EVENT_LISTEN, 3, 5000));
	assert_int_equal(gap.gap.before_pid, 4001);
}

/* Workers of one master end one after the other: none of them inherits. */
static void test_workers_end(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 4; id++) {
		struct event worker = step(EVENT_LISTEN, id, 1000 * id);

		worker.process.ppid = 3999;
		assert_false(note(worker));
	}
	for (uint64_t id = 1; id <= 4; id++)
		assert_false(add(EVENT_RELEASE, id, 5000 + id));
}

/* All workers of another master have come, and the last of the old ones goes. */
static void test_workers_replaced(void **state)
{
	(void)state;
	for (uint64_t id = 1; id <= 4; id++) {
		struct event worker = step(EVENT_LISTEN, id, 1000 * id);

		worker.process.ppid = id <= 2 ? 3998 : 3999;
		assert_false(note(worker));
	}
	assert_false(add(EVENT_RELEASE, 1, 5000));
	assert_true(add(EVENT_RELEASE, 2, 6000));
	assert_int_equal(gap.process.pid, 4003);
	assert_int_equal(gap.gap.before_pid, 4002);
}

static void test_inherited(void **state)
{
	struct event again = step(EVENT_LISTEN, 1, 4000);

	(void)state;
	serve(1, 1000);
	assert_false(note(again));
	again.process.pid = 4009;
	assert_true(note(again));
	assert_int_equal(gap.gap.takeover, TAKEOVER_INHERITED);
	assert_string_equal(gap.gap.text, "port 8080 had a listener throughout: the socket is the one of "
					  "python3[4001] (inherited)");
	assert_false(note(again));
}

static void test_another_address(void **state)
{
	struct event other = step(EVENT_LISTEN, 9, 2000);

	(void)state;
	other.sock.address.bytes[3] = 2;
	serve(1, 1000);
	assert_false(note(other));
	assert_false(add(EVENT_RELEASE, 1, 3000));
	assert_false(add(EVENT_LISTEN, 2, 4000));
}

static void test_chosen_port(void **state)
{
	struct event event = step(EVENT_LISTEN, 1, 1000);

	(void)state;
	event.sock.port_chosen = true;
	assert_false(note(event));
	assert_false(add(EVENT_RELEASE, 1, 2000));
	event.sock.id = 2;
	assert_false(note(event));
}

static void test_udp(void **state)
{
	struct event event = step(EVENT_BIND, 1, 1000);

	(void)state;
	event.sock.protocol = PROTO_UDP;
	assert_false(note(event));
	event.type = EVENT_RELEASE;
	event.time_ns = AT(0, 2000);
	assert_false(note(event));
	event = step(EVENT_BIND, 2, 4500);
	event.sock.protocol = PROTO_UDP;
	assert_true(note(event));
	assert_string_equal(gap.gap.text, "port 8080 had no socket for 2.5 s: python3[4001] had it");
}

/* Who is left out by the filters is seen as a holder only. */
static void test_served_by_others(void **state)
{
	struct event event = step(EVENT_LISTEN, 2, 4000);
	struct holder holder = listener();

	(void)state;
	serve(1, 1000);
	add(EVENT_RELEASE, 1, 3000);
	holder.sock.id = 77;
	event.holders = &holder;
	event.holder_count = 1;
	assert_false(note(event));
}

static void test_refused_is_nothing(void **state)
{
	struct event event = step(EVENT_LISTEN, 2, 4000);

	(void)state;
	serve(1, 1000);
	add(EVENT_RELEASE, 1, 3000);
	event.result = -98;
	assert_false(note(event));
	assert_true(add(EVENT_LISTEN, 3, 5000));
}

/* The bounds hold, and what does not fit is not claimed. */
static void test_bounds(void **state)
{
	struct event event;

	(void)state;
	for (uint64_t id = 1; id <= HANDOVER_SOCKETS; id++)
		assert_false(add(EVENT_LISTEN, id, 1000));
	assert_false(add(EVENT_LISTEN, HANDOVER_SOCKETS + 1, 1000));
	for (uint64_t id = 1; id <= HANDOVER_SOCKETS; id++)
		assert_false(add(EVENT_RELEASE, id, 2000));
	assert_false(add(EVENT_LISTEN, HANDOVER_SOCKETS + 2, 3000));
	for (uint32_t port = 1; port < 2 * HANDOVER_PORTS; port++) {
		event = step(EVENT_LISTEN, 10000 + port, 4000);
		event.sock.port = (uint16_t)port;
		assert_false(note(event));
		event.type = EVENT_RELEASE;
		assert_false(note(event));
	}
	event = step(EVENT_LISTEN, 1, 5000);
	event.sock.port = 1;
	assert_false(note(event)); /* forgotten */
	event.sock.id = 2;
	event.sock.port = 2 * HANDOVER_PORTS - 1;
	assert_true(note(event));
}

/* Both views, and the words are in the recording's facts: read back they are the same. */
static void test_views(void **state)
{
	char *json, *text;

	(void)state;
	test_restart(NULL);
	text = render(text_view_new, &no_header, &gap, 1);
	assert_string_equal(
		text, "10:00:06.200 4002  python3  tcp   127.0.0.1:8080     ...Rr...  gap        port 8080 "
		      "had no listener for 3.2 s: python3[4001] had it, bound again after 3.0 s, "
		      "listening 200 ms later\n");
	json = render(json_view_new, &no_header, &gap, 1);
	assert_non_null(strstr(json, "\"type\":\"gap\""));
	assert_non_null(strstr(json, "\"takeover\":null,\"gap_ns\":3200000000,\"overlap_ns\":0,"
				     "\"released\":\"2026-11-22T10:00:03.000000000Z\","
				     "\"bound\":\"2026-11-22T10:00:06.000000000Z\","
				     "\"serving\":\"2026-11-22T10:00:06.200000000Z\","
				     "\"before\":{\"pid\":4001,\"comm\":\"python3\","
				     "\"exe\":\"/usr/bin/python3.11\"}"));
	free(text);
	free(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_restart),
		TEST(test_same_process_is_no_news),
		TEST(test_bound_before_release),
		TEST(test_reuseport_takeover),
		TEST(test_older_leaves_last),
		TEST(test_workers_end),
		TEST(test_workers_replaced),
		TEST(test_inherited),
		TEST(test_another_address),
		TEST(test_chosen_port),
		TEST(test_udp),
		TEST(test_served_by_others),
		TEST(test_refused_is_nothing),
		TEST(test_bounds),
		TEST(test_views),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
