/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text, byte for byte. */
#include "events.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/rules.h"

static void assert_text(const struct view_config *config, const struct event *events, size_t count,
			const char *expected)
{
	char *text = render(text_view_new, config, events, count);

	assert_string_equal(text, expected);
	free(text);
}

static const struct view_config with_header = {.clock = CLOCK_BASE, .policy = &kept, .header = true};

static void test_text_interface_example(void **state)
{
	struct holder holder = listener();
	const struct event events[] = {attempt(EVENT_BIND, 4100), attempt(EVENT_LISTEN, 4100),
				       refused(&holder)};

	(void)state;
	assert_text(
		&with_header, events, COUNT(events),
		"TIME         PID   COMM     PROTO LOCAL              FLAGS     RESULT\n"
		"10:01:02.113 4100  python3  tcp   127.0.0.1:8080     ...R....  bound      port was free\n"
		"10:01:02.113 4100  python3  tcp   127.0.0.1:8080     ...R....  listening\n"
		"10:01:09.872 4242  python3  tcp   127.0.0.1:8080     ...R....  EADDRINUSE\n"
		"    held by  python3[4100] fd 3, listening on 127.0.0.1:8080 since 10:01:02, flags "
		"...R...., uid 1000\n"
		"    because  SO_REUSEADDR on both sides does not help while one of them listens (rule "
		"listener)\n"
		"    fix      stop 4100; or set SO_REUSEPORT on both sockets, both as uid 1000\n");
}

static void test_text_shared(void **state)
{
	struct owner nc = {.pid = 77, .fd = 4, .comm = "nc", .exe = "/usr/bin/nc"};
	struct holder holders[2] = {listener(), listener()};
	struct event event = attempt(EVENT_BIND, 4242);

	(void)state;
	holders[0].culprit = false;
	holders[0].reason = RULE_REUSEPORT_GROUP;
	holders[0].sock.options = (struct sock_options){.reuseport = true};
	holders[0].since_ns = 0;
	holders[0].older = true;
	holders[0].owners = &nc;
	holders[1].culprit = false;
	holders[1].reason = RULE_OTHER_ADDRESS;
	event.verdict = (struct verdict){
		.rule = RULE_REUSEPORT_GROUP,
		.agrees = 1,
		.culprit = -1,
		.text = "both have SO_REUSEPORT and one uid",
		.delivery = "connections are spread between 77 and 4242",
	};
	event.holders = holders;
	event.holder_count = event.holders_total = 2;
	assert_text(
		&no_header, &event, 1,
		"10:01:02.113 4242  python3  tcp   127.0.0.1:8080     ...R....  bound      port is shared\n"
		"    shared with  nc[77] fd 4, bound by python3[4100], listening on 127.0.0.1:8080 since "
		"before 10:00:00, flags "
		"....r..., "
		"uid 1000, exe /usr/bin/nc\n"
		"    because      both have SO_REUSEPORT and one uid (rule reuseport-group)\n"
		"    who answers  connections are spread between 77 and 4242\n");
}

#define HELD_ROW "10:01:09.872 4242  python3  tcp   127.0.0.1:8080     ...R....  EADDRINUSE\n"

/* The holder's line for each kind. */
static void test_text_kinds(void **state)
{
	static const struct {
		enum holder_kind kind;
		enum sock_state state;
		bool known; /* who bound it */
		int64_t expires_ms, released_ns;
		uint64_t since_ns;
		uint32_t uid;
		const char *line;
	} rows[] = {
		{KIND_TIME_WAIT, STATE_TIME_WAIT, false, 42001, -1, 0, UID_NONE,
		 "a TIME_WAIT remnant, 127.0.0.1:8080 -> 127.0.0.1:51000, 43 s left, flags ...R...."},
		{KIND_TIME_WAIT, STATE_TIME_WAIT, true, 0, -1, 0, UID_NONE,
		 "a TIME_WAIT remnant of python3[4100], 127.0.0.1:8080 -> 127.0.0.1:51000, 0 s left, flags "
		 "...R...."},
		{KIND_ORPHAN, STATE_FIN_WAIT2, true, -1, -1, AT(1, 0), 0,
		 "an orphaned connection of python3[4100] that no process has, FIN_WAIT2 127.0.0.1:8080 -> "
		 "127.0.0.1:51000 since 10:00:01, flags ...R...., uid 0"},
		{KIND_KERNEL, STATE_LISTEN, false, -1, -1, AT(1, 0), 0,
		 "the kernel, listening on 127.0.0.1:8080 since 10:00:01, flags ...R...., uid 0"},
		{KIND_GONE, STATE_LISTEN, true, -1, 1234567, AT(1, 0), 1000,
		 "python3[4100], gone (released 1.2 ms after the attempt), listening on 127.0.0.1:8080 since "
		 "10:00:01, flags ...R...., uid 1000"},
		{KIND_IN_FLIGHT, STATE_LISTEN, true, -1, -1, AT(1, 0), 1000,
		 "a socket in a unix socket's receive queue, bound by python3[4100], listening on "
		 "127.0.0.1:8080 "
		 "since 10:00:01, flags ...R...., uid 1000"},
		{KIND_PROCESS, STATE_BOUND, true, -1, -1, AT(1, 0), 1000,
		 "python3[4100], bound to 127.0.0.1:8080 since 10:00:01, flags ...R...., uid 1000"},
		{KIND_UNKNOWN, STATE_UNKNOWN, false, -1, -1, 0, UID_NONE,
		 "unknown process, on 127.0.0.1:8080 since before 10:00:00, flags ...R...., uid -"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct holder holder = listener();
		struct event event = refused(&holder);
		char expected[512];

		holder.kind = rows[i].kind;
		holder.sock.state = rows[i].state;
		holder.sock.minisock = rows[i].kind == KIND_TIME_WAIT;
		holder.sock.uid = rows[i].uid;
		holder.expires_ms = rows[i].expires_ms;
		holder.released_after_ns = rows[i].released_ns;
		holder.since_ns = rows[i].since_ns;
		holder.older = rows[i].kind == KIND_UNKNOWN;
		holder.owner_count = 0;
		if (!rows[i].known)
			holder.bound_by.pid = 0;
		if (rows[i].state > STATE_LISTEN) {
			holder.sock.peer = holder.sock.address;
			holder.sock.peer_port = 51000;
		}
		event.has_verdict = false;
		snprintf(expected, sizeof(expected), HELD_ROW "    held by  %s\n", rows[i].line);
		assert_text(&no_header, &event, 1, expected);
	}
}

static void test_text_many(void **state)
{
	struct owner owners[6] = {{.pid = 10, .fd = 6, .comm = "nginx"},
				  {.pid = 11},
				  {.pid = 12},
				  {.pid = 13},
				  {.pid = 14},
				  {.pid = 15}};
	struct holder holders[8];
	struct event event = refused(holders);

	(void)state;
	for (size_t i = 0; i < COUNT(holders); i++) {
		holders[i] = listener();
		holders[i].culprit = !i;
	}
	holders[0].owners = owners;
	holders[0].owner_count = 6;
	event.holder_count = 8;
	event.holders_total = 10;
	event.has_verdict = false;
	assert_text(&no_header, &event, 1,
		    HELD_ROW "    held by  nginx[10] fd 6 (also 11, 12, 13 and 2 more), bound by "
			     "python3[4100], listening on "
			     "127.0.0.1:8080 since 10:01:02, "
			     "flags ...R...., uid 1000\n"
			     "    also     python3[4100] fd 3, listening on 127.0.0.1:8080 (rule listener)\n"
			     "    also     python3[4100] fd 3, listening on 127.0.0.1:8080 (rule listener)\n"
			     "    also     python3[4100] fd 3, listening on 127.0.0.1:8080 (rule listener)\n"
			     "    also     python3[4100] fd 3, listening on 127.0.0.1:8080 (rule listener)\n"
			     "             and 5 more\n");
}

/* A deviation names those that should have been in the way; a surprise names its rule. */
static void test_text_odd_accepts(void **state)
{
	struct holder holders[2] = {listener(), listener()};
	struct event event = attempt(EVENT_BIND, 4242);

	(void)state;
	holders[0].reason = RULE_OTHER_ADDRESS;
	holders[1].reason = RULE_NO_REUSE;
	event.holders = holders;
	event.holder_count = event.holders_total = 2;
	event.verdict = (struct verdict){
		.rule = RULE_QUIRK_UDP_SLOT, .agrees = 1, .text = "overlooked a\\x1b[1]\033"};
	assert_text(
		&no_header, &event, 1,
		"10:01:02.113 4242  python3  tcp   127.0.0.1:8080     ...R....  bound      port is shared\n"
		"    shared with  python3[4100] fd 3, listening on 127.0.0.1:8080 since 10:01:02, flags "
		"...R...., "
		"uid 1000\n"
		"    because      overlooked a\\x1b[1]\\x1b (rule quirk-udp-slot)\n");
	event.verdict = (struct verdict){.rule = RULE_UNEXPLAINED, .agrees = 0};
	assert_text(&no_header, &event, 1,
		    "10:01:02.113 4242  python3  tcp   127.0.0.1:8080     ...R....  bound      unexplained\n"
		    "    on port  python3[4100] fd 3, listening on 127.0.0.1:8080 since 10:01:02, flags "
		    "...R...., "
		    "uid 1000\n"
		    "    because  - (rule unexplained)\n");
}

/* No holder: the reason alone. */
static void test_text_refused_alone(void **state)
{
	struct event event = attempt(EVENT_BIND, 4242);

	(void)state;
	event.result = -13;
	event.stage = STAGE_PRIVILEGE;
	event.requested_port = 80;
	event.verdict = (struct verdict){
		.rule = RULE_PRIVILEGED_PORT,
		.agrees = -1,
		.text = "port 80 is below 1024",
		.fix = {"use 8080"},
		.fix_count = 1,
	};
	assert_text(&no_header, &event, 1,
		    "10:01:02.113 4242  python3  tcp   127.0.0.1:80       ...R....  EACCES\n"
		    "    because  port 80 is below 1024 (rule privileged-port)\n"
		    "    fix      use 8080\n");
}

static struct event life(enum event_type type)
{
	struct event event = attempt(type, 4100);

	event.has_verdict = false;
	event.requested = (struct address){.family = FAMILY_NONE};
	return event;
}

static void test_text_life(void **state)
{
	struct event socket = life(EVENT_SOCKET), option = life(EVENT_OPTION), denied = life(EVENT_OPTION);
	struct event accept = life(EVENT_ACCEPT), connect = life(EVENT_CONNECT),
		     release = life(EVENT_RELEASE);

	(void)state;
	socket.sock.port = 0;
	option.option = (struct option_change){.name = "SO_REUSEADDR", .value = 1};
	denied.option = (struct option_change){.name = "SO_BINDTODEVICE", .value = 2, .result = -1};
	accept.sock.peer = accept.sock.address;
	accept.sock.peer_port = 4242;
	accept.fd = 4;
	connect.sock.peer = accept.sock.peer;
	connect.sock.peer_port = 80;
	release.after_attempt = 7;
	release.delta_ns = 850000;
	release.refused.pid = 4242;
	memcpy(release.refused.comm, "late", 5);

	const struct event events[] = {
		socket, option, denied, accept, connect, life(EVENT_CLOSE), release, life(EVENT_HOLDER)};

	assert_text(
		&(struct view_config){.clock = clock_base, .time = TIME_NONE, .header = true}, events,
		COUNT(events),
		"PID   COMM     PROTO LOCAL              FLAGS     RESULT\n"
		"4100  python3  tcp   -                  ...R....  socket fd 3\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  setsockopt SO_REUSEADDR = 1\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  EPERM      setsockopt SO_BINDTODEVICE = "
		"2\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  accept from 127.0.0.1:4242 fd 4\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  connected 127.0.0.1:8080 -> 127.0.0.1:80\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  close\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  released   850 us after late[4242] was "
		"refused\n");
}

static void test_text_times_and_color(void **state)
{
	struct holder holder = listener();
	struct event events[2] = {attempt(EVENT_LISTEN, 4100), attempt(EVENT_LISTEN, 4100)};
	static const struct {
		enum time_mode mode;
		const char *first, *second;
	} rows[] = {
		{TIME_DELTA, "0.000000     ", "0.250000     "},
		{TIME_BOOT, "1062.113000    ", "1062.363000    "},
		{TIME_ISO, "2026-11-22T10:01:02.113Z ", "2026-11-22T10:01:02.363Z "},
	};

	(void)state;
	events[1].time_ns += 250000000;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char expected[512];
		const char *rest = "4100  python3  tcp   127.0.0.1:8080     ...R....  listening";

		snprintf(expected, sizeof(expected), "%s%s\n%s%s\n", rows[i].first, rest, rows[i].second,
			 rest);
		assert_text(&(struct view_config){.clock = clock_base, .time = rows[i].mode}, events, 2,
			    expected);
	}

	struct event red = refused(&holder);

	red.holder_count = 0;
	red.has_verdict = false;
	red.type = EVENT_LISTEN;
	assert_text(&(struct view_config){.clock = clock_base, .color = true}, &red, 1,
		    "10:01:09.872 4242  python3  tcp   127.0.0.1:8080     ...R....  "
		    "\033[31mEADDRINUSE\033[0m listen\n");
}

static void test_text_hostile(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);
	struct owner saved = owner_4100;

	(void)state;
	make_hostile(&event, &holder);
	event.has_verdict = false;
	assert_text(&no_header, &event, 1,
		    "10:01:09.872 4242  \\x1b]0;x\\x07\\xff\\x5c\\xc2\\x9b\xc3\xa4"
		    "123\\xe2 tcp   127.0.0.1:8080     "
		    "...R....  EADDRINUSE\n"
		    "    held by  \\x0d\\xe2\\x80\\xaex[4100] fd 3, listening on 127.0.0.1:8080 since "
		    "10:01:02, flags "
		    "...R..D., uid 1000, device \\x1b[31m\n");
	owner_4100 = saved;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_interface_example),
		cmocka_unit_test(test_text_shared),
		cmocka_unit_test(test_text_kinds),
		cmocka_unit_test(test_text_many),
		cmocka_unit_test(test_text_odd_accepts),
		cmocka_unit_test(test_text_refused_alone),
		cmocka_unit_test(test_text_life),
		cmocka_unit_test(test_text_times_and_color),
		cmocka_unit_test(test_text_hostile),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
