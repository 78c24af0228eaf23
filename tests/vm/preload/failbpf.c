/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: makes calls of bpf() fail.
 *   FAIL_AT=N         the Nth one, from 1
 *   FAIL_COMMAND=N    of those with this command only
 *   FAIL_PROGRAMS=... loading any of these, " f_put_port m_put_port "
 *   FAIL_MAPS=...     the same of maps
 *   FAIL_ERRNO=N      how
 *   FAIL_COUNT=FILE   is told how many there were, at the end
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long calls;
static int told = -1;

static void __attribute__((constructor)) begin(void)
{
	const char *file = getenv("FAIL_COUNT");

	if (file)
		told = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void __attribute__((destructor)) end(void)
{
	if (told >= 0)
		dprintf(told, "%lu\n", calls);
}

static bool is_unwanted(const char *names, const char *object)
{
	char name[BPF_OBJ_NAME_LEN + 2];

	if (!names)
		return false;
	snprintf(name, sizeof(name), " %s ", object);
	return strstr(names, name);
}

static bool fails(long command, const union bpf_attr *attr)
{
	const char *at = getenv("FAIL_AT"), *only = getenv("FAIL_COMMAND");
	bool counts = !only || command == atol(only);

	calls += counts;
	return (counts && at && calls == strtoul(at, NULL, 10)) ||
	       (command == BPF_PROG_LOAD && is_unwanted(getenv("FAIL_PROGRAMS"), attr->prog_name)) ||
	       (command == BPF_MAP_CREATE && is_unwanted(getenv("FAIL_MAPS"), attr->map_name));
}

long syscall(long number, ...)
{
	long (*next)(long number, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long arguments[6];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf && fails((int)arguments[0], (const union bpf_attr *)arguments[1])) {
		errno = atoi(getenv("FAIL_ERRNO"));
		return -1;
	}
	return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		    arguments[5]);
}
