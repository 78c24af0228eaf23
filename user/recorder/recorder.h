/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flight recorder's file: one SQLite database (WAL, synchronous=FULL) with
 * the last events, bounded by size and age.  docs/recorder.md says
 * what is in it; store.c makes it.
 *
 * What was committed survives SIGKILL and power loss.  The bound holds for the
 * file, its -wal and its -shm together: the oldest events make room, and what
 * still does not fit waits in memory, up to RECORDER_WAITING_BYTES, then it is
 * dropped and counted.  One process at a time writes; any number read.
 */
#ifndef REUSETRACE_RECORDER_RECORDER_H
#define REUSETRACE_RECORDER_RECORDER_H

#include "model/event.h"
#include "view/view.h"

#define RECORDER_PATH	       "/var/lib/reusetrace/events.db"
#define RECORDER_ERROR_LEN     512
#define RECORDER_MIN_BYTES     (8ULL << 20)
#define RECORDER_WAITING_BYTES (8U << 20)
#define RECORDER_LINE_MOST     (1U << 20) /* a longer object is dropped and counted */

struct recorder_limits {
	uint64_t bytes;	 /* at least RECORDER_MIN_BYTES */
	uint64_t age_ns; /* 0: no limit */
};

struct recorder;

/*
 * Opens the file or makes it, and makes it obey the limits.  -EALREADY: another
 * recorder writes it.  A full disk, one that is read-only and a reader that keeps
 * the log from being emptied are no errors here: recorder_commit() tries again
 * and says so.  error[] has a line without the
 * program's name, safe to print.
 */
int recorder_open(const char *path, const struct recorder_limits *limits, struct recorder **ret_recorder,
		  char error[RECORDER_ERROR_LEN]);
void recorder_free(struct recorder *recorder); /* without a commit; NULL is allowed */

/* The run begins: its start object. */
int recorder_start(struct recorder *recorder, const struct start_info *info, const struct clock_base *clock,
		   const char *line, size_t length);

/* An event and its object, without the newline.  0 or -ENOMEM, then it is dropped and counted. */
int recorder_add(struct recorder *recorder, const struct event *event, const char *line, size_t length);

/* Any other object of a recording (lost, end). */
int recorder_add_totals(struct recorder *recorder, const char *type, const struct end_info *info,
			const char *line, size_t length);

/*
 * Commits what waits, and drops what is too old; the time is by the clock that
 * recorder_start() was given, which nobody sets meanwhile.  0, or a negative errno after which all of it
 * waits on: -ENOSPC, -EROFS, -EBUSY (a reader keeps the log from being emptied), -EFBIG (it does not fit the
 * bound), -EBADMSG (the file is damaged), ...
 */
int recorder_commit(struct recorder *recorder, int64_t now_unix_ns);

struct recorder_state {
	uint64_t run;	  /* number of this run in the file */
	uint64_t seq;	  /* of the last event that is committed, 0: none */
	uint64_t waiting; /* events */
	uint64_t dropped; /* in this run */
};

struct recorder_state recorder_state(const struct recorder *recorder);

/* ---- reading, also while it is written */

struct recorder_reader;

struct recorder_query {
	uint16_t port;	       /* 0: all */
	int64_t since_unix_ns; /* 0: all */
	uint64_t run;	       /* 0: all */
	unsigned int last;     /* of the port, only so many, the newest; 0: all */
};

#define RECORDER_NEWEST_RUN UINT64_MAX /* when it is asked: not one that begins while it is read */

struct recorded_line {
	uint64_t run;
	const char *start; /* the run's start object */
	const char *line;  /* the event's object */
	size_t start_length, length;
};

int recorder_reader_open(const char *path, struct recorder_reader **ret_reader,
			 char error[RECORDER_ERROR_LEN]);
void recorder_reader_free(struct recorder_reader *reader); /* NULL is allowed */

void recorder_ask(struct recorder_reader *reader, const struct recorder_query *query);

/*
 * 1 and the next object that was asked for, in the order in which they were
 * recorded, valid until the next call; 0 behind the last; or a negative errno.
 * Events that are pruned meanwhile are passed over.  No transaction is open
 * between two calls: whoever reads slowly, in a pager, never holds up the writer.
 */
int recorder_next(struct recorder_reader *reader, struct recorded_line *ret_line,
		  char error[RECORDER_ERROR_LEN]);

#endif
