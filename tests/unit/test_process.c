/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units and containers in cgroup paths; namespaces, cgroups and processes by name. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/process.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static void test_units(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} rows[] = {
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/nginx.service/worker", "nginx.service"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope",
		 "vte-spawn-1.scope"},
		{"/system.slice/web.socket", "web.socket"},
		{"/system.slice/docker-" HEX64 ".scope", "docker-" HEX64 ".scope"},
		{"/user.slice", ""},
		{"/", ""},
		{"", ""},
		{"/.service", ""},
		{"/a.service.d", ""},
		{"//a.service//", "a.service"},
	};
	char unit[NAME_LEN], small[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cgroup_unit(rows[i].cgroup, unit, sizeof(unit));
		assert_string_equal(unit, rows[i].unit);
	}
	cgroup_unit("/nginx.service", small, sizeof(small));
	assert_string_equal(small, "nginx.s");
}

static void test_containers(void **state)
{
	static const struct {
		const char *cgroup, *container;
	} rows[] = {
		{"/system.slice/docker-" HEX64 ".scope", HEX64},
		{"/docker/" HEX64, HEX64},
		{"/kubepods/besteffort/pod12345678-1234/" HEX64 "/inner", HEX64},
		{"/machine.slice/libpod-conmon-" HEX64 ".scope", HEX64},
		{"/docker/" HEX64 "0", ""},
		{"/docker/" HEX16, ""},
		{"/system.slice/nginx.service", ""},
		{"/", ""},
	};
	char container[NAME_LEN], small[8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cgroup_container(rows[i].cgroup, container, sizeof(container));
		assert_string_equal(container, rows[i].container);
	}
	cgroup_container("/docker/" HEX64, small, sizeof(small));
	assert_string_equal(small, "0123456");
}

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

static void test_cgroup_resolve(void **state)
{
	char path[64], small[4];
	uint64_t id = 1;

	(void)state;
	assert_int_equal(cgroup_resolve("/no/such/group//", path, sizeof(path), &id), 0);
	assert_string_equal(path, "/no/such/group");
	assert_int_equal(id, 0);
	assert_int_equal(cgroup_resolve("no/such", path, sizeof(path), &id), 0);
	assert_string_equal(path, "/no/such");
	assert_int_equal(cgroup_resolve("/sys/fs/cgroup/no/such", path, sizeof(path), &id), 0);
	assert_string_equal(path, "/no/such");
	assert_int_equal(cgroup_resolve("/", path, sizeof(path), &id), 0);
	assert_string_equal(path, "/");
	assert_int_equal(cgroup_resolve("/too/long", small, sizeof(small), &id), -ENAMETOOLONG);
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
		cmocka_unit_test(test_units),	  cmocka_unit_test(test_containers),
		cmocka_unit_test(test_netns),	  cmocka_unit_test(test_cgroup_resolve),
		cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
