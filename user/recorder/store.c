// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/store.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "model/text.h"

/* FULL is the disk: that a table is full is found out before it is written. */
int store_errno(sqlite3 *db, int code)
{
	static const struct {
		int code, err;
	} rows[] = {
		{SQLITE_OK, 0},
		{SQLITE_ROW, 0},
		{SQLITE_DONE, 0},
		{SQLITE_BUSY, -EBUSY},
		{SQLITE_LOCKED, -EBUSY},
		{SQLITE_NOMEM, -ENOMEM},
		{SQLITE_READONLY, -EROFS},
		{SQLITE_PERM, -EACCES},
		{SQLITE_AUTH, -EACCES},
		{SQLITE_CORRUPT, -EBADMSG},
		{SQLITE_NOTADB, -EBADMSG},
		{SQLITE_TOOBIG, -EFBIG},
		{SQLITE_FULL, -ENOSPC},
	};
	int system = db ? sqlite3_system_errno(db) : 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == (code & 0xff))
			return rows[i].err;
	return system ? -system : -EIO;
}

int store_fail(const char *path, int err, const char *what, char *error, size_t size)
{
	struct strbuf line = {.data = NULL};

	strbuf_escape(&line, path, strlen(path));
	snprintf(error, size, "%.300s: %s", line.data ? line.data : "-", what ? what : strerror(-err));
	strbuf_free(&line);
	return err;
}

int store_run(sqlite3 *db, const char *sql)
{
	return store_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int store_number(sqlite3 *db, const char *sql, sqlite3_int64 *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? -ENODATA : store_errno(db, code);
}

/*
 * The object is the truth; the columns are copies of its members to search by.
 * time_ns is nanoseconds since 1970.  port and address are those asked for where
 * the attempt was refused, the socket's otherwise.
 */
static const char schema[] =
	"CREATE TABLE run (id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, host TEXT, kernel TEXT,"
	" version TEXT, json TEXT NOT NULL);"
	"CREATE TABLE event (id INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" time_ns INTEGER NOT NULL, type TEXT NOT NULL, protocol TEXT, address TEXT, port INTEGER,"
	" pid INTEGER, comm TEXT, ok INTEGER, rule TEXT, json TEXT NOT NULL);"
	"CREATE INDEX event_port ON event (port, id);"
	"CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), run INTEGER, seq INTEGER,"
	" dropped INTEGER);"
	"INSERT INTO state VALUES (1, 0, 0, 0);"
	/* ---- common questions */
	"CREATE VIEW refusal AS SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', time_ns / 1e9, 'unixepoch') AS "
	"time,"
	" protocol, address, port, pid, comm, json_extract(json, '$.process.exe') AS exe,"
	" json_extract(json, '$.process.unit') AS unit, json_extract(json, '$.result.errno') AS errno, rule,"
	" json_extract(json, '$.verdict.text') AS because,"
	" json_extract(json, '$.holders[0].processes[0].pid') AS holder_pid,"
	" json_extract(json, '$.holders[0].processes[0].comm') AS holder_comm,"
	" json_extract(json, '$.verdict.fix[0]') AS fix"
	" FROM event WHERE ok = 0 AND type IN ('bind', 'listen', 'autobind');"
	"CREATE VIEW gap AS SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', time_ns / 1e9, 'unixepoch') AS time,"
	" protocol, address, port, pid, comm, json_extract(json, '$.gap.gap_ns') / 1e9 AS gap_s,"
	" json_extract(json, '$.gap.takeover') AS takeover,"
	" json_extract(json, '$.gap.before.pid') AS before_pid,"
	" json_extract(json, '$.gap.before.comm') AS before_comm, json_extract(json, '$.gap.text') AS text"
	" FROM event WHERE type = 'gap';"
	"CREATE VIEW tenure AS SELECT b.run, json_extract(b.json, '$.socket.id') AS socket, b.protocol, "
	"b.address,"
	" b.port, b.pid, b.comm, json_extract(b.json, '$.process.unit') AS unit,"
	" strftime('%Y-%m-%dT%H:%M:%fZ', b.time_ns / 1e9, 'unixepoch') AS since, b.type = 'holder' AS older,"
	" strftime('%Y-%m-%dT%H:%M:%fZ', coalesce((SELECT r.time_ns FROM event r WHERE r.run = b.run"
	" AND r.port = b.port AND r.id > b.id AND r.type = 'release'"
	" AND json_extract(r.json, '$.released') <> 'time-wait-begin'"
	" AND json_extract(r.json, '$.socket.id') = json_extract(b.json, '$.socket.id') LIMIT 1),"
	" (SELECT max(l.time_ns) FROM event l WHERE l.run = b.run AND b.run < (SELECT max(id) FROM run)))"
	" / 1e9, 'unixepoch') AS until"
	" FROM event b WHERE b.type = 'holder' OR (b.ok = 1 AND (b.type IN ('bind', 'autobind')"
	" OR (b.type = 'listen' AND json_extract(b.json, '$.facts.entry_port') IS NULL)));"
	"PRAGMA application_id = 1920234083; PRAGMA user_version = 1;";

_Static_assert(STORE_APPLICATION_ID == 1920234083 && STORE_VERSION == 1, "the schema says so, too");

int store_make(sqlite3 *db)
{
	int err = store_run(db, "BEGIN IMMEDIATE");

	if (!err)
		err = store_run(db, schema);
	if (!err)
		err = store_run(db, "COMMIT");
	if (err)
		(void)store_run(db, "ROLLBACK");
	return err;
}

int store_check(sqlite3 *db)
{
	sqlite3_int64 id = 0, version = 0;
	int err = store_number(db, "PRAGMA application_id", &id);

	if (!err)
		err = store_number(db, "PRAGMA user_version", &version);
	if (err)
		return err;
	if (id != STORE_APPLICATION_ID)
		return -EBADMSG;
	return version == STORE_VERSION ? 0 : -ENOTSUP;
}
