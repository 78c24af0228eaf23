/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/trace_rights.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux/confine.h"
#include "recorder/recorder.h"

#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#ifndef AT_EACCESS
#define AT_EACCESS 0x200
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439 /* the same on every architecture; since 5.8 */
#endif

/* Files that are replaced, or made anew beside themselves, by their paths. */
struct written {
	const char *paths[2]; /* NULL: none */
};

static bool may(const char *path, int mode)
{
	return !syscall(SYS_faccessat2, AT_FDCWD, path, mode, AT_EACCESS);
}

/* In a user's directory root needs a right for it. */
static bool may_write(void *context)
{
	const struct written *written = context;
	char copy[PATH_MAX];
	bool all = true;

	for (size_t i = 0; i < sizeof(written->paths) / sizeof(written->paths[0]); i++) {
		const char *path = written->paths[i];

		if (!path)
			continue;
		snprintf(copy, sizeof(copy), "%s", path);
		all &= may(dirname(copy), W_OK | X_OK) && (may(path, R_OK | W_OK) || errno == ENOENT);
	}
	return all;
}

/* With hidepid= /proc shows only to who could trace them which processes are there yet. */
static bool may_see_others(void *context)
{
	(void)context;
	return may("/proc/1/stat", R_OK);
}

int trace_give_up_rights(const struct config *config, bool records, struct tracer *tracer)
{
	struct written written = {
		.paths = {config->metrics_file, !records	   ? NULL
						: config->database ? config->database
								   : RECORDER_PATH},
	};
	const struct need needs[] = {
		/* since 5.19 the descriptor alone allows a process to use a map: bpf_sys_bpf() */
		{CAP_BPF, tracer_works, tracer},
		{CAP_DAC_OVERRIDE, may_write, &written},
		{CAP_SYS_PTRACE, may_see_others, NULL},
	};
	unsigned int roles = ROLE_TRACER | (records || config->metrics_file ? ROLE_WRITER : 0) |
			     (config->containers ? ROLE_ASKER : 0) | (config->journal ? ROLE_JOURNAL : 0);
	int err = confine(roles, needs, sizeof(needs) / sizeof(needs[0]));

	if (err == -EOPNOTSUPP)
		fputs("reusetrace: this kernel has no seccomp filters: every system call stays allowed\n",
		      stderr);
	return err == -EOPNOTSUPP ? 0 : err;
}
