// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chrome's trace event format: a process for each lane, a thread for each
 * track, and one more for attempts and gaps.  Times are microseconds.
 */
#include <errno.h>
#include <inttypes.h>

#include "model/event_names.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/json_writer.h"
#include "view/report.h"

#define ATTEMPTS_TID 0
#define GAPS_TID     1
#define TRACKS_TID   2

static void put_time(struct json_writer *writer, const char *name, uint64_t ns)
{
	jw_milli(writer, name, (int64_t)ns);
}

static uint64_t since_start(const struct timeline *timeline, uint64_t time_ns)
{
	return time_ns > timeline->from_ns ? time_ns - timeline->from_ns : 0;
}

static void begin(struct json_writer *writer, const char *phase, const char *name, size_t lane, uint32_t tid)
{
	jw_object(writer, NULL);
	jw_string(writer, "ph", phase);
	jw_string(writer, "name", name);
	jw_u64(writer, "pid", lane + 1);
	jw_u64(writer, "tid", tid);
}

/* "process_name", "thread_name" */
static void put_name(struct json_writer *writer, const char *what, size_t lane, uint32_t tid,
		     const char *name)
{
	begin(writer, "M", what, lane, tid);
	jw_object(writer, "args");
	jw_string(writer, "name", name);
	jw_object_end(writer);
	jw_object_end(writer);
}

static void put_lane(struct json_writer *writer, const struct timeline *timeline, size_t lane)
{
	struct strbuf name = {0};
	char track[24];

	report_lane(&name, &timeline->lanes[lane]);
	put_name(writer, "process_name", lane, ATTEMPTS_TID, name.data);
	put_name(writer, "thread_name", lane, ATTEMPTS_TID, "attempts");
	if (timeline->lanes[lane].gap_count)
		put_name(writer, "thread_name", lane, GAPS_TID, "gaps");
	for (uint32_t i = 0; i < timeline->lanes[lane].tracks; i++) {
		snprintf(track, sizeof(track), "holder %" PRIu32, i + 1);
		put_name(writer, "thread_name", lane, TRACKS_TID + i, track);
	}
	strbuf_free(&name);
}

static void put_span(struct json_writer *writer, const struct timeline *timeline,
		     const struct timeline_span *span)
{
	struct strbuf name = {0}, peer = {0};

	report_who(&name, span->who.pid, span->who.comm);
	strbuf_printf(&name, " %s", state_name(span->state));
	begin(writer, "X", name.data, span->lane, TRACKS_TID + span->track);
	put_time(writer, "ts", since_start(timeline, span->from_ns));
	put_time(writer, "dur", span->to_ns - span->from_ns);
	jw_object(writer, "args");
	jw_string(writer, "state", state_name(span->state));
	jw_string(writer, "flags", span->flags);
	if (span->peer.family != FAMILY_NONE) {
		text_endpoint(&peer, &span->peer, span->peer_port);
		jw_string(writer, "peer", peer.data);
	}
	jw_bool(writer, "began before", span->older);
	jw_bool(writer, "goes on", span->open);
	jw_object_end(writer);
	jw_object_end(writer);
	strbuf_free(&name);
	strbuf_free(&peer);
}

static void put_mark(struct json_writer *writer, const struct timeline *timeline,
		     const struct timeline_mark *mark)
{
	const char *error = mark->result < 0 ? errno_name(-mark->result) : NULL;
	struct strbuf name = {0}, who = {0}, text = {0};

	strbuf_printf(&name, "%s %s", event_type_name(mark->type), error ? error : tone_name(mark->tone));
	report_who(&who, mark->who.pid, mark->who.comm);
	if (mark->text)
		strbuf_escape(&text, mark->text, sizeof(((struct verdict *)0)->text));
	begin(writer, "i", name.data, mark->lane, ATTEMPTS_TID);
	jw_string(writer, "s", "t");
	jw_string(writer, "cat", tone_name(mark->tone));
	put_time(writer, "ts", since_start(timeline, mark->at_ns));
	jw_object(writer, "args");
	jw_string(writer, "who", who.data);
	jw_string(writer, "rule", mark->rule == RULE_NONE ? NULL : rule_name((enum rule_id)mark->rule));
	jw_string(writer, "because", text.data);
	jw_string(writer, "flags", mark->flags);
	jw_u64(writer, "seq", mark->seq);
	jw_object_end(writer);
	jw_object_end(writer);
	strbuf_free(&name);
	strbuf_free(&who);
	strbuf_free(&text);
}

static void put_gap(struct json_writer *writer, const struct timeline *timeline,
		    const struct timeline_gap *gap)
{
	begin(writer, "X", gap->text, gap->lane, GAPS_TID);
	put_time(writer, "ts", since_start(timeline, gap->from_ns));
	put_time(writer, "dur", gap->to_ns - gap->from_ns);
	jw_object_end(writer);
}

int report_perfetto(FILE *out, const struct timeline *timeline, const struct report_info *info)
{
	struct strbuf json = {0};
	struct json_writer writer;
	int err;

	jw_init(&writer, &json);
	jw_object(&writer, NULL);
	jw_string(&writer, "displayTimeUnit", "ms");
	jw_object(&writer, "otherData");
	jw_string(&writer, "host", info->start->host);
	jw_string(&writer, "kernel", info->start->kernel);
	jw_object_end(&writer);
	jw_array(&writer, "traceEvents");
	for (size_t i = 0; i < timeline->lane_count; i++)
		put_lane(&writer, timeline, i);
	for (size_t i = 0; i < timeline->span_count; i++)
		put_span(&writer, timeline, &timeline->spans[i]);
	for (size_t i = 0; i < timeline->mark_count; i++)
		put_mark(&writer, timeline, &timeline->marks[i]);
	for (size_t i = 0; i < timeline->gap_count; i++)
		put_gap(&writer, timeline, &timeline->gaps[i]);
	jw_array_end(&writer);
	jw_object_end(&writer);
	err = jw_finish(&writer);
	if (!err)
		err = strbuf_write(&json, out);
	strbuf_free(&json);
	return err;
}
