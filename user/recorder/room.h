/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bound of the recorder's file: how large the file and its log may be, and
 * which events go to make room.  Functions return 0 or a negative errno;
 * -EBUSY: a reader keeps the log from being emptied.
 */
#ifndef REUSETRACE_RECORDER_ROOM_H
#define REUSETRACE_RECORDER_ROOM_H

#include <sqlite3.h>

#include "recorder/recorder.h"

#define ROOM_PAGE 4096 /* bytes */

/*
 * What one row may change at most: a split in each of two trees, three
 * siblings and their parents.  The object's own pages come on top.
 */
#define ROOM_PAGES_A_ROW 16

struct room {
	sqlite3 *db; /* the recorder's */
	struct recorder_limits limits;
	uint64_t log_pages; /* of the -wal, at most */
	uint64_t log_used;
	uint64_t rows_at_once; /* that half of the log has room for, whatever they change */
	uint64_t pages;	       /* of the file, at most */
	int64_t prune_at_unix_ns;
};

void room_init(struct room *room, const struct recorder_limits *limits);

/* Of a file that was just opened: its log is put where it belongs, and it is made to obey the limits. */
int room_attach(struct room *room, sqlite3 *db);

/* The oldest events go until this many pages more fit; -EFBIG: they do not, whatever goes. */
int room_make(struct room *room, uint64_t pages);

/* Events that are older than the limit go; at most once a minute, it is no matter of seconds. */
int room_prune_old(struct room *room, int64_t now_unix_ns);

/* A transaction that adds at most so many pages to the log; it ends with a commit, or after an error without.
 */
int room_begin(struct room *room, uint64_t log_pages);
int room_finish(struct room *room, int err);

#endif
