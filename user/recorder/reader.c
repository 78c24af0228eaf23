// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/recorder.h"
#include "recorder/store.h"

#define ROWS_AT_ONCE 128
#define BUSY_MS	     2000

struct kept {
	char *line;
	size_t length;
};

struct recorder_reader {
	sqlite3 *db;
	char *path;
	struct recorder_query query;
	struct kept kept[ROWS_AT_ONCE];
	size_t count, at;
	sqlite3_int64 last; /* id of the last one that was read */
	sqlite3_int64 run;  /* of all that are kept */
	char *start;	    /* of that run */
	size_t start_length;
	bool ended;
};

static const char *words(int err)
{
	switch (err) {
	case -ENOENT:
		return "is not there: `reusetrace record` makes it (reusetrace-record.service)";
	case -EBADMSG:
		return "is no recording of reusetrace or is damaged";
	case -ENOTSUP:
		return "was made by another version of reusetrace";
	case -EACCES:
	case -EROFS:
		return "may not be read by this user: try sudo";
	default:
		return NULL;
	}
}

static int fail(const struct recorder_reader *reader, int err, char error[RECORDER_ERROR_LEN])
{
	return store_fail(reader->path ? reader->path : "-", err, words(err), error, RECORDER_ERROR_LEN);
}

int recorder_reader_open(const char *path, struct recorder_reader **ret_reader,
			 char error[RECORDER_ERROR_LEN])
{
	struct recorder_reader *reader = calloc(1, sizeof(*reader));
	int err, code;

	if (!reader)
		return store_fail(path, -ENOMEM, NULL, error, RECORDER_ERROR_LEN);
	reader->path = strdup(path);
	code = sqlite3_open_v2(path, &reader->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
	err = store_errno(reader->db, code);
	if (!err) {
		sqlite3_busy_timeout(reader->db, BUSY_MS);
		err = store_check(reader->db);
	}
	if (err) {
		(void)fail(reader, err, error);
		recorder_reader_free(reader);
		return err;
	}
	*ret_reader = reader;
	return 0;
}

static void forget(struct recorder_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++)
		free(reader->kept[i].line);
	reader->count = reader->at = 0;
}

void recorder_reader_free(struct recorder_reader *reader)
{
	if (!reader)
		return;
	forget(reader);
	sqlite3_close(reader->db);
	free(reader->start);
	free(reader->path);
	free(reader);
}

void recorder_ask(struct recorder_reader *reader, const struct recorder_query *query)
{
	forget(reader);
	reader->query = *query;
	reader->last = 0;
	reader->ended = false;
}

static int prepare(struct recorder_reader *reader, const char *sql, sqlite3_stmt **ret_statement)
{
	return store_errno(reader->db, sqlite3_prepare_v2(reader->db, sql, -1, ret_statement, NULL));
}

/* The port is by the index, which has the ids in order. */
static int ask(struct recorder_reader *reader, sqlite3_stmt **ret_statement)
{
	char sql[256];
	const struct recorder_query *query = &reader->query;
	int err;

	snprintf(sql, sizeof(sql),
		 "SELECT id, run, json FROM event WHERE id > ?1 AND time_ns >= ?2%s%s ORDER BY id LIMIT %d",
		 query->run ? " AND run = ?3" : "", query->port ? " AND port = ?4" : "", ROWS_AT_ONCE);
	err = prepare(reader, sql, ret_statement);
	if (err)
		return err;
	sqlite3_bind_int64(*ret_statement, 1, reader->last);
	sqlite3_bind_int64(*ret_statement, 2, query->since_unix_ns);
	if (query->run)
		sqlite3_bind_int64(*ret_statement, 3, (sqlite3_int64)query->run);
	if (query->port)
		sqlite3_bind_int(*ret_statement, 4, query->port);
	return 0;
}

/* A copy with a NUL behind it. */
static char *copy_column(sqlite3_stmt *statement, int column, size_t *ret_length)
{
	const void *text = sqlite3_column_blob(statement, column);
	size_t length = (size_t)sqlite3_column_bytes(statement, column);
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	*ret_length = length;
	return copy;
}

static int take_start(struct recorder_reader *reader, sqlite3_int64 run)
{
	sqlite3_stmt *statement = NULL;
	int code, err = prepare(reader, "SELECT json FROM run WHERE id = ?1", &statement);
	char *start = NULL;
	size_t length = 0;

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, run);
	code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		start = copy_column(statement, 0, &length);
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? -EBADMSG : store_errno(reader->db, code);
	if (!start)
		return -ENOMEM;
	free(reader->start);
	reader->start = start;
	reader->start_length = length;
	reader->run = run;
	return 0;
}

/* 1: it is kept; 0: it is of another run, whose turn is next; or a negative errno. */
static int keep(struct recorder_reader *reader, sqlite3_stmt *statement)
{
	struct kept *kept = &reader->kept[reader->count];
	sqlite3_int64 run = sqlite3_column_int64(statement, 1);
	int err = 0;

	if (reader->count && run != reader->run)
		return 0;
	if (!reader->start || run != reader->run)
		err = take_start(reader, run);
	if (err)
		return err;
	kept->line = copy_column(statement, 2, &kept->length);
	if (!kept->line)
		return -ENOMEM;
	reader->last = sqlite3_column_int64(statement, 0);
	reader->count++;
	return 1;
}

/* The next events of one run, until there is no more or as many as are kept. */
static int read_some(struct recorder_reader *reader)
{
	sqlite3_stmt *statement = NULL;
	int code = SQLITE_ROW, n = 1, err = ask(reader, &statement);

	while (!err && n > 0 && (code = sqlite3_step(statement)) == SQLITE_ROW)
		n = keep(reader, statement);
	if (!err)
		err = n < 0 ? n : store_errno(reader->db, code);
	reader->ended = code == SQLITE_DONE && reader->count < ROWS_AT_ONCE;
	sqlite3_finalize(statement);
	return err;
}

/* Which run is the newest one is found out once: while it is read, a newer one may begin. */
static int find_newest(struct recorder_reader *reader)
{
	sqlite3_int64 run = 0;
	int err;

	if (reader->query.run != RECORDER_NEWEST_RUN)
		return 0;
	err = store_number(reader->db, "SELECT coalesce(max(id), 0) FROM run", &run);
	if (err)
		return err;
	reader->query.run = (uint64_t)run;
	reader->ended = !run;
	return 0;
}

/* So does where the last ones of a port begin; there are fewer of them than asked for: all. */
static int find_last(struct recorder_reader *reader)
{
	char sql[128];
	sqlite3_int64 first = 1;
	int err;

	if (!reader->query.last)
		return 0;
	snprintf(sql, sizeof(sql),
		 "SELECT coalesce((SELECT id FROM event WHERE port = %u ORDER BY id DESC LIMIT 1 OFFSET %u), "
		 "1)",
		 reader->query.port, reader->query.last - 1);
	err = store_number(reader->db, sql, &first);
	if (err)
		return err;
	reader->last = first - 1;
	reader->query.last = 0;
	return 0;
}

/* One transaction, short: a run that is pruned meanwhile is there with its start or not at all. */
static int fill(struct recorder_reader *reader)
{
	int err = store_run(reader->db, "BEGIN");

	forget(reader);
	if (err)
		return err;
	err = find_newest(reader);
	if (!err)
		err = find_last(reader);
	if (!err && !reader->ended)
		err = read_some(reader);
	(void)store_run(reader->db, "COMMIT");
	return err;
}

int recorder_next(struct recorder_reader *reader, struct recorded_line *ret_line,
		  char error[RECORDER_ERROR_LEN])
{
	const struct kept *kept;
	int err;

	if (reader->at == reader->count) {
		if (reader->ended)
			return 0;
		err = fill(reader);
		if (err)
			return fail(reader, err, error);
		if (!reader->count)
			return 0;
	}
	kept = &reader->kept[reader->at++];
	*ret_line = (struct recorded_line){
		.run = (uint64_t)reader->run,
		.start = reader->start,
		.start_length = reader->start_length,
		.line = kept->line,
		.length = kept->length,
	};
	return 1;
}
