/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets and names that a live session is told of before its first event. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "etw/correlate.h"
#include "etw/decode.h"
#include "rules/rules.h"

#define EVENTS_MAX 16
#define OLD_PID	   4000
#define NEW_PID	   4242

struct seen {
	struct event events[EVENTS_MAX];
	size_t count;
	struct correlator *correlator;
};

/* windows.md's golden vectors, with address 0.0.0.0 and port 8080. */
static const uint8_t afd_create[] = {0,	   0,	 0,    0,    0xea, 3,	 0,    0,    0x80, 0x10, 0,    0,
				     0,	   0x99, 0xff, 0xff, 0x20, 0x22, 0x11, 0x11, 0,	   0x99, 0xff, 0xff,
				     2,	   0,	 0,    0,    1,	   0,	 0,    0,    6,	   0,	 0,    0,
				     0x92, 0x10, 0,    0,    0,	   0,	 0,    0,    0,	   0,	 0,    0};
static const uint8_t afd_enter[] = {0, 0,    0,	   0,	 0x62, 0x1b, 0,	   0,	 0x80, 0x10, 0,	   0,
				    0, 0x99, 0xff, 0xff, 0x20, 0x22, 0x11, 0x11, 0,    0x99, 0xff, 0xff,
				    0, 0,    0,	   0,	 0x10, 0,    0,	   0,	 2,    0,    0x1f, 0x90,
				    0, 0,    0,	   0,	 0,    0,    0,	   0,	 0,    0,    0,	   0};
static const uint8_t afd_refused[] = {1,    0,	  0,	0,    0x71, 0x1b, 0,	0,    0x80, 0x10, 0,	0,
				      0,    0x99, 0xff, 0xff, 0x20, 0x22, 0x11, 0x11, 0,    0x99, 0xff, 0xff,
				      0x0a, 2,	  0,	0xc0, 0x10, 0,	  0,	0,    2,    0,	  0x1f, 0x90,
				      0,    0,	  0,	0,    0,    0,	  0,	0,    0,    0,	  0,	0};
static const uint8_t tcpip_close[] = {0x30, 0x33, 0x22, 0x22, 0,    0x99, 0xff, 0xff, 0x10, 0, 0,
				      0,    2,	  0,	0x1f, 0x90, 0,	  0,	0,    0,    0, 0,
				      0,    0,	  0,	0,    0,    0,	  0,	0,    0,    0};

static int keep(void *context, struct event *event)
{
	struct seen *seen = context;

	assert_true(seen->count < EVENTS_MAX);
	if (event_is_attempt(event)) {
		judge(event, NULL);
		correlator_judged(seen->correlator, event);
	}
	seen->events[seen->count++] = *event;
	event->holders = NULL; /* taken */
	event->holder_count = 0;
	return 0;
}

static void feed(struct seen *seen, enum etw_provider provider, uint16_t id, uint8_t version, uint32_t pid,
		 const uint8_t *payload, size_t size)
{
	const struct etw_record record = {
		.kind = ETW_MANIFEST,
		.pointer_size = 8,
		.pid = pid,
		.tid = pid + 1,
		.time_ns = 1000 + seen->count,
		.guid = etw_provider_guids[provider],
		.id = id,
		.version = version,
		.payload = payload,
		.size = size,
	};

	assert_int_equal(correlator_feed(seen->correlator, &record), 0);
}

static void add_listener(struct seen *seen)
{
	const struct sock_info sock = {.protocol = PROTO_TCP,
				       .family = FAMILY_IPV4,
				       .address = {.family = FAMILY_IPV4},
				       .port = 8080,
				       .state = STATE_LISTEN};

	assert_int_equal(correlator_process(seen->correlator, OLD_PID, 1, "old.exe"), 0);
	assert_int_equal(correlator_holder(seen->correlator, &sock, OLD_PID, 500), 0);
}

static const struct event *find(const struct seen *seen, enum event_type type)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->events[i].type == type)
			return &seen->events[i];
	return NULL;
}

static void end(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		event_clear(&seen->events[i]);
	correlator_free(seen->correlator);
}

static void test_refused_by_an_older_socket(void **state)
{
	struct seen seen = {0};
	const struct event *bind;

	(void)state;
	seen.correlator = correlator_new(keep, &seen);
	assert_non_null(seen.correlator);
	assert_true(correlator_wants_name(seen.correlator, NEW_PID));
	add_listener(&seen);
	assert_false(correlator_wants_name(seen.correlator, OLD_PID));
	assert_int_equal(seen.events[0].type, EVENT_HOLDER);
	assert_int_equal(seen.events[0].seq, 1);
	assert_string_equal(seen.events[0].process.comm, "old.exe");

	feed(&seen, PROVIDER_AFD, 1000, 0, NEW_PID, afd_create, sizeof(afd_create));
	feed(&seen, PROVIDER_AFD, 1030, 0, NEW_PID, afd_enter, sizeof(afd_enter));
	feed(&seen, PROVIDER_AFD, 1030, 0, NEW_PID, afd_refused, sizeof(afd_refused));
	assert_int_equal(correlator_end(seen.correlator), 0);

	bind = find(&seen, EVENT_BIND);
	assert_non_null(bind);
	assert_int_equal(bind->result, -10048);
	assert_int_equal(bind->holder_count, 1);
	assert_int_equal(bind->holders[0].bound_by.pid, OLD_PID);
	assert_int_equal(bind->holders[0].since_ns, 0);
	assert_int_equal(bind->holders[0].sock.state, STATE_LISTEN);
	assert_int_equal(bind->holders[0].sock.from[FACT_ADDRESS], FROM_QUERIED);
	assert_int_equal(bind->holders[0].sock.from[FACT_OPTIONS], FROM_ASSUMED);
	end(&seen);
}

static void test_closed_by_its_address(void **state)
{
	struct seen seen = {0};

	(void)state;
	seen.correlator = correlator_new(keep, &seen);
	assert_non_null(seen.correlator);
	add_listener(&seen);
	feed(&seen, PROVIDER_TCPIP, 1009, 1, NEW_PID, tcpip_close, sizeof(tcpip_close));
	assert_null(find(&seen, EVENT_RELEASE));
	feed(&seen, PROVIDER_TCPIP, 1009, 1, OLD_PID, tcpip_close, sizeof(tcpip_close));
	assert_int_equal(correlator_advance(seen.correlator, UINT64_MAX), 0);
	assert_non_null(find(&seen, EVENT_RELEASE));
	assert_int_equal(find(&seen, EVENT_RELEASE)->sock.id, seen.events[0].sock.id);
	assert_true(correlator_next_seq(seen.correlator) > find(&seen, EVENT_RELEASE)->seq);
	end(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused_by_an_older_socket),
		cmocka_unit_test(test_closed_by_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
