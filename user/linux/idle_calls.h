/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Room for returns that are awaited.
 *
 * From 6.4 to 6.12 a kretprobe.multi link has a fixed pool of return nodes:
 * functions x possible CPUs x 2 (fprobe_init_rethook()).  With one function on
 * one CPU a third task inside bind() is missed.  Rare system calls that never
 * run inside a bind make the pool large; their returns find no attempt.
 */
#ifndef REUSETRACE_LINUX_IDLE_CALLS_H
#define REUSETRACE_LINUX_IDLE_CALLS_H

#include <stddef.h>

#define IDLE_CALLS_MAX 80
#define IDLE_NAME_LEN  48

struct kernel_names;

struct idle_calls {
	char names[IDLE_CALLS_MAX][IDLE_NAME_LEN];
	size_t count; /* 0 where the kernel keeps returns elsewhere */
};

void idle_calls_find(const struct kernel_names *names, struct idle_calls *ret_calls);

#endif
