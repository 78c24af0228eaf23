/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The traced COMMAND: it waits for its gate, and its status is a shell's. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/command.h"

static void wait_until_ended(const struct traced_command *command)
{
	siginfo_t info;

	assert_int_equal(waitid(P_PID, (id_t)command->pid, &info, WEXITED | WNOWAIT), 0);
}

static int status_of(char *const argv[])
{
	struct traced_command command = COMMAND_INIT;

	assert_int_equal(command_fork(&command, argv, (uid_t)-1), 0);
	assert_true(command.pid > 0);
	command_go(&command);
	assert_int_equal(command.go, -1);
	wait_until_ended(&command);
	command_reap(&command);
	assert_true(command.ended);
	command_drop(&command);
	return command.status;
}

static void quiet(void)
{
	int null = open("/dev/null", O_WRONLY);

	dup2(null, STDERR_FILENO);
	close(null);
}

static void test_statuses(void **state)
{
	static char *const rows[][4] = {
		{"true", NULL},
		{"sh", "-c", "exit 37", NULL},
		{"sh", "-c", "kill -TERM $$", NULL},
		{"sh", "-c", "kill -KILL $$", NULL},
		{"no-such-program-here", NULL},
		{"/dev/null", NULL},
		{"/", NULL},
	};
	static const int expected[] = {0, 37, 128 + SIGTERM, 128 + SIGKILL, 127, 126, 126};
	int saved = dup(STDERR_FILENO);
	int got[COUNT(rows)];

	(void)state;
	quiet();
	for (size_t i = 0; i < COUNT(rows); i++)
		got[i] = status_of(rows[i]);
	dup2(saved, STDERR_FILENO);
	close(saved);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(got[i], expected[i]);
}

/* Whether pid has executed anything is seen in its close-on-exec end of a pipe. */
static void test_gate(void **state)
{
	char *const argv[] = {"true", NULL};
	struct traced_command command = COMMAND_INIT;
	int link[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(link, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(command_fork(&command, argv, (uid_t)-1), 0);
	close(link[1]);
	assert_int_equal(read(link[0], &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	command_reap(&command);
	assert_false(command.ended);
	command_go(&command);
	wait_until_ended(&command);
	assert_int_equal(read(link[0], &byte, 1), 0);
	command_reap(&command);
	assert_true(command.ended);
	assert_int_equal(command.status, 0);
	close(link[0]);
}

/* The tracer gives up before it is ready: nothing runs, nothing is left. */
static void test_drop(void **state)
{
	char path[] = "/tmp/reusetrace-test-XXXXXX";
	struct traced_command command = COMMAND_INIT;
	int file = mkstemp(path);
	char *const argv[] = {"rm", path, NULL};

	(void)state;
	assert_true(file >= 0);
	close(file);
	assert_int_equal(command_fork(&command, argv, (uid_t)-1), 0);
	command_drop(&command);
	assert_true(command.ended);
	assert_int_equal(kill(command.pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(unlink(path), 0);
	command_drop(&command);
}

/* Another user's rights cannot be had without privilege: then nothing is run. */
static void test_run_as(void **state)
{
	char *const argv[] = {"sh", "-c", "exit $(id -u | cut -c 1-3 | tr -d '\\n')", NULL};
	struct traced_command command = COMMAND_INIT;
	int saved = dup(STDERR_FILENO);

	(void)state;
	quiet();
	assert_int_equal(command_fork(&command, argv, 123), 0);
	command_go(&command);
	wait_until_ended(&command);
	command_reap(&command);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(command.status, getuid() ? 126 : 123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_drop),
		cmocka_unit_test(test_run_as),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
