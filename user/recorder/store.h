/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What writing and reading the recorder's file share. */
#ifndef REUSETRACE_RECORDER_STORE_H
#define REUSETRACE_RECORDER_STORE_H

#include <sqlite3.h>
#include <stddef.h>

/* "rtrc", what file(1) and we know it by; and the version of the schema. */
#define STORE_APPLICATION_ID 0x72747263
#define STORE_VERSION	     1

/* A result code of SQLite, and errno where it kept one, as a negative errno. */
int store_errno(sqlite3 *db, int code);

/* "/var/lib/x.db: no space left on device", safe to print; returns err. */
int store_fail(const char *path, int err, const char *what, char *error, size_t size);

/* Statements without results: 0 or a negative errno. */
int store_run(sqlite3 *db, const char *sql);
int store_number(sqlite3 *db, const char *sql, sqlite3_int64 *ret_number);

/* A new file's tables; -EBADMSG for a file that is something else, -ENOTSUP for another version. */
int store_make(sqlite3 *db);
int store_check(sqlite3 *db);

#endif
