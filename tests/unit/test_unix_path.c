/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is at a path and on the way to it: files that are made here. */
#include "attempts.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/looker.h"
#include "linux/unix_look.h"

#define STRANGER 65533

static char directory[] = "/tmp/unix-path-XXXXXX";

static void make_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static int make_files(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(chdir(directory), 0);
	assert_int_equal(chmod(".", 0755), 0);
	close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	assert_int_equal(mkdir("closed", 0700), 0);
	assert_int_equal(mkdir("open", 0777), 0);
	assert_int_equal(chmod("open", 0777), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	assert_int_equal(symlink("/nowhere", "dangling"), 0);
	assert_int_equal(symlink("open", "way"), 0);
	make_socket("sock");
	return 0;
}

static int remove_files(void **state)
{
	static const char *const names[] = {"file", "pipe", "dangling", "way", "sock"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	rmdir("closed");
	rmdir("open");
	return chdir("/") || rmdir(directory);
}

static const struct row {
	const char *path; /* below the directory */
	bool overrides;
	enum obstacle obstacle;
	enum path_fault fault;
	const char *directory; /* likewise; "" is the directory itself */
	uint32_t mode;
} rows[] = {
	{"sock", true, OBSTACLE_SOCKET, FAULT_NONE, "", 0},
	{"file", true, OBSTACLE_FILE, FAULT_NONE, "", 0},
	{"open", true, OBSTACLE_DIRECTORY, FAULT_NONE, "", 0},
	{"dangling", true, OBSTACLE_LINK, FAULT_NONE, "", 0},
	{"pipe", true, OBSTACLE_OTHER, FAULT_NONE, "", 0},
	{"new", true, OBSTACLE_NONE, FAULT_NONE, "", 0},
	{"way/new", false, OBSTACLE_NONE, FAULT_NONE, "/way", 0},
	{"none/new", true, OBSTACLE_NONE, FAULT_MISSING, "/none", 0},
	{"dangling/new", true, OBSTACLE_NONE, FAULT_MISSING, "/dangling", 0},
	{"none//further/new", true, OBSTACLE_NONE, FAULT_MISSING, "/none", 0},
	{"file/new", true, OBSTACLE_NONE, FAULT_NOT_DIRECTORY, "/file", 0},
	{"new", false, OBSTACLE_NONE, FAULT_WRITE, "", 0755},
	{"closed/new", true, OBSTACLE_NONE, FAULT_NONE, "/closed", 0},
	{"closed/new", false, OBSTACLE_UNKNOWN, FAULT_SEARCH, "/closed", 0700},
	{"open/../closed/new", false, OBSTACLE_UNKNOWN, FAULT_SEARCH, "/open/../closed", 0700},
};

/* As the kernel counts: the start time of /proc is in ticks of user space. */
static void set_process(struct rt_unix *record, pid_t pid)
{
	unsigned long long start = 0;
	char path[64], line[1024];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	fclose(file);
	assert_int_equal(sscanf(strrchr(line, ')') + 1,
				" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
				"%*d %llu",
				&start),
			 1);
	record->header.process.tgid = record->header.process.tid = (uint32_t)pid;
	record->header.process.start_ns = start * (1000000000ULL / (unsigned long)sysconf(_SC_CLK_TCK));
}

/* Of a directory below /tmp: components, last first. */
static void set_cwd(struct rt_unix *record, const char *path)
{
	size_t length = strlen(path + 5);

	memset(record->cwd, 0, sizeof(record->cwd));
	memcpy(record->cwd, path + 5, length);
	memcpy(record->cwd + length + 1, "tmp", sizeof("tmp"));
}

static struct rt_unix record_of(bool overrides)
{
	struct rt_unix record = {.fsuid = STRANGER,
				 .overrides = overrides ? RT_OVERRIDES_ALL : RT_OVERRIDES_NONE};
	struct stat mounts;

	assert_int_equal(stat("/proc/self/ns/mnt", &mounts), 0);
	set_process(&record, getpid());
	set_cwd(&record, directory);
	record.mntns = (uint32_t)mounts.st_ino;
	return record;
}

static void check(struct looker *looker, const struct rt_unix *record, const char *prefix, const char *base,
		  const struct row *row)
{
	struct path_look look = {.record = *record};
	const struct unix_facts *facts = &look.facts;
	char wanted[EXE_LEN];

	snprintf(look.facts.path, sizeof(look.facts.path), "%s%s", prefix, row->path);
	assert_int_equal(looker_look(looker, LOOK_PATH, &look), 0);
	assert_int_equal(facts->obstacle, row->obstacle);
	assert_int_equal(facts->fault, row->fault);
	snprintf(wanted, sizeof(wanted), "%s%s", base, row->directory);
	if (row->directory[0] || prefix[0])
		assert_string_equal(facts->directory, *base ? wanted : row->directory + 1);
	assert_int_equal(facts->directory_mode, row->mode);
	assert_int_equal(facts->directory_uid, 0);
	assert_int_not_equal(look.netns, 0);
}

/* By this process, and by a looker. */
static void test_absolute_and_relative(void **state)
{
	char prefix[sizeof(directory) + 1];
	struct looker *looker;

	(void)state;
	if (geteuid())
		skip(); /* the files would not be of uid 0 */
	assert_int_equal(looker_new(false, &looker), 0);
	snprintf(prefix, sizeof(prefix), "%s/", directory);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rt_unix record = record_of(rows[i].overrides);

		check(NULL, &record, prefix, directory, &rows[i]);
		check(NULL, &record, "", "", &rows[i]);
		check(looker, &record, prefix, directory, &rows[i]);
		check(looker, &record, "", "", &rows[i]);
	}
	looker_free(looker);
}

/* Its mount namespace is this one's: the path means the same here. */
static void test_process_that_is_gone(void **state)
{
	struct rt_unix record = record_of(true);
	struct unix_facts facts = {.path = ""};
	struct path_file file;

	(void)state;
	record.header.process.tgid = record.header.process.tid = 0x7fffffff;
	snprintf(facts.path, sizeof(facts.path), "%s/sock", directory);
	unix_path_look(&record, &facts, &file);
	assert_int_equal(facts.obstacle, OBSTACLE_SOCKET);
	assert_true(S_ISSOCK(file.stat.st_mode));
	snprintf(facts.path, sizeof(facts.path), "sock");
	unix_path_look(&record, &facts, &file);
	assert_int_equal(facts.obstacle, OBSTACLE_SOCKET);
	assert_string_equal(facts.directory, directory);
	record.mntns++;
	unix_path_look(&record, &facts, &file);
	assert_int_equal(facts.obstacle, OBSTACLE_UNKNOWN);
}

/* Ends when the other end of the pipe is closed. */
static pid_t wait_in_jail(int pipes[2])
{
	char byte;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid)
		return pid;
	close(pipes[1]);
	if (chroot(directory) || chdir("/open"))
		_exit(1);
	(void)!read(pipes[0], &byte, 1);
	_exit(0);
}

static bool is_jailed(pid_t pid)
{
	char link[64], path[128];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	length = readlink(link, path, sizeof(path));
	return length == (ssize_t)strlen(directory) + 5 && !memcmp(path + length - 5, "/open", 5);
}

/* An absolute link on a relative path begins at the root of the process, and no ".." leads above that. */
static void test_links_in_a_jail(void **state)
{
	static const char *const paths[] = {"up/sock", "../../../../../up/sock", "./up/../sock"};
	struct rt_unix record = record_of(true);
	struct path_file file;
	char cwd[64];
	int pipes[2];
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(symlink("/", "up"), 0);
	assert_int_equal(symlink("/", "open/up"), 0);
	assert_int_equal(pipe(pipes), 0);
	pid = wait_in_jail(pipes);
	while (!is_jailed(pid))
		assert_int_equal(kill(pid, 0), 0);
	set_process(&record, pid);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct unix_facts facts = {.path = ""};

		snprintf(facts.path, sizeof(facts.path), "%s", paths[i]);
		snprintf(cwd, sizeof(cwd), "/tmp/open");
		set_cwd(&record, cwd);
		memcpy(record.cwd + sizeof("open"), directory + 5, strlen(directory + 5) + 1);
		memcpy(record.cwd + sizeof("open") + strlen(directory + 5) + 1, "tmp", sizeof("tmp"));
		unix_path_look(&record, &facts, &file);
		assert_int_equal(facts.obstacle, OBSTACLE_SOCKET);
	}
	close(pipes[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(pipes[0]);
	unlink("up");
	unlink("open/up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absolute_and_relative),
		cmocka_unit_test(test_process_that_is_gone),
		cmocka_unit_test(test_links_in_a_jail),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
