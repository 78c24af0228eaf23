/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Killed under load: the file opens, holds what was acknowledged, and stays within its bound. */
#include "recorder_file.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS 200
#define BATCH 7
#define FITS  1001 /* events of a run of which none has to go */

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

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_killed)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
