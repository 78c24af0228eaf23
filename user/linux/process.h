/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that the kernel knows by number: cgroups, units, containers, namespaces. */
#ifndef REUSETRACE_LINUX_PROCESS_H
#define REUSETRACE_LINUX_PROCESS_H

#include "model/event.h"

/* Fills cgroup, unit and container from cgroup_id, and exe if it is not known; "" where unknown. */
struct process_names; /* remembers the cgroups it has looked up */

struct process_names *process_names_new(void);
void process_names_free(struct process_names *names);
void process_names(struct process_names *names, struct proc_info *process);

/* "/system.slice/nginx.service" is unit "nginx.service"; a 64-digit hex part is a container. */
void cgroup_unit(const char *cgroup, char *ret_unit, size_t size);
void cgroup_container(const char *cgroup, char *ret_container, size_t size);

/* NS as a name, pid, path or inode number.  0 or a negative errno. */
int netns_inode(const char *text, uint32_t *ret_inode);

/*
 * A cgroup as a path from the root of the hierarchy or below the mount point.
 * *ret_id is 0 if it is not there (yet).
 */
int cgroup_resolve(const char *text, char *ret_path, size_t size, uint64_t *ret_id);

bool process_exists(uint32_t pid);

/* Calls fn for each process whose parent is pid. */
int process_children(uint32_t pid, int (*fn)(void *context, uint32_t child), void *context);

#endif
