/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of shared ports: who is one, who got how many, and how it is said. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "events.h"
#include "linux/decode.h"
#include "linux/deliveries.h"

static size_t shared_ports;

static int note_port(void *context, const struct sock_info *member)
{
	(void)context;
	shared_ports += member->port == 8080;
	return 0;
}

static struct owner owner_of(uint32_t pid)
{
	return (struct owner){.pid = pid, .fd = 3, .comm = "nc", .exe = "/usr/bin/nc"};
}

static void add(struct deliveries *deliveries, uint64_t key, enum protocol protocol, const char *line)
{
	struct sock_info member = sock(protocol, line);
	struct owner owner = owner_of(100 + (uint32_t)key);

	member.id = key;
	assert_int_equal(deliveries_holder(deliveries, key, &member, &owner), 0);
}

static bool deliver(struct deliveries *deliveries, uint64_t key, struct event *event)
{
	*event = (struct event){.type = EVENT_DELIVERY, .sock = {.port = 8080}};
	return deliveries_count(deliveries, key, event);
}

/* Of a snapshot: only what listens or takes datagrams, and meets another such socket. */
static void test_snapshot_members(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *one, *two;
		bool shared;
	} table[] = {
		{PROTO_TCP, "127.0.0.1 listen", "127.0.0.1 listen", true},
		{PROTO_TCP, "0.0.0.0 listen", "127.0.0.1 listen", true},
		{PROTO_TCP, ":: listen", "127.0.0.1 listen", true},
		{PROTO_TCP, "127.0.0.2 listen", "127.0.0.1 listen", false},
		{PROTO_TCP, "127.0.0.1 listen", "127.0.0.1", false},
		{PROTO_TCP, "127.0.0.1 listen", "127.0.0.1 estab", false},
		{PROTO_TCP, "127.0.0.1 listen", "127.0.0.1 listen netns=2", false},
		{PROTO_UDP, "127.0.0.1", "127.0.0.1", true},
	};
	struct event event;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct deliveries *deliveries = deliveries_new();

		add(deliveries, 1, table[i].protocol, table[i].one);
		add(deliveries, 2, table[i].protocol, table[i].two);
		add(deliveries, 2, table[i].protocol, table[i].two); /* a second descriptor */
		shared_ports = 0;
		assert_int_equal(deliveries_settle(deliveries, note_port, NULL), 0);
		assert_int_equal(shared_ports, table[i].shared ? 2 : 0);
		assert_int_equal(deliver(deliveries, 1, &event), table[i].shared);
		deliveries_free(deliveries);
	}
	deliveries_free(NULL);
}

static void test_attempt_members(void **state)
{
	const char *const holders[MAX_HOLDERS] = {"127.0.0.1 rp listen", "127.0.0.2 rp listen",
						  "127.0.0.1 rp estab accepted"};
	const uint64_t keys[MAX_HOLDERS] = {1, 2, 3};
	struct deliveries *deliveries = deliveries_new();
	const struct delivery_total *totals;
	struct attempt attempt;
	struct event event;
	struct owner owner = owner_of(7);
	size_t count;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1 rp", holders);
	kernel_says(&attempt.event, 0, STAGE_NONE);
	judge(&attempt.event, &new_kernel);
	attempt.event.sock.id = 9;
	assert_int_equal(deliveries_attempt(deliveries, &attempt.event, 4, keys), 0);

	assert_true(deliver(deliveries, 1, &event));
	assert_int_equal(event.process.pid, 4100);
	assert_string_equal(event.process.comm, "old");
	assert_false(deliver(deliveries, 2, &event));
	assert_false(deliver(deliveries, 3, &event));
	assert_false(deliveries_unknown(deliveries, 1, 0));
	assert_true(deliveries_unknown(deliveries, 4, 0)); /* the binder may have passed it on */
	deliveries_owner(deliveries, 4, 0, &owner);
	assert_false(deliveries_unknown(deliveries, 4, 0));
	assert_true(deliver(deliveries, 4, &event));
	assert_true(deliver(deliveries, 4, &event));
	assert_int_equal(event.process.pid, 7);
	assert_int_equal(event.delivery.number, 2);
	assert_int_equal(event.sock.id, 9);
	totals = deliveries_totals(deliveries, &count);
	assert_int_equal(count, 2);
	assert_int_equal(totals[0].count + totals[1].count, 3);
	deliveries_free(deliveries);
}

static void test_refused_has_no_members(void **state)
{
	const char *const holders[MAX_HOLDERS] = {"127.0.0.1 listen"};
	const uint64_t keys[MAX_HOLDERS] = {1};
	struct deliveries *deliveries = deliveries_new();
	struct attempt attempt;
	struct event event;

	(void)state;
	make_attempt(&attempt, PROTO_TCP, "127.0.0.1", holders);
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(deliveries_attempt(deliveries, &attempt.event, 4, keys), 0);
	assert_false(deliver(deliveries, 1, &event));
	deliveries_free(deliveries);
}

static struct event decoded(void)
{
	struct rt_delivery record = {
		.header = {.size = sizeof(record), .type = RT_DELIVERY, .time_ns = AT(62, 113)},
		.sock = {.key = 1,
			 .inode = 33010,
			 .family = 2,
			 .protocol = 17,
			 .state = 7,
			 .port = 53,
			 .reuse = 1,
			 .netns = 5,
			 .uid = 1000},
		.family = 2,
		.from_port = 40000,
		.to_port = 53,
		.from = {10, 0, 0, 1},
		.to = {10, 0, 0, 2},
	};
	struct event event;

	assert_int_equal(decode_record(&record, sizeof(record) - 1, &kept, &event), -EBADMSG);
	assert_int_equal(decode_record(&record, sizeof(record), &kept, &event), 0);
	event.process = (struct proc_info){.pid = 77, .uid = UID_NONE, .comm = "named"};
	event.delivery.number = 3;
	return event;
}

static void test_delivery_row(void **state)
{
	struct event events[2] = {decoded(), decoded()};
	char *text;

	(void)state;
	events[1].sock.address = events[1].delivery.to;
	text = render(text_view_new, &no_header, events, 2);
	assert_string_equal(text,
			    "10:01:02.113 77    named    udp   0.0.0.0:53         ...R....  delivery   from "
			    "10.0.0.1:40000 to 10.0.0.2:53\n"
			    "10:01:02.113 77    named    udp   10.0.0.2:53        ...R....  delivery   from "
			    "10.0.0.1:40000\n");
	free(text);
}

static void test_delivery_json(void **state)
{
	const struct event event = decoded();
	char *text = render(json_view_new, &no_header, &event, 1);

	(void)state;
	assert_non_null(strstr(text, "\"type\":\"delivery\""));
	assert_non_null(strstr(text, "\"peer\":{\"address\":\"10.0.0.1\",\"port\":40000}"));
	assert_non_null(
		strstr(text, "\"delivery\":{\"to\":{\"address\":\"10.0.0.2\",\"port\":53},\"number\":3}"));
	assert_null(strstr(text, "\"verdict\""));
	free(text);
}

/* More than there are hash chains, and counted before and after they were sorted. */
static void test_many_members(void **state)
{
	struct deliveries *deliveries = deliveries_new();
	const struct delivery_total *totals;
	struct event event;
	size_t count;

	(void)state;
	for (uint64_t key = 6000; key; key--)
		add(deliveries, key, PROTO_UDP, "127.0.0.1");
	assert_int_equal(deliveries_settle(deliveries, note_port, NULL), 0);
	for (int round = 1; round <= 2; round++) {
		for (uint64_t key = 1; key <= 6000; key++) {
			event = (struct event){.type = EVENT_DELIVERY, .sock = sock(PROTO_UDP, "127.0.0.1")};
			assert_true(deliveries_count(deliveries, key, &event));
			assert_int_equal(event.process.pid, 100 + key);
		}
		totals = deliveries_totals(deliveries, &count);
		assert_int_equal(count, 6000);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(totals[i].sock.id, i + 1);
			assert_int_equal(totals[i].count, round);
		}
	}
	deliveries_free(deliveries);
}

static void test_totals(void **state)
{
	struct delivery_total totals[3] = {
		{.sock = listener().sock, .owner = owner_of(77), .count = 103},
		{.sock = listener().sock, .owner = {.pid = 99, .fd = -1, .comm = "a\033"}, .count = 97},
		{.sock = listener().sock, .owner = owner_of(78), .count = 1},
	};
	const struct end_info info = {.deliveries = totals, .delivery_count = 1};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	struct view *view;

	(void)state;
	totals[2].sock.protocol = PROTO_UDP;
	assert_int_equal(deliveries_text(totals, 3, file), 0);
	fclose(file);
	assert_string_equal(text, "deliveries to tcp port 8080: 200\n"
				  "       103  nc[77] fd 3, 127.0.0.1:8080\n"
				  "        97  a\\x1b[99], 127.0.0.1:8080\n"
				  "deliveries to udp port 8080: 1\n"
				  "         1  nc[78] fd 3, 127.0.0.1:8080\n");
	free(text);

	file = open_memstream(&text, &size);
	view = json_view_new(file, &no_header);
	assert_int_equal(view->ops->end(view, &info), 0);
	view_free(view);
	fclose(file);
	assert_non_null(strstr(text,
			       "\"deliveries\":[{\"id\":\"s3\",\"protocol\":\"tcp\",\"netns\":4026531840,"
			       "\"address\":\"127.0.0.1\",\"port\":8080,\"inode\":33010,\"pid\":77,"
			       "\"comm\":\"nc\",\"exe\":\"/usr/bin/nc\",\"count\":103}]"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshot_members),
		cmocka_unit_test(test_attempt_members),
		cmocka_unit_test(test_refused_has_no_members),
		cmocka_unit_test(test_delivery_row),
		cmocka_unit_test(test_delivery_json),
		cmocka_unit_test(test_many_members),
		cmocka_unit_test(test_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
