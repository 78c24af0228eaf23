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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netns),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
