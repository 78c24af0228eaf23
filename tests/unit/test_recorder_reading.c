/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's file read while it is written: runs begin and go, and nobody is held up. */
#include "recorder_file.h"

#include <string.h>

static struct recorder_reader *open_reader(const struct recorder_query *query)
{
	struct recorder_reader *reader = NULL;
	char error[RECORDER_ERROR_LEN] = "";

	if (recorder_reader_open(path, &reader, error))
		fail_msg("%s", error);
	recorder_ask(reader, query);
	return reader;
}

/* The seq of the next event, 0 behind the last one. */
static uint64_t next(struct recorder_reader *reader, uint64_t *ret_run)
{
	struct recorded_line line;
	char error[RECORDER_ERROR_LEN] = "";
	unsigned long long seq = 0;
	int n = recorder_next(reader, &line, error);

	if (n < 0)
		fail_msg("%s", error);
	if (!n)
		return 0;
	assert_string_equal(line.start, START_OBJ);
	assert_int_equal(line.start_length, strlen(START_OBJ));
	assert_int_equal(line.length, OBJECT);
	assert_int_equal(sscanf(line.line, "{\"seq\":%llu,", &seq), 1);
	*ret_run = line.run;
	return seq;
}

static void write_run(uint64_t first, uint64_t last)
{
	struct recorder *recorder = open_one(&small);

	for (uint64_t seq = first; seq <= last; seq++) {
		assert_int_equal(add(recorder, seq), 0);
		if (seq % 50 == 0)
			assert_int_equal(recorder_commit(recorder, NOW), 0);
	}
	assert_int_equal(recorder_commit(recorder, NOW), 0);
	recorder_free(recorder);
}

static void test_each_run_with_its_start(void **state)
{
	struct recorder_reader *reader;
	uint64_t run = 0, seq = 0;

	(void)state;
	write_run(1, 10);
	write_run(11, 300);
	write_run(301, 556);
	reader = open_reader(&(struct recorder_query){.port = 0});
	while (seq < 556) {
		assert_int_equal(next(reader, &run), ++seq);
		assert_int_equal(run, seq <= 10 ? 1 : seq <= 300 ? 2 : 3);
	}
	assert_int_equal(next(reader, &run), 0);
	assert_int_equal(next(reader, &run), 0);
	recorder_ask(reader, &(struct recorder_query){.run = 2});
	assert_int_equal(next(reader, &run), 11);
	recorder_reader_free(reader);
}

/* Whole runs go while they are read: what is left of them is passed over, nothing is called damaged. */
static void test_runs_pruned_meanwhile(void **state)
{
	struct recorder_reader *reader;
	uint64_t run = 0, seq, last;

	(void)state;
	write_run(1, 10);
	write_run(11, 20);
	reader = open_reader(&(struct recorder_query){.port = 0});
	assert_int_equal(next(reader, &run), 1);
	write_run(21, 4000);
	assert_int_equal(ask("SELECT min(id) > 2 FROM run"), 1);
	for (last = 1; (seq = next(reader, &run)); last = seq)
		assert_true(seq > last && run == (seq > 20 ? 3 : seq > 10 ? 2 : 1));
	assert_int_equal(last, 4000);
	recorder_reader_free(reader);
}

/* A run that begins meanwhile is another one. */
static void test_newest_run_is_one(void **state)
{
	struct recorder_reader *reader;
	uint64_t run = 0;

	(void)state;
	write_run(1, 1);
	write_run(2, 300);
	reader = open_reader(&(struct recorder_query){.run = RECORDER_NEWEST_RUN});
	assert_int_equal(next(reader, &run), 2);
	write_run(301, 320);
	for (uint64_t seq = 3; seq <= 300; seq++) {
		assert_int_equal(next(reader, &run), seq);
		assert_int_equal(run, 2);
	}
	assert_int_equal(next(reader, &run), 0);
	recorder_reader_free(reader);
}

/* Whoever reads in a pager and goes away for lunch. */
static void test_slow_reader(void **state)
{
	struct recorder_reader *reader;
	uint64_t run = 0;

	(void)state;
	write_run(1, 300);
	reader = open_reader(&(struct recorder_query){.port = 0});
	assert_int_equal(next(reader, &run), 1);
	write_run(301, 3000);
	assert_true(total_size() <= small.bytes);
	recorder_reader_free(reader);
}

/* The newest of one port, in order; all of them where there are fewer. */
static void test_last_of_a_port(void **state)
{
	struct recorder_query query = {.port = port_of(7), .last = 2};
	struct recorder_reader *reader;
	uint64_t run = 0;

	(void)state;
	for (int i = 0; i < 4; i++)
		write_run(1, 20);
	reader = open_reader(&query);
	for (uint64_t expected = 3; expected <= 4; expected++) {
		assert_int_equal(next(reader, &run), 7);
		assert_int_equal(run, expected);
	}
	assert_int_equal(next(reader, &run), 0);
	query.last = 5;
	recorder_ask(reader, &query);
	for (uint64_t expected = 1; expected <= 4; expected++) {
		assert_int_equal(next(reader, &run), 7);
		assert_int_equal(run, expected);
	}
	assert_int_equal(next(reader, &run), 0);
	recorder_reader_free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_run_with_its_start), TEST(test_runs_pruned_meanwhile),
		TEST(test_newest_run_is_one),	    TEST(test_slow_reader),
		TEST(test_last_of_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
