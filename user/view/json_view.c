// SPDX-License-Identifier: GPL-2.0-or-later
/* The objects that are not events, and the view. */
#include <stdlib.h>
#include "view/json.h"
#include "view/json_findings.h"

struct json_view {
	struct view view;
	struct view_config config;
	struct strbuf line;
	FILE *out;
};

static void put_strings(struct json_writer *writer, const char *name, const char *const strings[],
			size_t count)
{
	jw_array(writer, name);
	for (size_t i = 0; i < count; i++)
		jw_string(writer, NULL, strings[i]);
	jw_array_end(writer);
}

int json_start(struct json_writer *writer, const struct start_info *info, const struct clock_base *clock)
{
	jw_object(writer, NULL);
	json_head(writer, "start", info->time_ns, info->seq, clock);
	jw_string(writer, "version", info->version);
	jw_string(writer, "host", info->host);
	jw_string(writer, "kernel", info->kernel);
	jw_u64_string(writer, "boot_unix_nano",
		      clock->boot_to_real_ns < 0 ? 0 : (uint64_t)clock->boot_to_real_ns);
	json_policy(writer, "policy", info->policy);
	jw_array(writer, "probes");
	for (size_t i = 0; i < info->probe_count; i++) {
		jw_object(writer, NULL);
		jw_string(writer, "name", info->probes[i].name);
		jw_string(writer, "how", info->probes[i].how);
		jw_bool(writer, "fired", info->probes[i].fired);
		jw_object_end(writer);
	}
	jw_array_end(writer);
	put_strings(writer, "filters", info->filters, info->filter_count);
	jw_object_end(writer);
	return jw_finish(writer);
}

static void put_deliveries(struct json_writer *writer, const struct end_info *info)
{
	if (!info->deliveries)
		return;
	jw_array(writer, "deliveries");
	for (size_t i = 0; i < info->delivery_count; i++)
		json_delivery_total(writer, &info->deliveries[i]);
	jw_array_end(writer);
}

static int put_totals(struct json_writer *writer, const char *type, const struct end_info *info,
		      const struct clock_base *clock)
{
	jw_object(writer, NULL);
	json_head(writer, type, info->time_ns, info->seq, clock);
	jw_object(writer, "records");
	jw_u64(writer, "reserved", info->reserved);
	jw_u64(writer, "sent", info->sent);
	jw_u64(writer, "printed", info->printed);
	jw_u64(writer, "bytes", info->bytes);
	jw_object_end(writer);
	put_deliveries(writer, info);
	jw_object(writer, "lost");
	jw_u64(writer, "ring", info->lost_ring);
	jw_u64(writer, "map", info->lost_map);
	jw_u64(writer, "recursion", info->lost_recursion);
	jw_u64(writer, "missed", info->lost_missed);
	jw_u64(writer, "exits", info->lost_exits);
	jw_u64(writer, "options", info->lost_options);
	jw_u64(writer, "decode", info->lost_decode);
	jw_object_end(writer);
	jw_object_end(writer);
	return jw_finish(writer);
}

int json_lost(struct json_writer *writer, const struct end_info *info, const struct clock_base *clock)
{
	return put_totals(writer, "lost", info, clock);
}

int json_end(struct json_writer *writer, const struct end_info *info, const struct clock_base *clock)
{
	return put_totals(writer, "end", info, clock);
}

static int write_line(struct json_view *json, int error)
{
	if (error)
		strbuf_reset(&json->line);
	return error ? error : strbuf_write(&json->line, json->out);
}

static int view_start(struct view *view, const struct start_info *info)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer writer;

	jw_init(&writer, &json->line);
	return write_line(json, json_start(&writer, info, &json->config.clock));
}

static int view_event(struct view *view, const struct event *event)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer writer;

	jw_init(&writer, &json->line);
	return write_line(json, json_event(&writer, event, &json->config.clock, json->config.policy));
}

static int view_lost(struct view *view, const struct end_info *info)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer writer;

	jw_init(&writer, &json->line);
	return write_line(json, json_lost(&writer, info, &json->config.clock));
}

static int view_end(struct view *view, const struct end_info *info)
{
	struct json_view *json = (struct json_view *)view;
	struct json_writer writer;

	jw_init(&writer, &json->line);
	return write_line(json, json_end(&writer, info, &json->config.clock));
}

static void view_release(struct view *view)
{
	struct json_view *json = (struct json_view *)view;

	strbuf_free(&json->line);
	free(json);
}

static const struct view_ops json_view_ops = {
	.start = view_start,
	.event = view_event,
	.lost = view_lost,
	.end = view_end,
	.free = view_release,
};

struct view *json_view_new(FILE *out, const struct view_config *config)
{
	struct json_view *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->view.ops = &json_view_ops;
	json->config = *config;
	json->out = out;
	return &json->view;
}
