/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's file: what was committed is in it, whatever happens, and it stays within its bound. */
#include "recorder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/rules.h"

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
	recorder_ask(reader, &(struct recorder_query){.run = RECORDER_NEWEST_RUN});
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

static sqlite3 *begin_reading(void)
{
	sqlite3 *reader;

	assert_int_equal(sqlite3_open_v2(path, &reader, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM event", NULL, NULL, NULL),
			 SQLITE_OK);
	return reader;
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

	reader = begin_reading();
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

#define HOUR INT64_C(3600000000000)

static const struct recorder_limits an_hour = {.bytes = RECORDER_MIN_BYTES, .age_ns = HOUR};

static void test_age(void **state)
{
	struct recorder *recorder = open_one(&an_hour);

	(void)state;
	for (uint64_t seq = 1; seq <= 100; seq++)
		add(recorder, seq);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM event"), 100);
	add(recorder, 101);
	assert_int_equal(recorder_commit(recorder, NOW + HOUR + 50500000), 0);
	assert_int_equal(ask("SELECT min(seq) FROM event"), 51);
	recorder_free(recorder);
}

/* Recorded while the clock was ten days ahead: as old as what came after it. */
static void test_age_of_the_future(void **state)
{
	struct recorder *recorder = open_one(&an_hour);

	(void)state;
	for (uint64_t seq = 1; seq <= 100; seq++)
		add_at(recorder, seq, AT(10 * 86400, seq));
	assert_int_equal(recorder_commit(recorder, NOW + 240 * HOUR), 0);
	recorder_free(recorder);
	recorder = open_one(&an_hour);
	for (uint64_t seq = 101; seq <= 200; seq++)
		add(recorder, seq);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM event"), 200);
	add_at(recorder, 201, AT(3600, 100));
	assert_int_equal(recorder_commit(recorder, NOW + HOUR + 150500000), 0);
	assert_int_equal(ask("SELECT min(seq) FROM event"), 151);
	assert_int_equal(ask("SELECT min(id) FROM run"), 2);
	recorder_free(recorder);
}

/* While a reader keeps the log from being emptied, what is too old stays, which is no failure to record. */
static void test_age_with_a_reader(void **state)
{
	struct recorder *recorder = open_one(&an_hour);
	sqlite3 *reader;
	uint64_t seq = 0;
	int err = 0;

	(void)state;
	while (seq < 100)
		add(recorder, ++seq);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	reader = begin_reading();
	while (!err && seq < 1000) {
		add_at(recorder, ++seq, AT(2 * 3600, 0));
		err = recorder_commit(recorder, NOW + 2 * HOUR);
		assert_true(!err == !recorder_state(recorder).waiting);
	}
	assert_int_equal(err, -EBUSY);
	sqlite3_close(reader);
	assert_int_equal(recorder_commit(recorder, NOW + 3 * HOUR - 1), 0);
	assert_int_equal(ask("SELECT min(seq) FROM event"), 101);
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
	assert_int_equal(recorder_open(path, &small, &other, error), -EALREADY);
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

static void execute(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Killed, or out of space, before the tables were made: it is made again. */
static void test_interrupted_making(void **state)
{
	struct recorder *recorder;

	(void)state;
	execute("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
	assert_true(size_of("") > 0);
	recorder = open_one(&small);
	add(recorder, 1);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT count(*) FROM event"), 1);
	recorder_free(recorder);
}

/* One that can give nothing back to the file system is told, not tried for ever. */
static void test_cannot_shrink(void **state)
{
	static const struct recorder_limits large = {.bytes = 4 * RECORDER_MIN_BYTES};
	struct recorder *recorder = open_one(&large), *other = NULL;
	char error[RECORDER_ERROR_LEN];

	(void)state;
	for (uint64_t seq = 1; seq <= 2500; seq++)
		assert_int_equal(add(recorder, seq), 0);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	recorder_free(recorder);
	execute("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM");
	assert_true(total_size() > small.bytes);
	assert_int_equal(recorder_open(path, &small, &other, error), -EFBIG);
	assert_non_null(strstr(error, "events.db: cannot be made as small as --max-size"));
}

/* A reader is no other recorder: it is waited for while events wait. */
static void test_opened_with_a_reader(void **state)
{
	static const struct recorder_limits large = {.bytes = 4 * RECORDER_MIN_BYTES};
	struct recorder *recorder = open_one(&large);
	sqlite3 *reader;

	(void)state;
	for (uint64_t seq = 1; seq <= 2500; seq++)
		assert_int_equal(add(recorder, seq), 0);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	reader = begin_reading();
	recorder_free(recorder);
	recorder = open_one(&small);
	assert_int_equal(add(recorder, 2501), 0);
	assert_int_equal(recorder_commit(recorder, NOW), -EBUSY);
	sqlite3_close(reader);
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	assert_int_equal(ask("SELECT max(seq) FROM event"), 2501);
	assert_int_equal(ask("SELECT max(run) FROM event"), 2);
	assert_true(total_size() <= small.bytes);
	recorder_free(recorder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read_back),
		TEST(test_replayed),
		TEST(test_views),
		TEST(test_tenure_that_does_not_end),
		TEST(test_bound),
		TEST(test_smaller_bound),
		TEST(test_age),
		TEST(test_age_of_the_future),
		TEST(test_age_with_a_reader),
		TEST(test_what_waits_is_bounded),
		TEST(test_one_writer),
		TEST(test_other_files),
		TEST(test_interrupted_making),
		TEST(test_cannot_shrink),
		TEST(test_opened_with_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
