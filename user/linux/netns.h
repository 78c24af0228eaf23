/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network namespaces: which there are, by a name of ip-netns(8) or by a process
 * in them, and what can be asked inside.
 */
#ifndef REUSETRACE_LINUX_NETNS_H
#define REUSETRACE_LINUX_NETNS_H

#include "model/event.h"

#define NETNS_MAX	64
#define NETNS_PROCESSES 16384

struct netns {
	uint32_t inode;
	uint32_t pid; /* of a process in it, the one with the lowest number; 0: none was found */
	char comm[COMM_LEN];
	char name[DEVICE_LEN]; /* of ip-netns(8), "" if it has none */
};

/*
 * The tracer's own first, then named ones, then those of processes that /proc
 * shows: at most NETNS_MAX, after at most NETNS_PROCESSES processes.  Returns
 * how many, or a negative errno: -ENOENT where /proc does not tell its own.
 */
int netns_list(struct netns ret_list[NETNS_MAX]);

/* The network namespace with this inode without a search: the tracer's own, or that of this process. */
bool netns_of_process(uint32_t inode, uint32_t pid, struct netns *ret_netns);

/* Called inside; a negative errno is netns_inside()'s. */
typedef int (*netns_fn)(void *context);

/*
 * Calls fn in the network namespace, in a thread that ends with it, so that no
 * other thread changes its own.  -EPERM without CAP_SYS_ADMIN, except for the
 * tracer's own; -ENOENT or -ESRCH if it is gone.
 */
int netns_inside(const struct netns *netns, netns_fn fn, void *context);

#endif
