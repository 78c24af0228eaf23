// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/json.h"
#include "view/view.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define REAL_NS(ns)	  (INT64_C(1795341600000000000) + (ns)) /* 2026-11-22T10:00:00Z */
#define AT(seconds, ms)	  (UINT64_C(1000000000) * (1000 + (seconds)) + UINT64_C(1000000) * (ms))

/* CLOCK_BOOTTIME 1000 s is 10:00:00 */
#define CLOCK_BASE                                                                                           \
	{                                                                                                    \
		REAL_NS(-INT64_C(1000) * 1000000000)                                                         \
	}
static const struct clock_base clock_base = CLOCK_BASE;

static const struct policy kept = {.closed_group_ok = true, .conflict_uid_tw = true};

#define LOOPBACK                                                                                             \
	{                                                                                                    \
		.family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 }                                             \
	}

static struct owner owner_4100 = {.pid = 4100, .fd = 3, .comm = "python3", .exe = "/usr/bin/python3.11"};

static struct sock_info tcp_8080(void)
{
	return (struct sock_info){
		.id = 3,
		.inode = 33010,
		.netns = 4026531840,
		.uid = 1000,
		.protocol = PROTO_TCP,
		.family = FAMILY_IPV4,
		.state = STATE_LISTEN,
		.address = LOOPBACK,
		.port = 8080,
		.options = {.reuseaddr = true},
	};
}

static struct holder listener(void)
{
	return (struct holder){
		.sock = tcp_8080(),
		.kind = KIND_PROCESS,
		.culprit = true,
		.reason = RULE_LISTENER,
		.since_ns = AT(62, 113),
		.expires_ms = -1,
		.released_after_ns = -1,
		.bound_by = {.pid = 4100, .fd = -1, .comm = "python3", .exe = "/usr/bin/python3.11"},
		.owners = &owner_4100,
		.owner_count = 1,
	};
}

static struct event attempt(enum event_type type, uint32_t pid)
{
	struct event event = {
		.type = type,
		.seq = 7,
		.time_ns = AT(62, 113),
		.fd = 3,
		.explicit_port = true,
		.process = {.pid = pid,
			    .tid = pid,
			    .ppid = 4200,
			    .nspid = pid,
			    .uid = 1000,
			    .comm = "python3",
			    .exe = "/usr/bin/python3.11",
			    .cgroup = "/user.slice"},
		.sock = tcp_8080(),
		.requested = LOOPBACK,
		.requested_port = 8080,
		.range_lo = 32768,
		.range_hi = 60999,
		.unprivileged_start = 1024,
		.verdict = {.rule = RULE_FREE, .agrees = 1, .culprit = -1, .text = "port was free"},
		.has_verdict = true,
	};

	event.sock.state = STATE_BOUND;
	return event;
}

static struct event refused(struct holder *holder)
{
	struct event event = attempt(EVENT_BIND, 4242);

	event.time_ns = AT(69, 872) + 113000;
	event.sock.id = 17;
	event.sock.inode = 33021;
	event.result = -98;
	event.stage = STAGE_PORT;
	event.bucket = (struct bucket_facts){
		.present = true, .fastreuse = 1, .fastuid = 1000, .fast_address = LOOPBACK};
	event.verdict = (struct verdict){
		.rule = RULE_LISTENER,
		.agrees = 1,
		.culprit = 0,
		.text = "SO_REUSEADDR on both sides does not help while one of them listens",
		.fix = {"stop 4100", "set SO_REUSEPORT on both sockets, both as uid 1000"},
		.fix_count = 2,
	};
	event.holders = holder;
	event.holder_count = event.holders_total = 1;
	return event;
}

/* What a new view writes for these events. */
static char *render(struct view *(*new_view)(FILE *, const struct view_config *),
		    const struct view_config *config, const struct event *events, size_t count)
{
	const struct start_info start = {.time_ns = AT(0, 0), .kernel = "6.12", .policy = &kept};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	struct view *view = new_view(file, config);

	assert_non_null(view);
	if (new_view == text_view_new)
		assert_int_equal(view->ops->start(view, &start), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(view->ops->event(view, &events[i]), 0);
	view_free(view);
	fclose(file);
	return text;
}

static void assert_text(const struct view_config *config, const struct event *events, size_t count,
			const char *expected)
{
	char *text = render(text_view_new, config, events, count);

	assert_string_equal(text, expected);
	free(text);
}

static const struct view_config with_header = {.clock = CLOCK_BASE, .policy = &kept, .header = true};
static const struct view_config no_header = {.clock = CLOCK_BASE, .policy = &kept};

static void test_text_interface_example(void **state)
{
	struct holder holder = listener();
	const struct event events[] = {attempt(EVENT_BIND, 4100), attempt(EVENT_LISTEN, 4100),
				       refused(&holder)};

	(void)state;
	assert_text(
		&with_header, events, ARRAY_SIZE(events),
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
		"    shared with  nc[77] fd 4, listening on 127.0.0.1:8080 since before 10:00:00, flags "
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(holders); i++) {
		holders[i] = listener();
		holders[i].culprit = !i;
	}
	holders[0].owners = owners;
	holders[0].owner_count = 6;
	event.holder_count = 8;
	event.holders_total = 10;
	event.has_verdict = false;
	assert_text(&no_header, &event, 1,
		    HELD_ROW "    held by  nginx[10] fd 6 (also 11, 12, 13 and 2 more), listening on "
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

	const struct event events[] = {
		socket, option, denied, accept, connect, life(EVENT_CLOSE), release, life(EVENT_HOLDER)};

	assert_text(
		&(struct view_config){.clock = clock_base, .time = TIME_NONE, .header = true}, events,
		ARRAY_SIZE(events),
		"PID   COMM     PROTO LOCAL              FLAGS     RESULT\n"
		"4100  python3  tcp   -                  ...R....  socket fd 3\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  setsockopt SO_REUSEADDR = 1\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  EPERM      setsockopt SO_BINDTODEVICE = "
		"2\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  accept from 127.0.0.1:4242 fd 4\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  connected 127.0.0.1:8080 -> 127.0.0.1:80\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  close\n"
		"4100  python3  tcp   127.0.0.1:8080     ...R....  released   850 us after refusal 7\n");
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
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

/* comm, exe and device come from a hostile process. */
static void make_hostile(struct event *event, struct holder *holder)
{
	memcpy(event->process.comm,
	       "\033]0;x\a\xff\\\xc2\x9b\xc3\xa4"
	       "123\xe2",
	       16);
	snprintf(event->process.exe, EXE_LEN, "/tmp/\"\n\x7f\xed\xa0\x80\xf0\x9f\x98\x80");
	snprintf(holder->sock.device, DEVICE_LEN, "\033[31m");
	holder->sock.ifindex = 2;
	snprintf(owner_4100.comm, COMM_LEN, "\r\xe2\x80\xaex");
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

#define SOCK_FACTS                                                                                           \
	"{\"port_chosen\":false,\"connect_bound\":false,\"accepted\":false,\"orphan\":false,\"kernel\":"     \
	"false,"                                                                                             \
	"\"minisock\":false,\"group_own\":false,\"group_program\":false,\"group_closed\":false,\"group_"     \
	"id\":null,"                                                                                         \
	"\"group_size\":0,\"vrf\":null}"
#define OPTIONS                                                                                              \
	"{\"reuseaddr\":true,\"reuseport\":false,\"force_reuse\":false,\"v6only\":false,\"freebind\":false," \
	"\"transparent\":false,\"bind_address_no_port\":false}"

static void test_json_interface_example(void **state)
{
	struct holder holder = listener();
	const struct event event = refused(&holder);
	char *text = render(json_view_new, &no_header, &event, 1);

	(void)state;
	assert_string_equal(
		text,
		"{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time\":\"2026-11-22T10:01:09.872113000Z\","
		"\"time_unix_nano\":\"1795341669872113000\",\"seq\":7,"
		"\"process\":{\"pid\":4242,\"tid\":4242,\"ppid\":4200,\"nspid\":4242,\"comm\":\"python3\","
		"\"exe\":\"/usr/bin/python3.11\",\"uid\":1000,\"cgroup\":\"/"
		"user.slice\",\"unit\":null,\"container\":null},"
		"\"socket\":{\"id\":\"s17\",\"inode\":33021,\"protocol\":\"tcp\",\"family\":\"ipv4\","
		"\"netns\":4026531840,"
		"\"device\":null,\"vrf\":null,\"uid\":1000,\"path\":null,"
		"\"requested\":{\"address\":\"127.0.0.1\",\"port\":8080},\"address\":\"127.0.0.1\",\"port\":"
		"8080,"
		"\"peer\":null,\"state\":\"bound\",\"options\":" OPTIONS "},\"fd\":3,"
		"\"result\":{\"ok\":false,\"errno\":\"EADDRINUSE\",\"code\":98,\"stage\":\"port\"},"
		"\"verdict\":{\"rule\":\"listener\",\"agrees\":true,"
		"\"text\":\"SO_REUSEADDR on both sides does not help while one of them listens\","
		"\"fix\":[\"stop 4100\",\"set SO_REUSEPORT on both sockets, both as uid 1000\"],"
		"\"delivery\":null,\"lacks\":null},\"took_ns\":null,"
		"\"facts\":{\"bucket\":{\"present\":true,\"fastreuse\":1,\"fastreuseport\":0,\"l3mdev\":0,"
		"\"fastuid\":1000,"
		"\"fast_address\":\"127.0.0.1\",\"fast_v6only\":false,\"slot_count\":null},"
		"\"policy\":{\"orphan_uid\":\"kept\",\"closed_group_ok\":true,\"fast_cache_live\":false,"
		"\"bhash2_native\":false,\"conflict_uid_tw\":true},"
		"\"explicit_port\":true,\"listening\":false,\"range\":[32768,60999],\"unprivileged_start\":"
		"1024,"
		"\"entry_port\":null,\"autobind_reuse\":false,\"l3mdev_accept\":false,\"kernel_call\":false,"
		"\"socket\":" SOCK_FACTS "},\"holders_total\":1,\"truncated\":false,"
		"\"holders\":[{\"id\":\"s3\",\"culprit\":true,\"reason\":\"listener\",\"kind\":\"process\","
		"\"state\":\"listen\",\"protocol\":\"tcp\",\"family\":\"ipv4\",\"address\":\"127.0.0.1\","
		"\"port\":8080,"
		"\"peer\":null,\"inode\":33010,\"netns\":4026531840,\"device\":null,\"uid\":1000,"
		"\"options\":" OPTIONS ","
		"\"since\":\"2026-11-22T10:01:02.113Z\",\"expires_s\":null,\"released_after_ns\":null,"
		"\"bound_by\":{\"pid\":4100,\"comm\":\"python3\",\"exe\":\"/usr/bin/python3.11\"},"
		"\"processes\":[{\"pid\":4100,\"comm\":\"python3\",\"exe\":\"/usr/bin/"
		"python3.11\",\"fd\":3}],"
		"\"facts\":" SOCK_FACTS "}]}\n");
	free(text);
}

static struct json_object *parse_line(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	json_tokener_free(tokener);
	return object;
}

/* A member by its JSON pointer; NULL is JSON's null. */
static struct json_object *member(struct json_object *object, const char *path)
{
	struct json_object *found = NULL;

	if (json_pointer_get(object, path, &found))
		fail_msg("no %s", path);
	return found;
}

static void test_json_hostile(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);
	struct owner saved = owner_4100;

	(void)state;
	make_hostile(&event, &holder);

	char *text = render(json_view_new, &no_header, &event, 1);
	struct json_object *object = parse_line(text);

	assert_string_equal(json_object_get_string(member(object, "/process/comm")),
			    "\033]0;x\a\xef\xbf\xbd\\\xc2\x9b\xc3\xa4"
			    "123\xef\xbf\xbd");
	assert_string_equal(json_object_get_string(member(object, "/process/exe")),
			    "/tmp/\"\n\x7f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
	assert_string_equal(json_object_get_string(member(object, "/holders/0/device/name")), "\033[31m");
	for (const char *at = text; at[1]; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	json_object_put(object);
	free(text);
	owner_4100 = saved;
}

static void test_json_nulls(void **state)
{
	static const char *const nulls[] = {
		"/process/pid",
		"/process/tid",
		"/process/ppid",
		"/process/nspid",
		"/process/comm",
		"/process/exe",
		"/process/uid",
		"/process/cgroup",
		"/process/unit",
		"/process/container",
		"/socket/id",
		"/socket/inode",
		"/socket/protocol",
		"/socket/family",
		"/socket/netns",
		"/socket/device",
		"/socket/vrf",
		"/socket/uid",
		"/socket/path",
		"/socket/requested",
		"/socket/address",
		"/socket/port",
		"/socket/peer",
		"/socket/state",
		"/fd",
		"/result/errno",
		"/result/stage",
		"/verdict",
		"/facts/bucket/fastreuse",
		"/facts/bucket/fastuid",
		"/facts/policy",
		"/facts/range",
		"/facts/entry_port",
		"/facts/socket/group_id",
		"/holders/0/id",
		"/holders/0/reason",
		"/holders/0/state",
		"/holders/0/protocol",
		"/holders/0/address",
		"/holders/0/port",
		"/holders/0/peer",
		"/holders/0/inode",
		"/holders/0/netns",
		"/holders/0/device",
		"/holders/0/uid",
		"/holders/0/since",
		"/holders/0/expires_s",
		"/holders/0/released_after_ns",
		"/holders/0/bound_by",
		"/holders/0/processes/0/comm",
		"/holders/0/processes/0/exe",
		"/holders/0/processes/0/fd",
	};
	struct owner owner = {.pid = 5, .fd = -1};
	struct holder holder = {
		.sock.uid = UID_NONE,
		.expires_ms = -1,
		.released_after_ns = -1,
		.owners = &owner,
		.owner_count = 1,
	};
	const struct event event = {
		.type = EVENT_BIND,
		.process.uid = UID_NONE,
		.sock.uid = UID_NONE,
		.fd = -1,
		.bucket.fastuid = UID_NONE,
		.holders = &holder,
		.holder_count = 1,
		.holders_total = 1,
	};
	char *text = render(json_view_new, &(struct view_config){.clock = clock_base}, &event, 1);
	struct json_object *object = parse_line(text);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nulls); i++) {
		if (member(object, nulls[i]))
			fail_msg("%s is not null", nulls[i]);
	}
	assert_string_equal(json_object_get_string(member(object, "/holders/0/kind")), "unknown");
	assert_true(json_object_get_boolean(member(object, "/result/ok")));
	json_object_put(object);
	free(text);
}

static void test_json_every_type(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPE_MAX; type++) {
		struct holder holder = listener();
		struct event event = refused(&holder);

		event.type = (enum event_type)type;
		event.option = (struct option_change){.name = "SO_REUSEPORT", .value = 1, .result = -92};
		event.after_attempt = 3;
		event.delta_ns = 1500;
		holder.expires_ms = 42001;

		char *text = render(json_view_new, &no_header, &event, 1);
		struct json_object *object = parse_line(text);

		assert_string_equal(json_object_get_string(member(object, "/type")),
				    event_type_name(event.type));
		if (type == EVENT_OPTION) {
			assert_string_equal(json_object_get_string(member(object, "/option/name")),
					    "SO_REUSEPORT");
			assert_string_equal(json_object_get_string(member(object, "/result/errno")),
					    "ENOPROTOOPT");
		} else if (type == EVENT_RELEASE) {
			assert_int_equal(json_object_get_int64(member(object, "/after_attempt")), 3);
			assert_int_equal(json_object_get_int64(member(object, "/delta_ns")), 1500);
		} else if (type == EVENT_BIND) {
			assert_true(json_object_get_double(member(object, "/holders/0/expires_s")) == 42.001);
		}
		json_object_put(object);
		free(text);
	}
}

static void test_json_start_and_end(void **state)
{
	const struct probe_info probes[] = {{"inet_csk_get_port", "fentry"},
					    {"security_socket_bind", "missing"}};
	const char *const filters[] = {"port=8080"};
	const struct start_info start = {
		.seq = 1,
		.time_ns = AT(0, 0),
		.version = "0.1",
		.host = "box",
		.kernel = "6.12.0",
		.policy = &kept,
		.probes = probes,
		.probe_count = 2,
		.filters = filters,
		.filter_count = 1,
	};
	const struct end_info end = {.seq = 9,
				     .time_ns = AT(5, 0),
				     .reserved = 10,
				     .sent = 7,
				     .lost_ring = 2,
				     .lost_recursion = 1};
	struct strbuf text = {.data = NULL};
	struct json_writer writer;
	char sentence[100];

	(void)state;
	jw_init(&writer, &text);
	assert_int_equal(json_start(&writer, &start, &clock_base), 0);
	assert_string_equal(
		text.data,
		"{\"schema\":\"reusetrace/1\",\"type\":\"start\",\"time\":\"2026-11-22T10:00:00.000000000Z\","
		"\"time_unix_nano\":\"1795341600000000000\",\"seq\":1,\"version\":\"0.1\",\"host\":\"box\","
		"\"kernel\":\"6.12.0\",\"policy\":{\"orphan_uid\":\"kept\",\"closed_group_ok\":true,"
		"\"fast_cache_live\":false,\"bhash2_native\":false,\"conflict_uid_tw\":true},"
		"\"probes\":[{\"name\":\"inet_csk_get_port\",\"how\":\"fentry\"},"
		"{\"name\":\"security_socket_bind\",\"how\":\"missing\"}],\"filters\":[\"port=8080\"]}\n");
	strbuf_reset(&text);
	jw_init(&writer, &text);
	assert_int_equal(json_end(&writer, &end, &clock_base), 0);
	assert_string_equal(
		text.data,
		"{\"schema\":\"reusetrace/1\",\"type\":\"end\",\"time\":\"2026-11-22T10:00:05.000000000Z\","
		"\"time_unix_nano\":\"1795341605000000000\",\"seq\":9,"
		"\"records\":{\"reserved\":10,\"sent\":7,\"printed\":0,\"bytes\":0},"
		"\"lost\":{\"ring\":2,\"map\":0,\"recursion\":1,\"missed\":0}}\n");
	strbuf_free(&text);
	lost_text(&end, sentence, sizeof(sentence));
	assert_string_equal(sentence, "lost 3 records: 2 ring full, 1 programs skipped");
}

static void test_writer_nesting(void **state)
{
	struct strbuf text = {.data = NULL};
	struct json_writer writer;

	(void)state;
	jw_init(&writer, &text);
	for (int i = 0; i < 2 * JSON_MAX_DEPTH; i++)
		jw_array(&writer, NULL);
	assert_int_equal(jw_finish(&writer), -EINVAL);

	jw_init(&writer, &text);
	jw_object(&writer, NULL);
	jw_array_end(&writer);
	assert_int_equal(jw_finish(&writer), -EINVAL);

	jw_init(&writer, &text);
	jw_object(&writer, NULL);
	jw_null(&writer, NULL);
	jw_object_end(&writer);
	assert_int_equal(jw_finish(&writer), -EINVAL);
	strbuf_free(&text);
}

static void test_write_error(void **state)
{
	struct view *(*const makers[])(FILE *, const struct view_config *) = {text_view_new, json_view_new};
	const struct event event = attempt(EVENT_BIND, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		time_rfc3339(text, rows[i].ns, rows[i].decimals);
		assert_string_equal(text, rows[i].text);
	}
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
		cmocka_unit_test(test_json_interface_example),
		cmocka_unit_test(test_json_hostile),
		cmocka_unit_test(test_json_nulls),
		cmocka_unit_test(test_json_every_type),
		cmocka_unit_test(test_json_start_and_end),
		cmocka_unit_test(test_writer_nesting),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_times),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
