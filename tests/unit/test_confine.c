/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights that were given up are gone, and what the roles do still works: each in a child, by the kernel's
 * answer. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#include "linux/confine.h"
#include "linux/looker.h"
#include "linux/process.h"
#include "linux/range_use.h"
#include "recorder/recorder.h"
#include "view/journal.h"

#define STRANGER    65533
#define UNSUPPORTED 77
#define FAILED	    1

static char directory[] = "/tmp/confine-XXXXXX";
static pid_t test_pid; /* which the confined child must not ask for */

static void check(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	_exit(FAILED);
}

static void confine_to(unsigned int roles)
{
	int err = confine(roles, NULL, 0);

	if (err == -EOPNOTSUPP)
		_exit(UNSUPPORTED);
	errno = -err;
	check(!err, "confine");
}

/* Runs body in a child, which is confined unless it has no roles yet. */
static void confined(unsigned int roles, void (*body)(void))
{
	int status;
	pid_t pid;

	test_pid = getpid();
	pid = fork();
	if (!pid) {
		if (roles)
			confine_to(roles);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNSUPPORTED)
		skip(); /* no seccomp filters here */
	assert_int_equal(status, 0);
}

static bool has_line(const char *wanted)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	bool found = false;

	check(file != NULL, "/proc/self/status");
	while (!found && fgets(line, sizeof(line), file))
		found = !strcmp(line, wanted);
	fclose(file);
	return found;
}

/* Of the user's other processes, and of a terminal, a line of which the shell would read. */
static void leaves_others_alone(void)
{
	struct rlimit limit;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(!syscall(SYS_tgkill, getpid(), getpid(), 0), "a signal for itself");
	check(syscall(SYS_tgkill, test_pid, test_pid, 0) && errno == ENOSYS, "for another one");
	check(!getrlimit(RLIMIT_NOFILE, &limit), "a limit of its own");
	check(prlimit(test_pid, RLIMIT_NOFILE, NULL, &limit) && errno == ENOSYS, "of another one");
	check(ioctl(STDIN_FILENO, TIOCSTI, "") && errno == ENOSYS, "typing");
	check(memory != MAP_FAILED, "memory");
	check(mprotect(memory, page, PROT_READ | PROT_EXEC) && errno == ENOSYS, "code in memory");
	check(mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
		      errno == ENOSYS,
	      "memory for code");
}

static void test_others_are_left_alone(void **state)
{
	(void)state;
	confined(ROLE_TRACER, leaves_others_alone);
	confined(ROLE_LOOKER, leaves_others_alone);
}

static uid_t owner_in_proc(void)
{
	struct stat file = {.st_uid = (uid_t)-1};

	check(!stat("/proc/self/stat", &file), "/proc/self/stat");
	return file.st_uid;
}

/* What may be traced by its user belongs to that there, anything else to root. */
static void keeps_its_user_out(void)
{
	check(!setuid(STRANGER) && !prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "another user");
	check(owner_in_proc() == STRANGER, "a process that may be traced");
	confine_to(ROLE_TRACER);
	check(owner_in_proc() == 0, "one that may not");
}

static void test_its_user_is_kept_out(void **state)
{
	(void)state;
	if (geteuid())
		skip(); /* there is no other user to become */
	confined(0, keeps_its_user_out);
}

static void has_no_rights(void)
{
	char *const arguments[] = {"true", NULL};
	char path[64];

	check(has_line("CapPrm:\t0000000000000000\n"), "permitted capabilities");
	check(has_line("CapEff:\t0000000000000000\n"), "effective capabilities");
	check(has_line("NoNewPrivs:\t1\n"), "no new privileges");
	check(has_line("Seccomp:\t2\n"), "a filter");
	snprintf(path, sizeof(path), "%s/new", directory);
	check(open(path, O_WRONLY | O_CREAT, 0600) < 0 && errno == ENOSYS, "a file to be written");
	check(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == ENOSYS, "a socket");
	check(execv("/bin/true", arguments) && errno == ENOSYS, "another program");
#if !defined(__SANITIZE_ADDRESS__) /* whose leak checker needs it */
	check(fork() < 0 && errno == ENOSYS, "another process");
#endif
}

static void test_rights_are_gone(void **state)
{
	(void)state;
	confined(ROLE_TRACER, has_no_rights);
}

static void says_the_time(void)
{
	time_t now = time(NULL);
	struct tm local;

	check(localtime_r(&now, &local) != NULL, "local time");
}

static void test_local_time(void **state)
{
	(void)state;
	confined(ROLE_TRACER, says_the_time);
}

/* Opened by who has all rights yet, and while there are none. */
static void records(void)
{
	const struct recorder_limits limits = {.bytes = 8 << 20};
	const struct event event = {.type = EVENT_BIND, .seq = 1};
	const struct start_info info = {.version = "0", .host = "h", .kernel = "k"};
	const struct clock_base clock = {.boot_to_real_ns = 0};
	char path[64], error[RECORDER_ERROR_LEN];
	struct recorder *recorder;

	snprintf(path, sizeof(path), "%s/events.db", directory);
	check(!recorder_open(path, &limits, &recorder, error), "recorder_open");
	check(!recorder_start(recorder, &info, &clock, "{}", 2), "recorder_start");
	check(!recorder_add(recorder, &event, "{}", 2), "recorder_add");
	check(!recorder_commit(recorder, 1), "recorder_commit");
	check(recorder_state(recorder).seq == 1, "the seq that is on disk");
	recorder_free(recorder);
}

static void test_recorder(void **state)
{
	(void)state;
	confined(ROLE_TRACER | ROLE_WRITER, records);
}

static void writes_to_the_journal(void)
{
	const struct view_config config = {.policy = NULL};
	const struct event event = {.type = EVENT_RELEASE, .seq = 1};
	struct view *view;

	check(!journal_view_new(&config, &view), "journal_view_new");
	check(view->ops->event(view, &event) != -ENOSYS, "an entry");
	view_free(view);
}

static void test_journal(void **state)
{
	(void)state;
	confined(ROLE_TRACER | ROLE_JOURNAL, writes_to_the_journal);
}

static uint16_t listen_somewhere(int *ret_fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_fd = fd;
	return ntohs(address.sin_port);
}

/* Of this network namespace, by a looker and by this process; and of one that is not there. */
static void test_looker(void **state)
{
	struct ports_look *look = calloc(1, sizeof(*look));
	struct looker *looker, *by[2] = {NULL};
	uint32_t netns;
	uint16_t port;
	int fd;

	(void)state;
	assert_non_null(look);
	assert_int_equal(netns_inode("/proc/self/ns/net", &netns), 0);
	assert_int_equal(looker_new(false, &looker), 0);
	by[0] = looker;
	port = listen_somewhere(&fd);
	for (size_t i = 0; i < COUNT(by); i++) {
		*look = (struct ports_look){.netns = netns, .pid = (uint32_t)getpid(), .hi = PORTS - 1};
		assert_int_equal(looker_look(by[i], LOOK_PORTS, look), 0);
		assert_true(look->held[port]);
		*look = (struct ports_look){.netns = 1, .hi = PORTS - 1};
		assert_int_equal(looker_look(by[i], LOOK_PORTS, look), -ENOENT);
		assert_false(look->held[port]);
	}
	close(fd);
	looker_free(looker);
	free(look);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	static const char *const names[] = {"events.db", "events.db-wal", "events.db-shm"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others_are_left_alone),
		cmocka_unit_test(test_its_user_is_kept_out),
		cmocka_unit_test(test_rights_are_gone),
		cmocka_unit_test(test_local_time),
		cmocka_unit_test(test_recorder),
		cmocka_unit_test(test_journal),
		cmocka_unit_test(test_looker),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
