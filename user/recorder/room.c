// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/room.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "recorder/store.h"

#define FRAME	       (ROOM_PAGE + 24) /* of the -wal: a page and its header */
#define SHM_REGION     32768		/* of the -shm: for 4,062 frames */
#define SHM_FRAMES     4062
#define LOG_BYTES_MOST (16U << 20)
#define PRUNE_NS       INT64_C(60000000000)

static uint64_t shm_bytes(uint64_t frames)
{
	return (frames / SHM_FRAMES + 2) * SHM_REGION;
}

/* A quarter is the log's, at most 16 MiB; the rest, without the index of the log, is the file's. */
void room_init(struct room *room, const struct recorder_limits *limits)
{
	uint64_t log = limits->bytes / 4;

	log = log < LOG_BYTES_MOST ? log : LOG_BYTES_MOST;
	*room = (struct room){.limits = *limits, .log_pages = log / FRAME};
	room->rows_at_once = room->log_pages / 2 / ROOM_PAGES_A_ROW;
	room->pages = (limits->bytes - log - shm_bytes(room->log_pages)) / ROOM_PAGE;
}

/* ---- the log */

static int note_log(void *context, sqlite3 *db, const char *name, int pages)
{
	struct room *room = context;

	(void)db, (void)name;
	room->log_used = (uint64_t)pages;
	return SQLITE_OK;
}

/* The log begins anew once all of it is in the file and nobody reads from it. */
static int empty_log(struct room *room)
{
	int code = sqlite3_wal_checkpoint_v2(room->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);

	if (code == SQLITE_OK)
		room->log_used = 0;
	return store_errno(room->db, code);
}

static int log_room(struct room *room, uint64_t pages)
{
	return room->log_used + pages > room->log_pages ? empty_log(room) : 0;
}

int room_begin(struct room *room, uint64_t log_pages)
{
	int err = log_room(room, log_pages);

	return err ? err : store_run(room->db, "BEGIN IMMEDIATE");
}

int room_finish(struct room *room, int err)
{
	if (!err)
		err = store_run(room->db, "COMMIT");
	if (err)
		(void)store_run(room->db, "ROLLBACK");
	return err;
}

/*
 * What a killed recorder left in the log is put where it belongs, and both files
 * are cut.  While somebody reads, the log stays, and its room is taken.
 */
static int settle(struct room *room)
{
	int frames = 0;
	int code = sqlite3_wal_checkpoint_v2(room->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &frames, NULL);

	room->log_used = frames > 0 ? (uint64_t)frames : 0;
	return code == SQLITE_BUSY ? 0 : store_errno(room->db, code);
}

/* ---- the file */

/* The events of which a condition on (id, time_ns) is true among the oldest ones; their number or a negative
 * errno. */
static int prune(struct room *room, const char *condition)
{
	char sql[512];
	int err = room_begin(room, room->rows_at_once * ROOM_PAGES_A_ROW), count = 0;

	if (err)
		return err;
	snprintf(sql, sizeof(sql),
		 "DELETE FROM event WHERE id IN (SELECT id FROM (SELECT id, time_ns FROM event ORDER BY id"
		 " LIMIT %" PRIu64 ") WHERE %s)",
		 room->rows_at_once, condition);
	err = store_run(room->db, sql);
	if (!err)
		count = sqlite3_changes(room->db);
	if (!err && count)
		err = store_run(room->db, "DELETE FROM run WHERE id < (SELECT min(run) FROM event)");
	err = room_finish(room, err);
	return err ? err : count;
}

static int used_pages(struct room *room, uint64_t *ret_used, uint64_t *ret_free)
{
	sqlite3_int64 count = 0, unused = 0;
	int err = store_number(room->db, "PRAGMA page_count", &count);

	if (!err)
		err = store_number(room->db, "PRAGMA freelist_count", &unused);
	*ret_used = (uint64_t)(count - unused);
	*ret_free = (uint64_t)unused;
	return err;
}

int room_make(struct room *room, uint64_t pages)
{
	uint64_t used, unused;
	int n = 1, err;

	for (;;) {
		err = used_pages(room, &used, &unused);
		if (err || used + pages <= room->pages)
			return err;
		n = prune(room, "1");
		if (n <= 0)
			return n ? n : -EFBIG;
	}
}

/*
 * The first event that is not of the future, if it is old: so is all that was
 * recorded before it, whatever its times say.  A clock was ahead then.
 */
static int first_old(struct room *room, int64_t now_unix_ns, int64_t before_unix_ns, sqlite3_int64 *ret_id)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT coalesce((SELECT iif(time_ns < %" PRId64
		 ", id, 0) FROM event WHERE time_ns <= %" PRId64 " ORDER BY id LIMIT 1), 0)",
		 before_unix_ns, now_unix_ns);
	return store_number(room->db, sql, ret_id);
}

int room_prune_old(struct room *room, int64_t now_unix_ns)
{
	int64_t age = (int64_t)room->limits.age_ns, before = now_unix_ns - age;
	sqlite3_int64 id = 0;
	char condition[96];
	int n = 1;

	if (!age || now_unix_ns < room->prune_at_unix_ns)
		return 0;
	while (n > 0) {
		n = first_old(room, now_unix_ns, before, &id);
		snprintf(condition, sizeof(condition), "id < %lld OR time_ns < %" PRId64, (long long)id,
			 before);
		if (!n && id)
			n = prune(room, condition);
	}
	if (!n)
		room->prune_at_unix_ns = now_unix_ns + (age / 1000 < PRUNE_NS ? age / 1000 : PRUNE_NS);
	return n;
}

/* A file that was made with a larger bound gives back what it has too much. */
static int shrink(struct room *room)
{
	char sql[64];
	uint64_t used, unused, before = 0;
	int err = room_make(room, room->pages / 8);

	while (!err) {
		err = used_pages(room, &used, &unused);
		if (err || !unused || used + unused <= room->pages)
			break;
		if (before == unused) /* somebody turned auto_vacuum off */
			return -EFBIG;
		before = unused;
		snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%" PRIu64 ")", room->log_pages / 4);
		err = log_room(room, room->log_pages / 2);
		if (!err)
			err = store_run(room->db, sql);
	}
	snprintf(sql, sizeof(sql), "PRAGMA max_page_count = %" PRIu64, room->pages);
	return err ? err : store_run(room->db, sql);
}

int room_attach(struct room *room, sqlite3 *db)
{
	int err;

	room->db = db;
	sqlite3_wal_hook(db, note_log, room); /* wal_autocheckpoint is one, too */
	err = settle(room);
	if (!err)
		err = shrink(room);
	return err ? err : settle(room);
}
