/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies of what the kernel knows of a socket or a task. */
#ifndef REUSETRACE_FACTS_BPF_H
#define REUSETRACE_FACTS_BPF_H

#include "compat.bpf.h"
#include "rodata.bpf.h"

#define EBADF		9
#define ENOTSOCK	88
#define PATH_COMPONENTS 16
#define PATH_PART	128
#define PATH_LAST	255
#define NAMES_ABOVE	8
#define MOUNTS_ABOVE	3

_Static_assert(RT_EXE_LEN >= PATH_LAST + PATH_PART, "a last component may start at PATH_LAST");

static __always_inline u16 swab16(u16 v)
{
	return (u16)(v << 8 | v >> 8);
}

/* One read of many words costs what two of one word do.  skc_flags is the last one of interest. */
struct common_copy {
	u64 words[14];
};

static __always_inline struct sock_common *copy_common(struct common_copy *to, struct sock *sk)
{
	u32 size = bpf_core_field_offset(struct sock_common, skc_flags) + sizeof(unsigned long);

	if (size > sizeof(*to))
		size = sizeof(*to);
	bpf_probe_read_kernel(to, size, sk);
	return (struct sock_common *)to;
}

static __always_inline void describe_address(struct rt_sock *to, const struct sock_common *common)
{
	if (to->family == AF_INET6) {
		__builtin_memcpy(to->addr, &common->skc_v6_rcv_saddr, 16);
		__builtin_memcpy(to->peer, &common->skc_v6_daddr, 16);
	} else {
		__builtin_memset(to->addr, 0, 16);
		__builtin_memset(to->peer, 0, 16);
		__builtin_memcpy(to->addr, &common->skc_rcv_saddr, 4);
		__builtin_memcpy(to->peer, &common->skc_daddr, 4);
	}
}

/* The part that every kind of socket has, TIME_WAIT and request minisocks included. */
static __always_inline u32 describe_common(struct rt_sock *to, struct sock *sk, bool typed)
{
	struct common_copy copy;
	struct sock_common *common = typed ? &sk->__sk_common : copy_common(&copy, sk);
	u32 flags = 0;

	to->key = (u64)sk;
	to->cookie = common->skc_cookie.counter;
	to->netns = SK_READ(typed, common->skc_net.net, ns.inum);
	to->ifindex = common->skc_bound_dev_if;
	to->family = common->skc_family;
	to->port = common->skc_num;
	to->peer_port = swab16(common->skc_dport);
	to->state = common->skc_state;
	to->reuse = BPF_CORE_READ_BITFIELD(common, skc_reuse);
	if (BPF_CORE_READ_BITFIELD(common, skc_reuseport))
		flags |= RT_SK_REUSEPORT;
	if (BPF_CORE_READ_BITFIELD(common, skc_ipv6only))
		flags |= RT_SK_V6ONLY;
	if (common->skc_flags & (1UL << SOCK_DEAD))
		flags |= RT_SK_DEAD;
	describe_address(to, common);
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

static __always_inline u32 describe_group(struct rt_sock *to, struct sock *sk, bool typed)
{
	struct sock_reuseport *cb = SK_READ(typed, sk, sk_reuseport_cb);
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

static __always_inline u32 describe_full(struct rt_sock *to, struct sock *sk, bool typed)
{
	struct socket *socket = SK_READ(typed, sk, sk_socket);
	struct sk_kind kind = compat_sk_kind(sk, typed);
	u8 locks = compat_sk_userlocks(sk, typed);
	struct inet_bits bits = {};
	u32 flags = 0;

	to->inode = compat_sk_inode(sk, socket);
	to->protocol = kind.protocol;
	to->uid = SK_READ(typed, sk, sk_uid.val);
	if (!socket)
		flags |= RT_SK_ORPHAN;
	else if (!SK_READ(typed, socket, file))
		flags |= RT_SK_NO_FILE;
	if (typed ? BPF_CORE_READ_BITFIELD(sk, sk_kern_sock)
		  : BPF_CORE_READ_BITFIELD_PROBED(sk, sk_kern_sock))
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
	if (kind.type == SOCK_RAW)
		flags |= RT_SK_RAW;
	else if (to->protocol == IPPROTO_MPTCP || (to->protocol == IPPROTO_TCP && compat_is_subflow(sk)))
		flags |= RT_SK_MPTCP;
	return flags | describe_group(to, sk, typed);
}

/* As the kernel has it now. */
static __always_inline void describe_bare(struct rt_sock *to, struct sock *sk, bool typed)
{
	u32 flags;

	__builtin_memset(to, 0, sizeof(*to));
	flags = describe_common(to, sk, typed);
	if (to->state == TCP_TIME_WAIT || to->state == TCP_NEW_SYN_RECV)
		flags = (flags & ~RT_SK_DEAD) | describe_minisock(to, sk);
	else
		flags |= describe_full(to, sk, typed);
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
 * the loader turns it round.  A long component is cut at PATH_PART - 1.
 * Returns the length without the last NUL.  The length so far is kept in the record: in a register its
 * growing range would make every round of the loop a new state to the verifier.
 */
static __always_inline u32 describe_path(char *to, struct rt_header *header, struct dentry *dentry,
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
	return at;
}

static __always_inline u32 describe_exe(char *to, struct rt_header *header, struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);

	return describe_path(to, header, BPF_CORE_READ(exe, f_path.dentry), BPF_CORE_READ(exe, f_path.mnt));
}

/*
 * The names on the way up to the root of its mount.  The kernel's hash of a
 * name depends on the directory that it is in, so every rename and every move
 * on the way changes the sum.  0: too long a way.
 */
static __always_inline u64 names_above(struct dentry *dentry, const struct dentry *root)
{
	u64 sum = 1;

	for (int i = 0; i < NAMES_ABOVE && dentry; i++) {
		u64 at = (u64)dentry;

		asm volatile("" : "+r"(at)); /* else the compiler takes one pointer for the other */
		if (at == (u64)root)
			return sum;
		sum = sum * 31 + dentry->d_name.hash;
		dentry = dentry->d_parent;
	}
	return 0;
}

/* Mounted on nothing that has a name, as the root is: no rename moves it. */
static __always_inline bool mount_stays(const struct vfsmount *mnt, const struct task_struct *task)
{
	struct mount *at = (void *)((u64)mnt - bpf_core_field_offset(struct mount, mnt));
	struct nsproxy *proxy = task->nsproxy;
	struct mnt_namespace *ns = proxy ? proxy->mnt_ns : NULL;
	u64 top = ns ? (u64)ns->root : 0;

	for (int i = 0; i < MOUNTS_ABOVE; i++) {
		struct dentry *point;

		if ((u64)at == top)
			return true;
		point = BPF_CORE_READ(at, mnt_mountpoint);
		if (BPF_CORE_READ(point, d_parent) != point)
			return false;
		at = BPF_CORE_READ(at, mnt_parent);
	}
	return false;
}

/* What tells that the executable's path is the one that was read before; false where that is not cheap. */
static __always_inline bool exe_key(struct exe_key *to, const struct rt_process *process)
{
	struct task_struct *task = compat_typed_task();
	struct vfsmount *mnt;
	struct mm_struct *mm;
	struct file *exe;

	if (!task)
		return false;
	mm = task->mm;
	exe = mm ? mm->exe_file : NULL;
	mnt = exe ? exe->f_path.mnt : NULL;
	if (!mnt)
		return false;
	to->start_ns = process->start_ns;
	to->exec_id = task->self_exec_id;
	to->mount = (u64)mnt;
	to->names = names_above(exe->f_path.dentry, mnt->mnt_root);
	return to->names && mount_stays(mnt, task);
}

struct bucket_copy {
	u64 words[12];
};

/* As it is before an attempt changes it. */
static __always_inline void describe_bucket(struct rt_bucket *to, struct inet_bind_bucket *tb)
{
	u32 size = bpf_core_type_size(struct inet_bind_bucket);
	struct bucket_copy copy;
	struct inet_bind_bucket *bucket = (struct inet_bind_bucket *)&copy;

	if (size > sizeof(copy))
		size = sizeof(copy);
	bpf_probe_read_kernel(&copy, size, tb);
	to->port = bucket->port;
	to->l3mdev = bucket->l3mdev;
	to->fastreuse = bucket->fastreuse;
	to->fastreuseport = bucket->fastreuseport;
	to->fastuid = bucket->fastuid.val;
	to->fast_family = bucket->fast_sk_family;
	to->fast_v6only = bucket->fast_ipv6_only;
	__builtin_memset(to->fast_addr, 0, RT_ADDR_LEN);
	if (to->fast_family == AF_INET6)
		__builtin_memcpy(to->fast_addr, &bucket->fast_v6_rcv_saddr, 16);
	else
		__builtin_memcpy(to->fast_addr, &bucket->fast_rcv_saddr, 4);
}

static __always_inline u32 protocol_bit(struct sock *sk)
{
	struct sk_kind kind = compat_sk_kind(sk, false);

	if (kind.type == SOCK_RAW) /* of any protocol */
		return RT_PROTO_RAW;
	switch (kind.protocol) {
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

/* Behind a descriptor of the thread that runs; NULL: it is no socket.  A socket knows its file. */
static __always_inline struct sock *own_sock(u32 fd)
{
	struct fdtable *table = compat_own_files();
	struct file **files, *file = NULL;
	struct socket *socket;

	if (fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, file) == file ? BPF_CORE_READ(socket, sk) : NULL;
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

/* The same of the thread that runs. */
static __always_inline u32 current_nspid(struct task_struct *leader, u32 tgid)
{
	struct pid *pid = leader ? leader->thread_pid : NULL;

	if (!pid || !pid->level)
		return tgid;
	return task_nspid(leader);
}

/* Any task. */
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

/* The thread that runs.  Every pointer is looked at before it is used: which may be NULL is told since 6.4.
 */
static __always_inline void describe_current(struct rt_process *to)
{
	struct task_struct *task = compat_typed_task(), *leader, *parent;
	const struct cred *cred;
	struct css_set *cgroups;
	struct cgroup *cgroup;
	struct kernfs_node *node;

	if (!task) {
		describe_process(to, (void *)bpf_get_current_task());
		return;
	}
	leader = task->group_leader;
	parent = task->real_parent;
	cred = task->cred;
	cgroups = task->cgroups;
	cgroup = cgroups ? cgroups->dfl_cgrp : NULL;
	node = cgroup ? cgroup->kn : NULL;
	to->start_ns = leader ? leader->start_boottime : 0;
	to->cgroup = node ? node->id : 0;
	to->tgid = task->tgid;
	to->tid = task->pid;
	to->ppid = parent ? parent->tgid : 0;
	to->nspid = current_nspid(leader, to->tgid);
	to->uid = cred ? cred->uid.val : 0;
	to->pad = 0;
	bpf_core_read(to->comm, sizeof(to->comm), &task->comm);
}

#endif
