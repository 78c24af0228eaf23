/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel knows of a socket, and what is remembered of it. */
#ifndef REUSETRACE_KNOWN_BPF_H
#define REUSETRACE_KNOWN_BPF_H

#include "facts.bpf.h"
#include "maps.bpf.h"

static __always_inline void add_known(struct rt_sock *to, const struct rt_known *known_sock)
{
	if (to->inode && known_sock->inode && known_sock->inode != to->inode)
		return;
	if (!to->inode) /* close() takes it away before the port is released */
		to->inode = known_sock->inode;
	to->bound_ns = known_sock->bound_ns;
	to->bound_tgid = known_sock->tgid;
	__builtin_memcpy(to->bound_comm, known_sock->comm, RT_COMM_LEN);
	to->flags |= known_sock->accepted ? RT_SK_KNOWN | RT_SK_ACCEPTED : RT_SK_KNOWN;
}

static __always_inline void describe_known(struct rt_sock *to, u64 key)
{
	struct rt_known *known_sock = *mark_of(key) ? bpf_map_lookup_elem(&known, &key) : NULL;

	if (!known_sock && config.connects && *mark_of(key))
		known_sock = bpf_map_lookup_elem(&children, &key);
	if (known_sock)
		add_known(to, known_sock);
}

static __always_inline void describe_sock(struct rt_sock *to, struct sock *sk)
{
	describe_bare(to, sk, false);
	describe_known(to, (u64)sk);
}

/* The same of a socket as fentry has it; key is its address as a number, which a typed pointer is not. */
static __always_inline void describe_typed(struct rt_sock *to, struct sock *sk, u64 key)
{
	describe_bare(to, sk, true);
	describe_known(to, key);
}

/* Of those in the way also where they were made: their process may be gone, or another one. */
static __always_inline void describe_contender(struct rt_sock *to, struct sock *sk)
{
	describe_sock(to, sk);
	if (!(to->flags & RT_SK_MINI))
		to->cgroup = describe_cgroup(sk);
}

#endif
