// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "model/event_names.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/json_writer.h"
#include "view/report_page.h"

#define INDENT	  4 /* of the lines of text_details() */
#define NS_PER_MS INT64_C(1000000)

void report_who(struct strbuf *out, uint32_t pid, const char comm[COMM_LEN])
{
	if (!pid && !comm[0]) {
		strbuf_puts(out, "-");
		return;
	}
	strbuf_escape(out, comm[0] ? comm : "-", COMM_LEN);
	if (pid)
		strbuf_printf(out, "[%" PRIu32 "]", pid);
}

void report_lane(struct strbuf *out, const struct timeline_lane *lane)
{
	const char *protocol = protocol_name(lane->protocol);

	text_endpoint(out, &lane->address, lane->port);
	strbuf_printf(out, "/%s", protocol ? protocol : "-");
}

/* ---- the data of the page */

static void put_buf(struct json_writer *writer, const char *name, struct strbuf *text)
{
	jw_string(writer, name, text->data);
	strbuf_free(text);
}

static void put_safe(struct json_writer *writer, const char *name, const char *text, size_t size)
{
	struct strbuf safe = {0};

	if (text)
		strbuf_escape(&safe, text, size);
	put_buf(writer, name, &safe);
}

static void put_when(struct json_writer *writer, const char *name, const struct timeline *timeline,
		     uint64_t time_ns)
{
	jw_u64(writer, name, time_ns > timeline->from_ns ? time_ns - timeline->from_ns : 0);
}

static void put_who(struct json_writer *writer, const struct timeline_who *who)
{
	struct strbuf text = {0};

	report_who(&text, who->pid, who->comm);
	put_buf(writer, "who", &text);
	if (who->uid != UID_NONE)
		jw_u64(writer, "uid", who->uid);
	put_safe(writer, "exe", who->exe, EXE_LEN);
	put_safe(writer, "unit", who->unit, UNIT_LEN);
}

static void put_span(struct json_writer *writer, const struct timeline *timeline,
		     const struct timeline_span *span)
{
	struct strbuf peer = {0};

	jw_object(writer, NULL);
	jw_u64(writer, "track", span->track);
	put_when(writer, "from", timeline, span->from_ns);
	put_when(writer, "to", timeline, span->to_ns);
	jw_string(writer, "state", state_name(span->state));
	jw_bool(writer, "older", span->older);
	jw_bool(writer, "open", span->open);
	jw_bool(writer, "chosen", span->chosen);
	jw_string(writer, "flags", span->flags);
	if (span->peer.family != FAMILY_NONE)
		text_endpoint(&peer, &span->peer, span->peer_port);
	put_buf(writer, "peer", &peer);
	put_who(writer, &span->who);
	jw_object_end(writer);
}

/* "    held by  python3..." as ["held by", "python3..."] */
static void put_details(struct json_writer *writer, const char *details)
{
	jw_array(writer, "details");
	while (details && *details) {
		size_t length = strcspn(details, "\n"), indent = length < INDENT ? length : INDENT;
		const char *line = details + indent;
		const char *gap = memmem(line, length - indent, "  ", 2);
		struct strbuf label = {0}, text = {0};

		if (gap) {
			strbuf_add(&label, line, (size_t)(gap - line));
			gap += strspn(gap, " ");
			strbuf_add(&text, gap, (size_t)(details + length - gap));
			jw_array(writer, NULL);
			jw_string(writer, NULL, label.data ? label.data : "");
			jw_string(writer, NULL, text.data ? text.data : "");
			jw_array_end(writer);
		}
		strbuf_free(&label);
		strbuf_free(&text);
		details += length + (details[length] == '\n');
	}
	jw_array_end(writer);
}

static const char *call_of(enum event_type type)
{
	return type == EVENT_AUTOBIND ? "autobind" : event_type_name(type);
}

static void put_mark(struct json_writer *writer, const struct timeline *timeline,
		     const struct timeline_mark *mark)
{
	const char *error = mark->result < 0 ? errno_name(-mark->result) : NULL;

	jw_object(writer, NULL);
	put_when(writer, "at", timeline, mark->at_ns);
	jw_u64(writer, "seq", mark->seq);
	jw_string(writer, "call", call_of(mark->type));
	jw_string(writer, "tone", tone_name(mark->tone));
	if (mark->result < 0 && !error)
		jw_i64(writer, "error", -(int64_t)mark->result);
	else
		jw_string(writer, "error", error);
	jw_string(writer, "rule", mark->rule == RULE_NONE ? NULL : rule_name((enum rule_id)mark->rule));
	put_safe(writer, "text", mark->text, sizeof(((struct verdict *)0)->text));
	jw_string(writer, "flags", mark->flags);
	put_who(writer, &mark->who);
	put_details(writer, mark->details);
	jw_object_end(writer);
}

static void put_gap(struct json_writer *writer, const struct timeline *timeline,
		    const struct timeline_gap *gap)
{
	struct strbuf before = {0}, after = {0};

	report_who(&before, gap->before_pid, gap->before_comm);
	report_who(&after, gap->after_pid, gap->after_comm);
	jw_object(writer, NULL);
	put_when(writer, "from", timeline, gap->from_ns);
	put_when(writer, "to", timeline, gap->to_ns);
	jw_string(writer, "text", gap->text);
	put_buf(writer, "before", &before);
	put_buf(writer, "after", &after);
	jw_object_end(writer);
}

static void put_lane(struct json_writer *writer, const struct timeline *timeline,
		     const struct timeline_lane *lane)
{
	struct strbuf name = {0};

	report_lane(&name, lane);
	jw_object(writer, NULL);
	put_buf(writer, "name", &name);
	jw_u64(writer, "port", lane->port);
	jw_u64(writer, "netns", lane->netns);
	jw_u64(writer, "tracks", lane->tracks);
	jw_array(writer, "spans");
	for (size_t i = 0; i < lane->span_count; i++)
		put_span(writer, timeline, &timeline->spans[lane->span + i]);
	jw_array_end(writer);
	jw_array(writer, "marks");
	for (size_t i = 0; i < lane->mark_count; i++)
		put_mark(writer, timeline, &timeline->marks[lane->mark + i]);
	jw_array_end(writer);
	jw_array(writer, "gaps");
	for (size_t i = 0; i < lane->gap_count; i++)
		put_gap(writer, timeline, &timeline->gaps[lane->gap + i]);
	jw_array_end(writer);
	jw_object_end(writer);
}

/* Sentences have this machine's local time in them; the page shows the same. */
static int64_t utc_offset_s(int64_t unix_ns)
{
#ifdef _WIN32
	(void)unix_ns;
	return 0;
#else
	time_t seconds = (time_t)(unix_ns / 1000000000);
	struct tm local = {0};

	localtime_r(&seconds, &local);
	return local.tm_gmtoff;
#endif
}

static void put_head(struct json_writer *writer, const struct timeline *timeline,
		     const struct report_info *info)
{
	int64_t unix_ns = (int64_t)timeline->from_ns + timeline->time.clock.boot_to_real_ns;

	put_safe(writer, "host", info->start->host, 256);
	put_safe(writer, "kernel", info->start->kernel, 256);
	put_safe(writer, "version", info->start->version, 64);
	jw_i64(writer, "start_ms", unix_ns / NS_PER_MS);
	jw_i64(writer, "utc_offset_s", utc_offset_s(unix_ns));
	jw_u64(writer, "length", timeline->to_ns - timeline->from_ns);
	jw_string(writer, "lost", info->lost[0] ? info->lost : NULL);
	jw_bool(writer, "cut", info->cut);
	jw_u64(writer, "left_out", timeline->left_out);
	jw_array(writer, "filters");
	for (size_t i = 0; i < info->start->filter_count; i++)
		put_safe(writer, NULL, info->start->filters[i], 256);
	jw_array_end(writer);
}

static int write_bytes(FILE *out, const char *data, size_t size)
{
	errno = 0;
	return fwrite(data, 1, size, out) == size ? 0 : errno ? -errno : -EIO;
}

/* In JSON a '<' is part of a string, and may be written as \u003c there. */
static int write_without_tags(FILE *out, const struct strbuf *json)
{
	size_t at = 0;
	int err = 0;

	while (!err && at < json->length) {
		const char *tag = memchr(json->data + at, '<', json->length - at);
		size_t size = tag ? (size_t)(tag - json->data) - at : json->length - at;

		err = write_bytes(out, json->data + at, size);
		if (!err && tag)
			err = write_bytes(out, "\\u003c", 6);
		at += size + (tag != NULL);
	}
	return err;
}

int report_page(FILE *out, const struct timeline *timeline, const struct report_info *info)
{
	struct strbuf json = {0};
	struct json_writer writer;
	int err;

	jw_init(&writer, &json);
	jw_object(&writer, NULL);
	put_head(&writer, timeline, info);
	jw_array(&writer, "lanes");
	for (size_t i = 0; i < timeline->lane_count; i++)
		put_lane(&writer, timeline, &timeline->lanes[i]);
	jw_array_end(&writer);
	jw_object_end(&writer);
	err = jw_finish(&writer);
	if (!err)
		err = write_bytes(out, report_page_head, report_page_head_size());
	if (!err)
		err = write_without_tags(out, &json);
	if (!err)
		err = write_bytes(out, report_page_tail, report_page_tail_size());
	strbuf_free(&json);
	return err ? err : fflush(out) ? -errno : 0;
}
