/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the path of a cgroup says of the processes in it.
 *
 * Paths are chosen by whoever may make cgroups: nothing here trusts them.
 * Results are "" where the path says nothing, cut to their size, and may hold
 * any byte but NUL and '/'.
 */
#ifndef REUSETRACE_MODEL_CGROUP_H
#define REUSETRACE_MODEL_CGROUP_H

#include <stddef.h>

#include "model/event.h"

/*
 * Units are named as systemd.unit(5) and its cgroup names say: slices first,
 * then the unit of the system's manager; below a user's manager or a session,
 * the unit of the user.  A slice counts only where there is nothing else.
 *
 * Containers are named by the outermost path component that a runtime made,
 * which is the one that the runtime of this machine knows:
 *   [PREFIX-]ID[.scope]   docker, libpod, crio, cri-containerd, kubepods: 64 hex digits
 *   runc-NAME.scope       runc and crun with systemd's cgroups
 *   machine-NAME.scope    systemd-machined; systemd-nspawn@NAME.service
 *   lxc.payload.NAME      lxc; also lxc/NAME
 * The monitor of a container (conmon, lxc) is no part of it: it serves it.
 */
struct cgroup_names {
	char unit[UNIT_LEN];
	char container[CONTAINER_LEN];
	char serves[CONTAINER_LEN];
};

void cgroup_names(const char *path, struct cgroup_names *ret_names);

/* "\x2d" is '-', as in systemd-escape(1); what is not such an escape stays. */
void unit_unescape(const char *name, size_t length, char *ret_name, size_t size);

/*
 * The path that tells most of those in /proc/PID/cgroup: that of the unified
 * hierarchy, else systemd's own, else one of a controller's.  0 or -ENOENT.
 */
int cgroup_of_lines(const char *lines, char *ret_path, size_t size);

/* "nginx" and "nginx.service" alike as the name of a unit; -EINVAL if it cannot be one. */
int unit_name(const char *text, char *ret_unit, size_t size);

/*
 * Where systemd puts a unit of the system's manager that has no Slice=:
 * "/system.slice/nginx.service", "/a.slice/a-b.slice".  0, -EINVAL or -ENAMETOOLONG.
 */
int unit_cgroup(const char *unit, char *ret_path, size_t size);

#endif
