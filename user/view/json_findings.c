/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/json_findings.h"

#include "model/event_names.h"
#include "view/json.h"

#define MEMBER_CHARS(writer, name, array) jw_chars(writer, name, array, sizeof(array))

void json_differs(struct json_writer *writer, unsigned int differs)
{
	static const char *const words[] = {"executable", "uid", "unit"};

	jw_array(writer, "differs");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (differs & 1U << i)
			jw_string(writer, NULL, words[i]);
	jw_array_end(writer);
}

void json_finding(struct json_writer *writer, const struct event *event)
{
	const struct event_finding *finding = &event->finding;

	jw_object(writer, "finding");
	jw_string(writer, "kind", finding_kind_name(finding->kind));
	MEMBER_CHARS(writer, "text", finding->text);
	json_u64_unless(writer, "attempt", finding->attempt, 0);
	jw_u64(writer, "attempts", finding->attempts);
	MEMBER_CHARS(writer, "because", event->verdict.text);
	MEMBER_CHARS(writer, "delivery", event->verdict.delivery);
	json_differs(writer, event->verdict.differs);
	jw_object_end(writer);
}

static void put_before(struct json_writer *writer, const struct event_gap *gap)
{
	if (!gap->before_pid) {
		jw_null(writer, "before");
		return;
	}
	jw_object(writer, "before");
	jw_u64(writer, "pid", gap->before_pid);
	MEMBER_CHARS(writer, "comm", gap->before_comm);
	MEMBER_CHARS(writer, "exe", gap->before_exe);
	jw_object_end(writer);
}

void json_gap(struct json_writer *writer, const struct event_gap *gap, const struct clock_base *clock)
{
	jw_object(writer, "gap");
	MEMBER_CHARS(writer, "text", gap->text);
	jw_string(writer, "takeover", takeover_name(gap->takeover));
	jw_u64(writer, "gap_ns", gap->gap_ns);
	jw_u64(writer, "overlap_ns", gap->overlap_ns);
	json_time(writer, "released", gap->released_ns, 9, clock);
	json_time(writer, "bound", gap->bound_ns, 9, clock);
	json_time(writer, "serving", gap->served_ns, 9, clock);
	put_before(writer, gap);
	jw_object_end(writer);
}

void json_delivery(struct json_writer *writer, const struct delivery *delivery)
{
	jw_object(writer, "delivery");
	json_endpoint(writer, "to", &delivery->to, delivery->to_port);
	jw_u64(writer, "number", delivery->number);
	jw_object_end(writer);
}

void json_delivery_total(struct json_writer *writer, const struct delivery_total *total)
{
	const struct sock_info *sock = &total->sock;

	jw_object(writer, NULL);
	json_id(writer, sock->id);
	jw_string(writer, "protocol", protocol_name(sock->protocol));
	json_u64_unless(writer, "netns", sock->netns, 0);
	json_address(writer, "address", &sock->address);
	jw_u64(writer, "port", sock->port);
	json_u64_unless(writer, "inode", sock->inode, 0);
	json_u64_unless(writer, "pid", total->owner.pid, 0);
	MEMBER_CHARS(writer, "comm", total->owner.comm);
	MEMBER_CHARS(writer, "exe", total->owner.exe);
	jw_u64(writer, "count", total->count);
	jw_object_end(writer);
}
