// SPDX-License-Identifier: GPL-2.0-or-later
/* reusetrace record: the flight recorder. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/trace.h"
#include "linux/clock.h"
#include "recorder/recorder.h"
#include "view/json.h"

#define DEFAULT_BYTES (64ULL << 20)
#define RETRY_NS      1000000000LL
#define WAITING_MOST  256 /* events; more come at once with the sockets that are there at the start */

/* A view whose lines go into the recorder's file. */
struct record {
	struct view view;
	const struct config *config;
	const char *path;
	struct view_config view_config;
	struct recorder *recorder;
	struct strbuf line;
	int failing;	     /* the error that was told, 0: all is well */
	int64_t retry_at_ns; /* CLOCK_BOOTTIME */
	uint64_t published;  /* seq of the last commit that was told of */
};

/* ---- the view: objects into the recorder */

static int record_start(struct view *view, const struct start_info *info)
{
	struct record *record = (struct record *)view;
	struct json_writer writer;
	int err;

	jw_init(&writer, &record->line);
	err = json_start(&writer, info, &record->view_config.clock);
	if (!err)
		err = recorder_start(record->recorder, info, &record->view_config.clock, record->line.data,
				     record->line.length - 1);
	strbuf_reset(&record->line);
	return err;
}

static void commit(struct record *record, bool is_last);

/* What finds no room is dropped and counted: the trace goes on. */
static int record_event(struct view *view, const struct event *event)
{
	struct record *record = (struct record *)view;
	struct json_writer writer;

	jw_init(&writer, &record->line);
	if (!json_event(&writer, event, &record->view_config.clock, record->view_config.policy))
		(void)recorder_add(record->recorder, event, record->line.data, record->line.length - 1);
	strbuf_reset(&record->line);
	if (recorder_state(record->recorder).waiting >= WAITING_MOST)
		commit(record, false);
	return 0;
}

static int record_totals(struct record *record, const char *type, const struct end_info *info,
			 int (*write)(struct json_writer *writer, const struct end_info *info,
				      const struct clock_base *clock))
{
	struct json_writer writer;

	jw_init(&writer, &record->line);
	if (!write(&writer, info, &record->view_config.clock))
		(void)recorder_add_totals(record->recorder, type, info, record->line.data,
					  record->line.length - 1);
	strbuf_reset(&record->line);
	return 0;
}

static int record_lost(struct view *view, const struct end_info *info)
{
	return record_totals((struct record *)view, "lost", info, json_lost);
}

static int record_end(struct view *view, const struct end_info *info)
{
	return record_totals((struct record *)view, "end", info, json_end);
}

static void record_release(struct view *view)
{
	(void)view; /* record_run()'s */
}

static const struct view_ops record_ops = {
	.start = record_start,
	.event = record_event,
	.lost = record_lost,
	.end = record_end,
	.free = record_release,
};

static struct view *open_view(void *context, const struct view_config *config)
{
	struct record *record = context;

	record->view.ops = &record_ops;
	record->view_config = *config;
	return &record->view;
}

/* ---- commits */

static void tell_failure(struct record *record, int err)
{
	const char *what = err == -EBUSY      ? "a reader keeps its log from being emptied"
			   : err == -EALREADY ? "another recorder writes it"
			   : err == -EFBIG    ? "does not fit --max-size"
					      : strerror(-err);

	if (record->failing == err)
		return;
	record->failing = err;
	fprintf(stderr, "reusetrace: %s: %s; the trace goes on, events wait in memory\n", record->path, what);
}

static void tell_recovery(struct record *record)
{
	uint64_t dropped = recorder_state(record->recorder).dropped;

	if (!record->failing)
		return;
	record->failing = 0;
	fprintf(stderr, "reusetrace: %s: recording again, %" PRIu64 " events were dropped\n", record->path,
		dropped);
}

/* With -j, an object a commit: who reads it knows what no crash can take away. */
static void publish(struct record *record)
{
	struct recorder_state state = recorder_state(record->recorder);

	if (!record->config->json || state.seq == record->published)
		return;
	record->published = state.seq;
	printf("{\"schema\":\"" JSON_SCHEMA "\",\"type\":\"commit\",\"run\":%" PRIu64 ",\"seq\":%" PRIu64
	       ",\"dropped\":%" PRIu64 "}\n",
	       state.run, state.seq, state.dropped);
	(void)fflush(stdout);
}

static void commit(struct record *record, bool is_last)
{
	int64_t now = (int64_t)boot_ns();
	int err;

	if (record->failing && now < record->retry_at_ns && !is_last)
		return;
	err = recorder_commit(record->recorder, now + record->view_config.clock.boot_to_real_ns);
	if (err) {
		record->retry_at_ns = now + RETRY_NS;
		tell_failure(record, err);
	} else {
		tell_recovery(record);
	}
	publish(record);
}

static void idle(void *context)
{
	commit(context, false);
}

static int record_run(const struct config *config)
{
	struct record record = {.config = config,
				.path = config->database ? config->database : RECORDER_PATH};
	const struct trace_sink sink = {.context = &record, .open = open_view, .idle = idle};
	const struct recorder_limits limits = {.bytes = config->max_bytes ? config->max_bytes : DEFAULT_BYTES,
					       .age_ns = config->max_age_ns};
	char error[RECORDER_ERROR_LEN];
	uint64_t left;
	int status;

	if (recorder_open(record.path, &limits, &record.recorder, error))
		return complain(error);
	status = trace_to(config, &sink);
	commit(&record, true);
	left = recorder_state(record.recorder).waiting;
	if (left)
		fprintf(stderr, "reusetrace: %s: the last %" PRIu64 " events are not in it\n", record.path,
			left);
	strbuf_free(&record.line);
	recorder_free(record.recorder);
	return !status && left ? EXIT_RUNTIME : status;
}

const struct command_info record_command = {
	.bit = COMMAND_RECORD,
	.name = "record",
	.summary = "record [OPTIONS]        the flight recorder: keep the last events in a file",
	.help_head = "Usage: reusetrace record [OPTIONS]\n"
		     "\n"
		     "Keep the last events in one SQLite file of a bounded size, until ^C.  `reusetrace\n"
		     "history` reads it meanwhile.  What was committed survives a crash.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace record                         into " RECORDER_PATH "\n"
		     "  reusetrace record --max-size 1G --max-age 30d\n"
		     "  systemctl enable --now reusetrace-record  as a service\n",
	.help_tail = "\n"
		     "With -j, standard output has an object of type commit for each commit: events up to\n"
		     "its seq are on disk.  When the disk is full or read-only, one line says so, the trace\n"
		     "goes on, and events wait in memory for as long as there is room for them.\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, 2 usage, 3 not permitted, 4 the kernel lacks something.\n",
	.run = record_run,
};
