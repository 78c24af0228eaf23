/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies of what the kernel knows of a socket or a task. */
#ifndef REUSETRACE_FACTS_BPF_H
#define REUSETRACE_FACTS_BPF_H

#include "compat.bpf.h"
#include "rodata.bpf.h"

#define PATH_COMPONENTS 16
#define PATH_PART	128
#define PATH_LAST	255

_Static_assert(RT_EXE_LEN >= PATH_LAST + PATH_PART, "a last component may start at PATH_LAST");

static __always_inline u16 swab16(u16 v)
{
	return (u16)(v << 8 | v >> 8);
}

static __always_inline void describe_address(struct rt_sock *to, struct sock *sk)
{
	if (to->family == AF_INET6) {
		bpf_core_read(to->addr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(to->peer, 16, &sk->__sk_common.skc_v6_daddr);
	} else {
		__builtin_memset(to->addr, 0, 16);
		__builtin_memset(to->peer, 0, 16);
		bpf_core_read(to->addr, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(to->peer, 4, &sk->__sk_common.skc_daddr);
	}
}

/* The part that every kind of socket has, TIME_WAIT and request minisocks included. */
static __always_inline u32 describe_common(struct rt_sock *to, struct sock *sk)
{
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	u32 flags = 0;

	to->key = (u64)sk;
	to->cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	to->netns = BPF_CORE_READ(net, ns.inum);
	to->ifindex = BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	to->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	to->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	to->peer_port = swab16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	to->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	to->reuse = BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse);
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuseport))
		flags |= RT_SK_REUSEPORT;
	if (BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only))
		flags |= RT_SK_V6ONLY;
	describe_address(to, sk);
	return flags;
}

static __always_inline u32 describe_minisock(struct rt_sock *to, struct sock *sk)
{
	struct inet_timewait_sock *tw = (void *)sk;

	to->protocol = IPPROTO_TCP;
	to->uid = RT_UID_NONE;
	to->inode = 0;
	to->left_ms = 0;
	to->substate = 0;
	if (to->state == TCP_TIME_WAIT) {
		u64 expires = BPF_CORE_READ(tw, tw_timer.expires), now = bpf_jiffies64();

		to->substate = BPF_CORE_READ(tw, tw_substate);
		if (expires > now && config.hz)
			to->left_ms = (expires - now) * 1000 / config.hz;
	}
	return RT_SK_MINI;
}

static __always_inline u32 describe_group(struct rt_sock *to, struct sock *sk)
{
	struct sock_reuseport *cb = BPF_CORE_READ(sk, sk_reuseport_cb);
	u32 flags = RT_SK_CB;

	if (!cb)
		return 0;
	to->group_id = BPF_CORE_READ(cb, reuseport_id);
	to->group_size = BPF_CORE_READ(cb, num_socks);
	if (BPF_CORE_READ(cb, prog))
		flags |= RT_SK_CB_PROG;
	if (compat_group_closed(cb))
		flags |= RT_SK_CB_CLOSED;
	return flags;
}

static __always_inline u32 describe_full(struct rt_sock *to, struct sock *sk)
{
	struct socket *socket = BPF_CORE_READ(sk, sk_socket);
	u8 locks = compat_sk_userlocks(sk);
	struct inet_bits bits = {};
	u32 flags = 0;

	to->inode = compat_sk_inode(sk, socket);
	to->protocol = BPF_CORE_READ(sk, sk_protocol);
	to->uid = BPF_CORE_READ(sk, sk_uid.val);
	if (!socket)
		flags |= RT_SK_ORPHAN;
	else if (!BPF_CORE_READ(socket, file))
		flags |= RT_SK_NO_FILE;
	if (BPF_CORE_READ(sk, __sk_common.skc_flags) & (1UL << SOCK_DEAD))
		flags |= RT_SK_DEAD;
	if (BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
		flags |= RT_SK_KERN;
	if (locks & SOCK_BINDADDR_LOCK)
		flags |= RT_SK_ADDR_LOCK;
	if (locks & SOCK_BINDPORT_LOCK)
		flags |= RT_SK_PORT_LOCK;
	if (locks & SOCK_CONNECT_BIND)
		flags |= RT_SK_CONNECT_BIND;
	compat_inet_bits(sk, &bits);
	if (bits.freebind)
		flags |= RT_SK_FREEBIND;
	if (bits.transparent)
		flags |= RT_SK_TRANSPARENT;
	if (bits.no_port)
		flags |= RT_SK_NO_PORT;
	if (BPF_CORE_READ(sk, sk_type) == SOCK_RAW)
		flags |= RT_SK_RAW;
	else if (to->protocol == IPPROTO_MPTCP || (to->protocol == IPPROTO_TCP && compat_is_subflow(sk)))
		flags |= RT_SK_MPTCP;
	return flags | describe_group(to, sk);
}

/* As the kernel has it now. */
static __always_inline void describe_bare(struct rt_sock *to, struct sock *sk)
{
	u32 flags;

	__builtin_memset(to, 0, sizeof(*to));
	flags = describe_common(to, sk);
	if (to->state == TCP_TIME_WAIT || to->state == TCP_NEW_SYN_RECV)
		flags |= describe_minisock(to, sk);
	else
		flags |= describe_full(to, sk);
	to->flags = flags;
}

static __always_inline u64 describe_cgroup(struct sock *sk)
{
	return BPF_CORE_READ(compat_sk_cgroup(sk), kn, id);
}

/* Next component in *ret_name, or NULL in it at the root of a mount; false at the root of all. */
static __always_inline bool path_step(struct dentry **dentry, struct mount **mount,
				      const unsigned char **ret_name)
{
	struct dentry *at = *dentry, *parent = BPF_CORE_READ(at, d_parent);
	struct mount *up, *here = *mount;

	*ret_name = NULL;
	if (at != BPF_CORE_READ(here, mnt.mnt_root) && at != parent) {
		*ret_name = BPF_CORE_READ(at, d_name.name);
		*dentry = parent;
		return true;
	}
	up = BPF_CORE_READ(here, mnt_parent);
	*dentry = BPF_CORE_READ(here, mnt_mountpoint);
	*mount = up;
	return up != here;
}

/*
 * A path (of the executable), the last component first, each ended by a NUL;
 * the loader turns it round.  A long component is cut at PATH_PART - 1.  The
 * length so far is kept in the record: in a register its growing range would
 * make every round of the loop a new state to the verifier.
 */
static __always_inline void describe_path(char *to, struct rt_header *header, struct dentry *dentry,
					  struct vfsmount *mnt)
{
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	volatile __u16 *length = &header->pad;
	const unsigned char *name;
	u32 at;
	long n;

	*length = 0;
	for (int i = 0; i < PATH_COMPONENTS && dentry; i++) {
		if (!path_step(&dentry, &mount, &name))
			break;
		at = *length;
		if (!name)
			continue;
		if (at > PATH_LAST)
			break;
		asm volatile("" : "+r"(at));
		n = bpf_probe_read_kernel_str(to + (at & PATH_LAST), PATH_PART, name);
		if (n <= 1)
			break;
		*length = at + n;
	}
	at = *length;
	asm volatile("" : "+r"(at));
	if (at < RT_EXE_LEN)
		to[at] = 0;
	*length = 0;
}

static __always_inline void describe_exe(char *to, struct rt_header *header, struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	describe_path(to, header, BPF_CORE_READ(exe, f_path.dentry), BPF_CORE_READ(exe, f_path.mnt));
}

/* As it is before an attempt changes it. */
static __always_inline void describe_bucket(struct rt_bucket *to, struct inet_bind_bucket *tb)
{
	to->port = BPF_CORE_READ(tb, port);
	to->l3mdev = BPF_CORE_READ(tb, l3mdev);
	to->fastreuse = BPF_CORE_READ(tb, fastreuse);
	to->fastreuseport = BPF_CORE_READ(tb, fastreuseport);
	to->fastuid = BPF_CORE_READ(tb, fastuid.val);
	to->fast_family = BPF_CORE_READ(tb, fast_sk_family);
	to->fast_v6only = BPF_CORE_READ(tb, fast_ipv6_only);
	__builtin_memset(to->fast_addr, 0, RT_ADDR_LEN);
	if (to->fast_family == AF_INET6)
		bpf_core_read(to->fast_addr, 16, &tb->fast_v6_rcv_saddr);
	else
		bpf_core_read(to->fast_addr, 4, &tb->fast_rcv_saddr);
}

static __always_inline u32 protocol_bit(struct sock *sk)
{
	if (BPF_CORE_READ(sk, sk_type) == SOCK_RAW) /* of any protocol */
		return RT_PROTO_RAW;
	switch (BPF_CORE_READ(sk, sk_protocol)) {
	case IPPROTO_TCP:
		return RT_PROTO_TCP;
	case IPPROTO_UDP:
		return RT_PROTO_UDP;
	case IPPROTO_MPTCP:
		return RT_PROTO_MPTCP;
	case IPPROTO_SCTP:
		return RT_PROTO_SCTP;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return RT_PROTO_PING;
	}
	return 0;
}

/* The kinds of socket that this tool explains, whatever the filters. */
static __always_inline bool sock_followed(struct sock *sk)
{
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);

	return (family == AF_INET || family == AF_INET6) &&
	       protocol_bit(sk) & (RT_PROTO_USUAL | config.protocols);
}

/* A file is a socket if it lives on sockfs: needs no symbol and no helper. */
static __always_inline struct sock *sock_of_file(struct file *file)
{
	struct socket *socket;

	if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return socket ? BPF_CORE_READ(socket, sk) : NULL;
}

static __always_inline u32 fd_closes_on_exec(struct task_struct *task, u32 fd)
{
	unsigned long *bits = BPF_CORE_READ(task, files, fdt, close_on_exec), word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), bits + fd / 64);
	return word >> fd % 64 & 1;
}

static __always_inline u32 task_nspid(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	u32 level = BPF_CORE_READ(pid, level), nr = 0;
	void *at = (void *)pid + bpf_core_field_offset(struct pid, numbers);

	bpf_probe_read_kernel(&nr, sizeof(nr), at + level * bpf_core_type_size(struct upid));
	return nr;
}

/* Any task; the thread that runs is the usual one. */
static __always_inline void describe_process(struct rt_process *to, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	to->start_ns = BPF_CORE_READ(leader, start_boottime);
	to->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	to->tgid = BPF_CORE_READ(task, tgid);
	to->tid = BPF_CORE_READ(task, pid);
	to->ppid = BPF_CORE_READ(task, real_parent, tgid);
	to->nspid = task_nspid(leader);
	to->uid = BPF_CORE_READ(task, cred, uid.val);
	to->pad = 0;
	bpf_core_read(to->comm, sizeof(to->comm), &task->comm);
}

#endif
