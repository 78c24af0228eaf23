/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

const struct clock_base clock_base = CLOCK_BASE;

const struct policy kept = {.closed_group_ok = true};

const struct view_config no_header = {.clock = CLOCK_BASE, .policy = &kept};

#define LOOPBACK                                                                                             \
	{                                                                                                    \
		.family = FAMILY_IPV4, .bytes = { 127, 0, 0, 1 }                                             \
	}

struct owner owner_4100 = {.pid = 4100, .fd = 3, .comm = "python3", .exe = "/usr/bin/python3.11"};

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

struct holder listener(void)
{
	return (struct holder){
		.sock = tcp_8080(),
		.kind = KIND_PROCESS,
		.compared = true,
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

struct event attempt(enum event_type type, uint32_t pid)
{
	struct event event = {
		.type = type,
		.seq = 7,
		.time_ns = AT(62, 113),
		.fd = 3,
		.explicit_port = true,
		.asked = true,
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

struct event refused(struct holder *holder)
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

void make_hostile(struct event *event, struct holder *holder)
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

char *render(struct view *(*new_view)(FILE *, const struct view_config *), const struct view_config *config,
	     const struct event *events, size_t count)
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
