/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The security modules of this kernel, and what they think of a process. */
#ifndef REUSETRACE_LINUX_SECURITY_H
#define REUSETRACE_LINUX_SECURITY_H

#include <stddef.h>
#include <stdint.h>

/*
 * The active modules in the order in which they are asked, "capability,landlock,
 * apparmor": from securityfs, else from lsm_list_modules(2).  -ENOENT if neither
 * is there (no securityfs is mounted and the kernel is older than 6.8).
 */
int security_modules(char *ret_list, size_t size);

/*
 * The profile or context of a process: /proc/PID/attr/apparmor/current for
 * "apparmor", /proc/PID/attr/current for "selinux" and "smack".  -ENOENT for a
 * module that has none, -ESRCH or another negative errno if it cannot be read.
 */
int security_label(const char *module, uint32_t pid, char *ret_label, size_t size);

#endif
