/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/cgroup_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define CGROUP_ROOT  "/sys/fs/cgroup"
#define PROGRAMS_MAX 64 /* BPF_CGROUP_MAX_PROGS */

static const enum bpf_attach_type bind_hooks[] = {
	BPF_CGROUP_INET4_BIND,
	BPF_CGROUP_INET6_BIND,
	BPF_CGROUP_INET4_POST_BIND,
	BPF_CGROUP_INET6_POST_BIND,
};

/* 1, 0 or a negative errno */
static int has_program(const char *directory, uint32_t id)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(bind_hooks) / sizeof(bind_hooks[0]) && !found; i++) {
		uint32_t ids[PROGRAMS_MAX], count = PROGRAMS_MAX;

		if (bpf_prog_query(fd, bind_hooks[i], 0, NULL, ids, &count)) {
			found = -errno;
			break;
		}
		for (uint32_t n = 0; n < count && n < PROGRAMS_MAX; n++)
			found |= ids[n] == id;
	}
	close(fd);
	return found;
}

int cgroup_of_program(const char *path, uint32_t id, char *ret_path, size_t size)
{
	char directory[PATH_MAX];
	size_t root = strlen(CGROUP_ROOT);

	if (snprintf(directory, sizeof(directory), CGROUP_ROOT "%s", path) >= (int)sizeof(directory))
		return -ENAMETOOLONG;
	for (;;) {
		int found = has_program(directory, id);
		char *slash;

		if (found == -EPERM)
			return found;
		if (found > 0) {
			snprintf(ret_path, size, "%s", directory[root] ? directory + root : "/");
			return 0;
		}
		slash = strrchr(directory + root, '/');
		if (!slash)
			return -ENOENT;
		*slash = '\0';
	}
}
