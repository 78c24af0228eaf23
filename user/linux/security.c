/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/security.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_lsm_list_modules
#define SYS_lsm_list_modules 461 /* the same on every architecture */
#endif

#define MODULES_FILE "/sys/kernel/security/lsm"
#define MODULES_MAX  32

/* LSM_ID_* of linux/lsm.h */
static const struct {
	uint64_t id;
	const char *name;
} ids[] = {
	{100, "capability"}, {101, "selinux"}, {102, "smack"},	   {103, "tomoyo"},   {104, "apparmor"},
	{105, "yama"},	     {106, "loadpin"}, {107, "safesetid"}, {108, "lockdown"}, {109, "bpf"},
	{110, "landlock"},   {111, "ima"},     {112, "evm"},	   {113, "ipe"},
};

static int read_line(const char *path, char *ret_line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, ret_line, size - 1);
	err = n < 0 ? -errno : 0;
	close(fd);
	if (err)
		return err;
	ret_line[n] = '\0';
	ret_line[strcspn(ret_line, "\n")] = '\0';
	return 0;
}

static const char *module_name(uint64_t id)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].id == id)
			return ids[i].name;
	return "unknown";
}

static int listed_modules(char *ret_list, size_t size)
{
	uint64_t found[MODULES_MAX];
	uint32_t bytes = sizeof(found);
	long count = syscall(SYS_lsm_list_modules, found, &bytes, 0);
	size_t at = 0;

	if (count < 0)
		return errno == ENOSYS ? -ENOENT : -errno;
	ret_list[0] = '\0';
	for (long i = 0; i < count && i < MODULES_MAX && at < size; i++)
		at += snprintf(ret_list + at, size - at, "%s%s", i ? "," : "", module_name(found[i]));
	return 0;
}

int security_modules(char *ret_list, size_t size)
{
	return read_line(MODULES_FILE, ret_list, size) ? listed_modules(ret_list, size) : 0;
}

int security_label(const char *module, uint32_t pid, char *ret_label, size_t size)
{
	static const struct {
		const char *module, *file;
	} rows[] = {
		{"apparmor", "apparmor/current"},
		{"selinux", "current"},
		{"smack", "current"},
	};
	char path[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(module, rows[i].module))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/attr/%s", pid, rows[i].file);
		return read_line(path, ret_label, size);
	}
	return -ENOENT;
}
