/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where on a path of cgroups a BPF program is attached. */
#ifndef REUSETRACE_LINUX_CGROUP_PROGRAMS_H
#define REUSETRACE_LINUX_CGROUP_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The cgroup at or above path (from the root of the hierarchy) that has the
 * program with this id on one of its bind hooks.  0, -ENOENT if none has, or
 * another negative errno (-EPERM: BPF_PROG_QUERY needs CAP_NET_ADMIN or
 * CAP_SYS_ADMIN).
 */
int cgroup_of_program(const char *path, uint32_t id, char *ret_path, size_t size);

#endif
