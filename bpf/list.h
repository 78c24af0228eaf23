/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the iterators of `ls` and `why` write: every socket that has a port,
 * from the kernel's own tables, and every descriptor that leads to one.
 */
#ifndef REUSETRACE_BPF_LIST_H
#define REUSETRACE_BPF_LIST_H

#include "../user/event.h"

struct rt_listed {
	struct rt_sock sock;
	struct rt_bucket bucket; /* that it is in */
};

struct rt_owner {
	__u64 key;	/* the socket's */
	__u64 inode;	/* the socket's */
	__u64 start_ns; /* of the process */
	__u64 cgroup;
	__u32 tgid;
	__u32 ppid;
	__u32 nspid;
	__u32 uid;
	__s32 fd;
	__u32 cloexec;
	char comm[RT_COMM_LEN];
};

_Static_assert(sizeof(struct rt_listed) % 8 == 0, "rt_listed layout");
_Static_assert(sizeof(struct rt_owner) == 72, "rt_owner layout");

#endif
