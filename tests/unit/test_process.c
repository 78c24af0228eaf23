/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network namespaces and processes by name. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/process.h"

static void test_netns(void **state)
{
	static const struct {
		const char *text;
		int error;
	} bad[] = {
		{"no-such-namespace", -ENOENT},
		{"/no/such/file", -ENOENT},
		{"/dev/null", -EINVAL},
		{"4194304", -ESRCH},
		{"0", -ESRCH},
		{"a/b", -EINVAL},
		{"../../proc/self/ns/net", -EINVAL},
		{"4294967296", -ENOENT},
		{"12x", -ENOENT},
		{"", 0},
	};
	struct stat own;
	uint32_t inode = 0;
	char pid[16];

	(void)state;
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	assert_int_equal(netns_inode("/proc/self/ns/net", &inode), 0);
	assert_int_equal(inode, (uint32_t)own.st_ino);
	inode = 0;
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(netns_inode(pid, &inode), 0);
	assert_int_equal(inode, (uint32_t)own.st_ino);
	assert_int_equal(netns_inode("4026531840", &inode), 0);
	assert_int_equal(inode, 4026531840U);
	for (size_t i = 0; bad[i].error; i++) {
		int error = netns_inode(bad[i].text, &inode);

		if (error != bad[i].error)
			fail_msg("netns '%s': %d", bad[i].text, error);
	}
}

static int note_child(void *context, uint32_t child)
{
	*(uint32_t *)context = child;
	return 0;
}

static void test_processes(void **state)
{
	uint32_t found = 0;
	pid_t child = fork();

	(void)state;
	if (!child)
		pause();
	assert_true(child > 0);
	assert_true(process_exists((uint32_t)child));
	assert_int_equal(process_children((uint32_t)getpid(), note_child, &found), 0);
	assert_int_equal(found, child);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_false(process_exists((uint32_t)child));
	found = 0;
	assert_int_equal(process_children((uint32_t)getpid(), note_child, &found), 0);
	assert_int_equal(found, 0);
}

static int note_each(void *context, uint32_t pid)
{
	uint32_t *found = context;

	found[++found[0]] = pid;
	return found[0] == 3 ? -E2BIG : 0;
}

/* A child and its child, found in one pass; what the function says ends it. */
static void test_descendants(void **state)
{
	uint32_t found[4] = {0};
	int alive[2];
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(alive), 0);
	child = fork();
	if (!child) {
		(void)!write(alive[1], "x", fork() >= 0);
		pause();
	}
	assert_int_equal(read(alive[0], &byte, 1), 1);
	assert_int_equal(process_descendants((uint32_t)getpid(), note_each, found), 0);
	assert_int_equal(found[0], 2);
	assert_int_equal(found[1], child);
	kill((pid_t)found[2], SIGKILL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	found[0] = 0;
	assert_int_equal(process_descendants((uint32_t)getpid(), note_each, found), 0);
	assert_int_equal(found[0], 0);
	close(alive[0]);
	close(alive[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netns),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_descendants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
