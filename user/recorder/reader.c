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
	sqlite3_int64 id, run;
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
	sqlite3_int64 run;
	char *start; /* of that run */
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

/* The port is by the index, which has the ids in order. */
static int ask(struct recorder_reader *reader, sqlite3_stmt **ret_statement)
{
	char sql[256];
	const struct recorder_query *query = &reader->query;

	snprintf(sql, sizeof(sql),
		 "SELECT id, run, json FROM event WHERE id > %lld AND time_ns >= %" PRId64 "%s%s"
		 " ORDER BY id LIMIT %d",
		 (long long)reader->last, query->since_unix_ns,
		 query->last_run ? " AND run = (SELECT max(id) FROM run)" : "",
		 query->port ? " AND port = ?1" : "", ROWS_AT_ONCE);
	int code = sqlite3_prepare_v2(reader->db, sql, -1, ret_statement, NULL);

	if (code == SQLITE_OK && query->port)
		sqlite3_bind_int(*ret_statement, 1, query->port);
	return store_errno(reader->db, code);
}

static int keep(struct recorder_reader *reader, sqlite3_stmt *statement)
{
	struct kept *kept = &reader->kept[reader->count];
	const void *line = sqlite3_column_blob(statement, 2);
	size_t length = (size_t)sqlite3_column_bytes(statement, 2);

	kept->id = sqlite3_column_int64(statement, 0);
	kept->run = sqlite3_column_int64(statement, 1);
	kept->line = malloc(length + 1);
	if (!kept->line)
		return -ENOMEM;
	if (length)
		memcpy(kept->line, line, length);
	kept->line[length] = '\0';
	kept->length = length;
	reader->last = kept->id;
	reader->count++;
	return 0;
}

static int fill(struct recorder_reader *reader)
{
	sqlite3_stmt *statement = NULL;
	int code = SQLITE_ROW, err = ask(reader, &statement);

	forget(reader);
	while (!err && (code = sqlite3_step(statement)) == SQLITE_ROW)
		err = keep(reader, statement);
	if (!err)
		err = store_errno(reader->db, code);
	sqlite3_finalize(statement);
	reader->ended = reader->count < ROWS_AT_ONCE;
	return err;
}

static int take_start(struct recorder_reader *reader, sqlite3_int64 run)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(reader->db, "SELECT json FROM run WHERE id = ?1", -1, &statement, NULL);
	char *start = NULL;

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, run);
		code = sqlite3_step(statement);
	}
	if (code == SQLITE_ROW) {
		const void *text = sqlite3_column_blob(statement, 0);
		size_t length = (size_t)sqlite3_column_bytes(statement, 0);

		start = text ? strndup(text, length) : NULL;
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? -EBADMSG : store_errno(reader->db, code);
	if (!start)
		return -ENOMEM;
	free(reader->start);
	reader->start = start;
	reader->start_length = strlen(start);
	reader->run = run;
	return 0;
}

int recorder_next(struct recorder_reader *reader, struct recorded_line *ret_line,
		  char error[RECORDER_ERROR_LEN])
{
	const struct kept *kept;
	int err = 0;

	if (reader->at == reader->count) {
		if (reader->ended)
			return 0;
		err = fill(reader);
		if (err)
			return fail(reader, err, error);
		if (!reader->count)
			return 0;
	}
	kept = &reader->kept[reader->at];
	if (!reader->start || reader->run != kept->run)
		err = take_start(reader, kept->run);
	if (err)
		return fail(reader, err, error);
	reader->at++;
	*ret_line = (struct recorded_line){
		.run = (uint64_t)kept->run,
		.start = reader->start,
		.start_length = reader->start_length,
		.line = kept->line,
		.length = kept->length,
	};
	return 1;
}
