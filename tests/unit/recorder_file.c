/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recorder_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct recorder_limits small = {.bytes = RECORDER_MIN_BYTES};
const struct start_info start_info = {.host = "here", .kernel = "6.12", .version = "0.1", .policy = &kept};
/* In memory, where there is room for it: what a disk does at fsync() is not what is tested here. */
char path[80];
static char directory[64];

int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "%s/test-recorder-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/events.db", directory);
	return 0;
}

static void remove_file(const char *suffix)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	(void)unlink(name);
}

int tear_down(void **state)
{
	(void)state;
	remove_file("");
	remove_file("-wal");
	remove_file("-shm");
	return rmdir(directory);
}

uint64_t size_of(const char *suffix)
{
	char name[96];
	struct stat stat_of;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &stat_of) ? 0 : (uint64_t)stat_of.st_size;
}

uint64_t total_size(void)
{
	return size_of("") + size_of("-wal") + size_of("-shm");
}

struct recorder *open_one(const struct recorder_limits *limits)
{
	struct recorder *recorder = NULL;
	char error[RECORDER_ERROR_LEN] = "";

	if (recorder_open(path, limits, &recorder, error))
		fail_msg("%s", error);
	assert_int_equal(recorder_start(recorder, &start_info, &clock_base, START_OBJ, strlen(START_OBJ)), 0);
	return recorder;
}

uint16_t port_of(uint64_t seq)
{
	return (uint16_t)(1 + seq * 2654435761U % 65535);
}

int add_at(struct recorder *recorder, uint64_t seq, uint64_t time_ns)
{
	static char line[OBJECT];
	struct event event = attempt(EVENT_BIND, 4242);
	int length = snprintf(line, sizeof(line), "{\"seq\":%llu,\"fill\":\"", (unsigned long long)seq);

	memset(line + length, 'x', sizeof(line) - (size_t)length - 2);
	memcpy(line + sizeof(line) - 2, "\"}", 2);
	event.seq = seq;
	event.time_ns = time_ns;
	event.sock.port = port_of(seq);
	return recorder_add(recorder, &event, line, sizeof(line));
}

int add(struct recorder *recorder, uint64_t seq)
{
	return add_at(recorder, seq, AT(0, seq % 1000));
}

sqlite3_int64 ask(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	sqlite3_int64 number;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}
