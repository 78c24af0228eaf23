/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's file: what was committed is in it, whatever happens, and it stays within its bound. */
#include "recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/recorder.h"
#include "rules/rules.h"

#define KILLS	  200
#define OBJECT	  3000 /* bytes, about what an event takes */
#define NOW	  REAL_NS(0)
#define BATCH	  7
#define FITS	  1001 /* events of a run of which none has to go */
#define START_OBJ "{\"type\":\"start\"}"

static const struct recorder_limits small = {.bytes = RECORDER_MIN_BYTES};
static const struct start_info start_info = {
	.host = "here", .kernel = "6.12", .version = "0.1", .policy = &kept};
/* In memory, where there is room for it: what a disk does at fsync() is not what is tested here. */
static char directory[64], path[80];

static int set_up(void **state)
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

static int tear_down(void **state)
{
	(void)state;
	remove_file("");
	remove_file("-wal");
	remove_file("-shm");
	return rmdir(directory);
}

static uint64_t size_of(const char *suffix)
{
	char name[96];
	struct stat stat_of;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &stat_of) ? 0 : (uint64_t)stat_of.st_size;
}

static uint64_t total_size(void)
{
	return size_of("") + size_of("-wal") + size_of("-shm");
}

static struct recorder *open_one(const struct recorder_limits *limits)
{
	struct recorder *recorder = NULL;
	char error[RECORDER_ERROR_LEN] = "";

	if (recorder_open(path, limits, &recorder, error))
		fail_msg("%s", error);
	assert_int_equal(recorder_start(recorder, &start_info, &clock_base, START_OBJ, strlen(START_OBJ)), 0);
	return recorder;
}

static uint16_t port_of(uint64_t seq)
{
	return (uint16_t)(1 + seq * 2654435761U % 65535);
}

static int add(struct recorder *recorder, uint64_t seq)
{
	static char line[OBJECT];
	struct event event = attempt(EVENT_BIND, 4242);
	int length = snprintf(line, sizeof(line), "{\"seq\":%llu,\"fill\":\"", (unsigned long long)seq);

	memset(line + length, 'x', sizeof(line) - (size_t)length - 2);
	memcpy(line + sizeof(line) - 2, "\"}", 2);
	event.seq = seq;
	event.time_ns = AT(0, seq % 1000);
	event.sock.port = port_of(seq);
	return recorder_add(recorder, &event, line, sizeof(line));
}

static sqlite3_int64 ask(const char *sql)
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

/* ---- */

static void test_read_back(void **state)
{
	struct recorder *recorder = open_one(&small);
	struct recorder_reader *reader = NULL;
	struct recorded_line line;
	char error[RECORDER_ERROR_LEN];
	uint64_t count = 0;

	(void)state;
	for (uint64_t seq = 1; seq <= 300; seq++)
		assert_int_equal(add(recorder, seq), 0);
	assert_int_equal(recorder_state(recorder).seq, 0);
	assert_int_equal(recorder_state(recorder).waiting, 300);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(recorder_state(recorder).seq, 300);
	assert_int_equal(ask("SELECT seq FROM state"), 300);
	assert_int_equal(recorder_reader_open(path, &reader, error), 0);
	recorder_ask(reader, &(struct recorder_query){.last_run = true});
	while (recorder_next(reader, &line, error) == 1) {
		char want[32];

		snprintf(want, sizeof(want), "{\"seq\":%llu,", (unsigned long long)++count);
		assert_memory_equal(line.line, want, strlen(want));
		assert_int_equal(line.length, OBJECT);
		assert_string_equal(line.start, START_OBJ);
	}
	assert_int_equal(count, 300);
	recorder_ask(reader, &(struct recorder_query){.port = port_of(7)});
	assert_int_equal(recorder_next(reader, &line, error), 1);
	assert_memory_equal(line.line, "{\"seq\":7,", 9);
	assert_int_equal(recorder_next(reader, &line, error), 0);
	recorder_ask(reader, &(struct recorder_query){.since_unix_ns = NOW + 1000000000});
	assert_int_equal(recorder_next(reader, &line, error), 0);
	recorder_reader_free(reader);
	recorder_free(recorder);
}

static void test_views(void **state)
{
	struct recorder *recorder = open_one(&small);
	struct holder holder = listener();
	struct event event = refused(&holder);
	static const char object[] =
		"{\"released\":\"port\",\"socket\":{\"id\":\"s1\"},\"process\":{\"exe\":\"/bin/"
		"x\",\"unit\":null},\"result\":{\"errno\":"
		"\"EADDRINUSE\"},\"verdict\":{\"text\":\"why\",\"fix\":[\"stop "
		"it\"]},\"holders\":[{\"processes\":"
		"[{\"pid\":4100,\"comm\":\"python3\"}]}],\"facts\":{}}";
	struct event bound = attempt(EVENT_BIND, 4100);

	(void)state;
	assert_int_equal(recorder_add(recorder, &bound, object, strlen(object)), 0);
	assert_int_equal(recorder_add(recorder, &event, object, strlen(object)), 0);
	bound.type = EVENT_RELEASE;
	assert_int_equal(recorder_add(recorder, &bound, object, strlen(object)), 0);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM refusal WHERE port = 8080 AND errno = 'EADDRINUSE'"
			     " AND holder_pid = 4100 AND because = 'why' AND fix = 'stop it'"),
			 1);
	assert_int_equal(ask("SELECT count(*) FROM tenure WHERE port = 8080 AND socket = 's1'"
			     " AND since = '2026-11-22T10:01:02.113Z' AND until IS NOT NULL AND NOT older"),
			 1);
	assert_int_equal(ask("SELECT count(*) FROM gap"), 0);
	recorder_free(recorder);
}

/* A port is kept while its connection is in TIME_WAIT, and until the run ends if nothing else was seen. */
static void test_tenure_that_does_not_end(void **state)
{
	static const char bind_object[] = "{\"socket\":{\"id\":\"s1\"},\"facts\":{}}";
	static const char other[] = "{\"socket\":{\"id\":\"s1\"},\"released\":\"time-wait-begin\"}";
	struct recorder *recorder = open_one(&small);
	struct event event = attempt(EVENT_BIND, 4100);

	(void)state;
	assert_int_equal(recorder_add(recorder, &event, bind_object, strlen(bind_object)), 0);
	event.type = EVENT_RELEASE;
	assert_int_equal(recorder_add(recorder, &event, other, strlen(other)), 0);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM tenure WHERE until IS NULL"), 1);
	recorder_free(recorder);
	recorder = open_one(&small);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM tenure WHERE until >= since"), 1);
	recorder_free(recorder);
}

/* A recording that went through the file is read as it was, and judged to the same verdicts. */
static void test_replayed(void **state)
{
	struct holder holder = listener();
	struct event events[] = {attempt(EVENT_BIND, 4100), refused(&holder), attempt(EVENT_RELEASE, 4100)};
	struct recorder *recorder = NULL;
	char error[RECORDER_ERROR_LEN] = "", *written, *read = NULL, *line, *next;
	size_t size = 0;
	FILE *out = open_memstream(&read, &size);

	(void)state;
	judge(&events[0], &kept);
	judge(&events[1], &kept);
	written = make_recording(&kept, events, 3);
	assert_int_equal(recorder_open(path, &small, &recorder, error), 0);
	for (int i = 0; i < 5; i++) {
		line = i ? next + 1 : written;
		next = strchr(line, '\n');
		if (!i)
			recorder_start(recorder, &start_info, &clock_base, line, (size_t)(next - line));
		else if (i < 4)
			recorder_add(recorder, &events[i - 1], line, (size_t)(next - line));
		else
			recorder_add_totals(recorder, "end", &(struct end_info){.seq = 99}, line,
					    (size_t)(next - line));
	}
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(read_recording(path, json_view_new, out, error), 4);
	fclose(out);
	assert_string_equal(read, written);
	free(read);
	free(written);
	recorder_free(recorder);
}

/* Many times its bound goes through it; a reader that never ends keeps the log from being emptied. */
static void test_bound(void **state)
{
	struct recorder *recorder = open_one(&small);
	uint64_t seq = 0;
	sqlite3 *reader;
	int err = 0;

	(void)state;
	for (; seq < 6000; seq++) {
		assert_int_equal(add(recorder, seq + 1), 0);
		if (seq % 50)
			continue;
		assert_int_equal(recorder_commit(recorder, NOW), 0);
		assert_true(total_size() <= small.bytes);
	}
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_true(ask("SELECT count(*) FROM event") > 1000);
	assert_int_equal(ask("SELECT max(seq) FROM event"), 6000);
	assert_int_equal(ask("SELECT max(seq) - min(seq) + 1 = count(*) FROM event"), 1);

	assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM event", NULL, NULL, NULL),
			 SQLITE_OK);
	for (; seq < 10000 && !err; seq++) {
		assert_int_equal(add(recorder, seq + 1), 0);
		err = seq % 50 ? 0 : recorder_commit(recorder, NOW);
		assert_true(total_size() <= small.bytes);
	}
	assert_int_equal(err, -EBUSY);
	assert_int_equal(sqlite3_exec(reader, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(reader);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT max(seq) FROM event"), seq);
	assert_int_equal(recorder_state(recorder).dropped, 0);
	assert_true(total_size() <= small.bytes);
	recorder_free(recorder);
}

static void test_smaller_bound(void **state)
{
	static const struct recorder_limits large = {.bytes = 4 * RECORDER_MIN_BYTES};
	struct recorder *recorder = open_one(&large);

	(void)state;
	for (uint64_t seq = 1; seq <= 4000; seq++) {
		add(recorder, seq);
		if (seq % 100 == 0)
			assert_int_equal(recorder_commit(recorder, NOW), 0);
	}
	assert_true(total_size() > small.bytes);
	recorder_free(recorder);
	recorder = open_one(&small);
	assert_true(total_size() <= small.bytes);
	assert_int_equal(ask("SELECT max(seq) FROM event"), 4000);
	recorder_free(recorder);
}

static void test_age(void **state)
{
	const struct recorder_limits limits = {.bytes = RECORDER_MIN_BYTES,
					       .age_ns = 3600 * UINT64_C(1000000000)};
	struct recorder *recorder = open_one(&limits);

	(void)state;
	for (uint64_t seq = 1; seq <= 100; seq++)
		add(recorder, seq);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM event"), 100);
	add(recorder, 101);
	assert_int_equal(recorder_commit(recorder, NOW + 3600 * INT64_C(1000000000) + 50500000), 0);
	assert_int_equal(ask("SELECT min(seq) FROM event"), 51);
	recorder_free(recorder);
}

static void test_what_waits_is_bounded(void **state)
{
	struct recorder *recorder = open_one(&small);
	uint64_t seq = 1;
	static char huge[RECORDER_LINE_MOST + 1];
	struct event event = attempt(EVENT_BIND, 1);

	(void)state;
	while (!add(recorder, seq))
		seq++;
	assert_in_range(seq, RECORDER_WAITING_BYTES / OBJECT, RECORDER_WAITING_BYTES / OBJECT + 1);
	assert_int_equal(recorder_state(recorder).dropped, 1);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT dropped FROM state"), 1);
	assert_int_equal(recorder_add(recorder, &event, huge, sizeof(huge)), -ENOMEM);
	recorder_free(recorder);
}

static void test_one_writer(void **state)
{
	struct recorder *recorder = open_one(&small), *other = NULL;
	char error[RECORDER_ERROR_LEN];

	(void)state;
	assert_int_equal(recorder_open(path, &small, &other, error), -EBUSY);
	assert_non_null(strstr(error, "events.db: another recorder writes it"));
	recorder_free(recorder);
	recorder = open_one(&small);
	assert_int_equal(recorder_state(recorder).run, 1); /* nothing was committed */
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	recorder_free(recorder);
	recorder = open_one(&small);
	assert_int_equal(recorder_state(recorder).run, 2);
	recorder_free(recorder);
}

static void test_other_files(void **state)
{
	struct recorder *recorder = NULL;
	struct recorder_reader *reader = NULL;
	char error[RECORDER_ERROR_LEN];
	int fd;

	(void)state;
	assert_int_equal(recorder_reader_open(path, &reader, error), -ENOENT);
	assert_non_null(strstr(error, "is not there"));
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(fd, "this is no database, whatever its name may be\n", 46), 46);
	close(fd);
	assert_int_equal(recorder_open(path, &small, &recorder, error), -EBADMSG);
	assert_int_equal(recorder_reader_open(path, &reader, error), -EBADMSG);
	assert_int_equal(size_of(""), 4600); /* it is left as it was */
}

/* ---- killed under load */

/* Writes as much as fits, then waits; each acknowledged seq goes to the pipe. */
static void write_until_killed(int acks)
{
	struct recorder *recorder = open_one(&small);

	for (uint64_t seq = 1; seq <= FITS; seq++) {
		if (add(recorder, seq))
			_exit(1);
		if (seq % BATCH)
			continue;
		if (recorder_commit(recorder, NOW) || write(acks, &seq, sizeof(seq)) != sizeof(seq))
			_exit(2);
	}
	for (;;)
		pause();
}

/* The last seq that a writer acknowledged before it was killed, after some that differ by round. */
static uint64_t kill_one(unsigned int round)
{
	int acks[2], status;
	uint64_t seq = 0, last = 0;
	pid_t pid;

	assert_int_equal(pipe(acks), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(acks[0]);
		write_until_killed(acks[1]);
	}
	close(acks[1]);
	for (unsigned int i = 0; i <= round * 7 % 31; i++) {
		assert_int_equal(read(acks[0], &seq, sizeof(seq)), sizeof(seq));
		last = seq;
	}
	kill(pid, SIGKILL);
	while (read(acks[0], &seq, sizeof(seq)) == sizeof(seq))
		last = seq;
	close(acks[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return last;
}

static void test_killed(void **state)
{
	char sql[256];

	(void)state;
	for (unsigned int round = 1; round <= KILLS; round++) {
		uint64_t last = kill_one(round);

		assert_true(total_size() <= small.bytes);
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM event WHERE run = (SELECT max(id) FROM run) AND seq <= %llu",
			 (unsigned long long)last);
		assert_int_equal(ask(sql), last);
		assert_int_equal(ask("SELECT max(seq) = (SELECT seq FROM state) FROM event"
				     " WHERE run = (SELECT run FROM state)"),
				 1);
		if (round % 20 == 0)
			assert_int_equal(ask("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_back),  TEST(test_replayed),
		TEST(test_views),      TEST(test_tenure_that_does_not_end),
		TEST(test_bound),      TEST(test_smaller_bound),
		TEST(test_age),	       TEST(test_what_waits_is_bounded),
		TEST(test_one_writer), TEST(test_other_files),
		TEST(test_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
