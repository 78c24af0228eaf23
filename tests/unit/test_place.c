/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units and containers in paths of cgroups that anybody may have made. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "linux/place.h"
#include "model/cgroup.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16
#define HEX63 HEX16 HEX16 HEX16 "0123456789abcde"
#define OTHER "f" HEX63
#define A50   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250  A50 A50 A50 A50 A50

static void test_units(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} rows[] = {
		{"/system.slice/nginx.service", "nginx.service"},
		{"/system.slice/nginx.service/worker", "nginx.service"},
		{"/system.slice/nginx.service/fake.service", "nginx.service"},
		{"/init.scope", "init.scope"},
		{"/a.slice/a-b.slice/web@1.service", "web@1.service"},
		{"/system.slice/system-a\\x2db.slice/a-b@1.service", "a-b@1.service"},
		{"/system.slice/a\\x2db.service", "a\\x2db.service"},
		{"/system.slice/_cpu.service", "cpu.service"},
		{"/system.slice/__x.service", "_x.service"},
		{"/system.slice/dev-hugepages.mount", "dev-hugepages.mount"},
		{"/system.slice/dev-sda2.swap", "dev-sda2.swap"},
		{"/system.slice/web.socket", "web.socket"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope",
		 "vte-spawn-1.scope"},
		{"/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope"},
		{"/user.slice/user-1000.slice/user@1000.service", "user@1000.service"},
		{"/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"},
		{"/user.slice/user-1000.slice/session-3.scope", "session-3.scope"},
		{"/system.slice/docker-" HEX64 ".scope", "docker-" HEX64 ".scope"},
		{"/../../system.slice/nginx.service", "nginx.service"},
		{"/user.slice", "user.slice"},
		{"/docker/" HEX64, ""},
		{"/docker/" HEX64 "/system.slice/inner.service", ""},
		{"/lxc.payload.c1/system.slice/inner.service", ""},
		{"/", ""},
		{"", ""},
		{"/.service", ""},
		{"/_.service", ""},
		{"/@a.service", ""},
		{"/a.service.d", ""},
		{"/a b.service", ""},
		{"/a\tb.service", ""},
		{"/\xff.service", ""},
		{"/" A250 ".mount", ""},
		{"//a.service//", "a.service"},
	};
	struct cgroup_names names;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		cgroup_names(rows[i].cgroup, &names);
		assert_string_equal(names.unit, rows[i].unit);
	}
}

static void test_containers(void **state)
{
	static const struct {
		const char *cgroup, *container, *serves;
	} rows[] = {
		{"/system.slice/docker-" HEX64 ".scope", HEX64, ""},
		{"/docker/" HEX64, HEX64, ""},
		{"/docker/" HEX64 "/docker/" OTHER, HEX64, ""},
		{"/system.slice/docker-" HEX64 ".scope/init.scope", HEX64, ""},
		{"/kubepods/besteffort/pod12345678-1234/" HEX64 "/inner", HEX64, ""},
		{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/"
		 "cri-containerd-" HEX64 ".scope",
		 HEX64, ""},
		{"/kubepods.slice/crio-" HEX64 ".scope/container", HEX64, ""},
		{"/kubepods.slice/crio-conmon-" HEX64 ".scope", "", HEX64},
		{"/system.slice:docker:" HEX64, HEX64, ""},
		{"/system.slice:crio-conmon:" HEX64, "", HEX64},
		{"/default/" HEX64, HEX64, ""},
		{"/system.slice/nerdctl-" HEX64 ".scope", HEX64, ""},
		{"/machine.slice/libpod-" HEX64 ".scope/container", HEX64, ""},
		{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX64 ".scope", HEX64,
		 ""},
		{"/machine.slice/libpod-conmon-" HEX64 ".scope", "", HEX64},
		{"/libpod_parent/libpod-" HEX64, HEX64, ""},
		{"/libpod_parent/libpod_pod_" HEX64, "", ""},
		{"/machine.slice/machine-libpod_pod_" HEX64 ".slice/libpod-" OTHER ".scope", OTHER, ""},
		{"/system.slice/runc-web.scope", "web", ""},
		{"/system.slice/crun-a-b.scope", "a-b", ""},
		{"/system.slice/runc.service", "", ""},
		{"/machine.slice/machine-deb\\x2d12.scope/payload/init.scope", "deb-12", ""},
		{"/machine.slice/systemd-nspawn@deb.service/payload", "deb", ""},
		{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", "", ""},
		{"/lxc.payload.web/init.scope", "web", ""},
		{"/lxc.monitor.web", "", "web"},
		{"/lxc/web/system.slice", "web", ""},
		{"/lxc", "", ""},
		{"/lxc.payload.", "", ""},
		{"/docker/" HEX64 "0", "", ""},
		{"/docker/x" HEX64, "", ""},
		{"/docker/" HEX63 "F", "", ""},
		{"/docker/" HEX63, "", ""},
		{"/docker/" HEX16, "", ""},
		{"/runc-.scope", "", ""},
		{"/machine-.scope", "", ""},
		{"/systemd-nspawn@.service", "", ""},
		{"/machine-a\\x2fb\\x00\\x2.scope", "a\\x2fb\\x00\\x2", ""},
		{"/machine-" A250 "aaaaa.scope", "", ""},
		{"/system.slice/nginx.service", "", ""},
		{"/", "", ""},
	};
	struct cgroup_names names;

	(void)state;
	for (size_t i = 0; i < COUNT(rows) - 3; i++) {
		cgroup_names(rows[i].cgroup, &names);
		assert_string_equal(names.container, rows[i].container);
		assert_string_equal(names.serves, rows[i].serves);
	}
	cgroup_names("/machine-" A250 ".scope", &names);
	assert_int_equal(strlen(names.container), CONTAINER_LEN - 1);
}

static void test_lines(void **state)
{
	static const struct {
		const char *lines, *path;
	} rows[] = {
		{"0::/system.slice/a.service\n", "/system.slice/a.service"},
		{"4:memory:/docker/x\n1:name=systemd:/a\n0::/\n", "/a"},
		{"4:memory:/docker/x\n1:name=systemd:/\n0::/\n", "/docker/x"},
		{"1:name=systemd:/a\n0::/b:c\n", "/b:c"},
		{"4:cpu,cpuacct:/\n0::/", "/"},
		{"0::/much-too-long\n4:memory:/a\n", "/a"},
		{"", NULL},
		{"0:", NULL},
		{"0::\n::\n\n", NULL},
	};
	char path[24];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(cgroup_of_lines(rows[i].lines, path, i == 5 ? 8 : sizeof(path)),
				 rows[i].path ? 0 : -ENOENT);
		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
	}
}

static void test_paths_of_units(void **state)
{
	static const struct {
		const char *text, *path;
	} rows[] = {
		{"nginx", "/system.slice/nginx.service"},
		{"web.socket", "/system.slice/web.socket"},
		{"a.b", "/system.slice/a.b.service"},
		{"getty@tty1", "/system.slice/system-getty.slice/getty@tty1.service"},
		{"a-b@1.service", "/system.slice/system-a\\x2db.slice/a-b@1.service"},
		{"a.slice", "/a.slice"},
		{"a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice"},
		{"-.slice", NULL},
		{"a--b.slice", NULL},
		{"a-.slice", NULL},
		{"", NULL},
		{"../x", NULL},
		{"a/b.service", NULL},
		{"@.service", NULL},
		{"a b", NULL},
		{A250 A250, NULL},
	};
	char unit[UNIT_LEN], path[512];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err = unit_name(rows[i].text, unit, sizeof(unit));

		if (!err)
			err = unit_cgroup(unit, path, sizeof(path));
		assert_int_equal(err, rows[i].path ? 0 : -EINVAL);
		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
	}
	assert_int_equal(unit_cgroup("a-b-c.slice", path, 12), -ENAMETOOLONG);
	assert_int_equal(unit_cgroup("nginx.service", path, 12), -ENAMETOOLONG);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),	       cmocka_unit_test(test_containers),
		cmocka_unit_test(test_lines),	       cmocka_unit_test(test_paths_of_units),
		cmocka_unit_test(test_cgroup_resolve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
