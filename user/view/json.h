/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NDJSON, schema reusetrace/1: one line per object.  What is unknown is null. */
#ifndef REUSETRACE_VIEW_JSON_H
#define REUSETRACE_VIEW_JSON_H

#include "view/json_writer.h"
#include "view/view.h"

#define JSON_SCHEMA "reusetrace/1"

/* Each writes one line into the writer's buffer and returns what jw_finish() does. */
int json_event(struct json_writer *writer, const struct event *event, const struct clock_base *clock,
	       const struct policy *policy);
int json_start(struct json_writer *writer, const struct start_info *info, const struct clock_base *clock);
int json_lost(struct json_writer *writer, const struct end_info *info, const struct clock_base *clock);
int json_end(struct json_writer *writer, const struct end_info *info, const struct clock_base *clock);

/* Parts of them, for other objects. */
void json_head(struct json_writer *writer, const char *type, uint64_t time_ns, uint64_t seq,
	       const struct clock_base *clock);
void json_policy(struct json_writer *writer, const char *name, const struct policy *policy);

/* A number of which one value means "unknown" or "none". */
void json_u64_unless(struct json_writer *writer, const char *name, uint64_t value, uint64_t absent);
/* null for 0 */
void json_time(struct json_writer *writer, const char *name, uint64_t time_ns, unsigned int decimals,
	       const struct clock_base *clock);
void json_id(struct json_writer *writer, uint64_t id);
void json_address(struct json_writer *writer, const char *name, const struct address *address);
void json_endpoint(struct json_writer *writer, const char *name, const struct address *address,
		   uint16_t port);

#endif
