/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything in which the kernels from 5.10 on differ, one accessor a
 * difference.  Each is decided by a feature that CO-RE can see, never by a
 * version number; the ranges say where the shape was observed.
 */
#ifndef REUSETRACE_COMPAT_BPF_H
#define REUSETRACE_COMPAT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define AF_UNIX		   1
#define AF_INET		   2
#define AF_INET6	   10
#define IPPROTO_ICMP	   1
#define IPPROTO_TCP	   6
#define IPPROTO_UDP	   17
#define IPPROTO_ICMPV6	   58
#define IPPROTO_SCTP	   132
#define IPPROTO_MPTCP	   262
#define SOCK_RAW	   3
#define TCP_ESTABLISHED	   1
#define TCP_TIME_WAIT	   6
#define TCP_CLOSE	   7
#define TCP_LISTEN	   10
#define TCP_NEW_SYN_RECV   12
#define SOCK_DEAD	   0 /* bit of skc_flags */
#define SOCKFS_MAGIC	   0x534F434B
#define ANON_INODE_MAGIC   0x09041934
#define SOCK_BINDADDR_LOCK 4
#define SOCK_BINDPORT_LOCK 8
#define SOCK_CONNECT_BIND  16
/* The two flavours of the bound-device and option bits below are in no BTF enum. */
#define INET_FLAGS_FREEBIND		11
#define INET_FLAGS_TRANSPARENT		15
#define INET_FLAGS_BIND_ADDRESS_NO_PORT 18

#define FLAVOUR				__attribute__((preserve_access_index))

/*
 * A member of a socket whose type the verifier knows, as fentry has it, is read
 * with an instruction, of any other with a helper; typed is a constant.
 */
#define SK_READ(typed, sk, member) ((typed) ? (sk)->member : BPF_CORE_READ(sk, member))

/* struct sock: sk_ino since 6.17, before that the inode behind sk_socket. */
struct sock___ino {
	u64 sk_ino;
} FLAVOUR;

static __always_inline u64 compat_sk_inode(struct sock *sk, struct socket *socket)
{
	if (bpf_core_field_exists(struct sock___ino, sk_ino))
		return BPF_CORE_READ((struct sock___ino *)sk, sk_ino);
	if (!socket)
		return 0;
	return BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
}

/* struct sock: sk_userlocks is a 4-bit field up to 6.1 and a byte from 6.12 on; one relocation reads both. */
struct sock___locks_bits {
	u8 sk_userlocks : 4;
} FLAVOUR;

static __always_inline u8 compat_sk_userlocks(struct sock *sk, bool typed)
{
	struct sock___locks_bits *bits = (void *)sk;

	if (typed)
		return BPF_CORE_READ_BITFIELD(bits, sk_userlocks);
	return BPF_CORE_READ_BITFIELD_PROBED(bits, sk_userlocks);
}

/* struct sock: sk_type and sk_protocol lie side by side, in either order. */
struct sk_kind {
	u16 type, protocol;
};

static __always_inline struct sk_kind compat_sk_kind(struct sock *sk, bool typed)
{
	u32 type = bpf_core_field_offset(struct sock, sk_type);
	u32 protocol = bpf_core_field_offset(struct sock, sk_protocol);
	struct sk_kind kind = {};
	u16 pair[2] = {};

	if (typed) {
		kind.type = sk->sk_type;
		kind.protocol = sk->sk_protocol;
	} else if (type + 2 == protocol) {
		bpf_probe_read_kernel(&kind, sizeof(kind), (void *)sk + type);
	} else if (protocol + 2 == type) {
		bpf_probe_read_kernel(pair, sizeof(pair), (void *)sk + protocol);
		kind.protocol = pair[0];
		kind.type = pair[1];
	} else {
		kind.type = BPF_CORE_READ(sk, sk_type);
		kind.protocol = BPF_CORE_READ(sk, sk_protocol);
	}
	return kind;
}

/* struct inet_sock: option bits are bit fields up to 6.5, inet_flags from 6.6 on. */
struct inet_sock___bits {
	u8 freebind : 1;
	u8 transparent : 1;
	u8 bind_address_no_port : 1;
} FLAVOUR;

struct inet_sock___flags {
	unsigned long inet_flags;
} FLAVOUR;

struct inet_bits {
	bool freebind, transparent, no_port;
};

/* Of the eight bytes from freebind's on: the others are in the same byte or in the next. */
#define INET_BIT(bytes, at, sk, field)                                                                       \
	((u64)(u8)((bytes) >> ((__CORE_RELO(sk, field, BYTE_OFFSET) - (at)) * 8 & 63))                       \
		 << __CORE_RELO(sk, field, LSHIFT_U64) >>                                                    \
	 __CORE_RELO(sk, field, RSHIFT_U64))

static __always_inline void compat_inet_bits(struct sock *sk, struct inet_bits *ret_bits)
{
	if (bpf_core_field_exists(struct inet_sock___flags, inet_flags)) {
		unsigned long flags = BPF_CORE_READ((struct inet_sock___flags *)sk, inet_flags);

		ret_bits->freebind = flags & (1UL << INET_FLAGS_FREEBIND);
		ret_bits->transparent = flags & (1UL << INET_FLAGS_TRANSPARENT);
		ret_bits->no_port = flags & (1UL << INET_FLAGS_BIND_ADDRESS_NO_PORT);
	} else {
		struct inet_sock___bits *bits = (void *)sk;
		u32 at = __CORE_RELO(bits, freebind, BYTE_OFFSET);
		u64 bytes = 0;

		bpf_probe_read_kernel(&bytes, sizeof(bytes), (void *)sk + at);
		ret_bits->freebind = INET_BIT(bytes, at, bits, freebind);
		ret_bits->transparent = INET_BIT(bytes, at, bits, transparent);
		ret_bits->no_port = INET_BIT(bytes, at, bits, bind_address_no_port);
	}
}

/* struct sock_reuseport: num_closed_socks since 5.14. */
struct sock_reuseport___closed {
	u16 num_closed_socks;
} FLAVOUR;

static __always_inline u16 compat_group_closed(struct sock_reuseport *cb)
{
	if (!bpf_core_field_exists(struct sock_reuseport___closed, num_closed_socks))
		return 0;
	return BPF_CORE_READ((struct sock_reuseport___closed *)cb, num_closed_socks);
}

/*
 * struct inet_bind_bucket: owners up to 6.7; from 6.8 on a list of
 * inet_bind2_bucket (bhash2, linked by bhash_node) whose owners are the
 * sockets.  Both hold TIME_WAIT minisocks, linked by skc_bind_node.
 */
struct inet_bind_bucket___owners {
	struct hlist_head owners;
} FLAVOUR;

struct inet_bind_bucket___bhash2 {
	struct hlist_head bhash2;
} FLAVOUR;

struct inet_bind2_bucket {
	possible_net_t ib_net;
	unsigned short port;
	struct hlist_node bhash_node;
	struct hlist_head owners;
} FLAVOUR;

/* A position in the owners of a bucket: at most one of the two levels before 6.8. */
struct owner_cursor {
	struct hlist_node *owner;
	struct hlist_node *bucket2;
};

static __always_inline void compat_owners_begin(struct inet_bind_bucket *tb, struct owner_cursor *cursor)
{
	cursor->owner = NULL;
	cursor->bucket2 = NULL;
	if (bpf_core_field_exists(struct inet_bind_bucket___owners, owners))
		cursor->owner = BPF_CORE_READ((struct inet_bind_bucket___owners *)tb, owners.first);
	else
		cursor->bucket2 = BPF_CORE_READ((struct inet_bind_bucket___bhash2 *)tb, bhash2.first);
}

/* One step; returns the socket stepped over, or NULL where the step only entered a bhash2 bucket. */
static __always_inline struct sock *compat_owners_step(struct owner_cursor *cursor)
{
	struct sock *sk = NULL;

	struct hlist_node *node = cursor->owner;

	if (node) {
		sk = (void *)node - bpf_core_field_offset(struct sock_common, skc_bind_node);
		cursor->owner = BPF_CORE_READ(node, next);
		return sk;
	}
	node = cursor->bucket2;
	if (node && !bpf_core_field_exists(struct inet_bind_bucket___owners, owners)) {
		struct inet_bind2_bucket *tb2 =
			(void *)node - bpf_core_field_offset(struct inet_bind2_bucket, bhash_node);

		cursor->owner = BPF_CORE_READ(tb2, owners.first);
		cursor->bucket2 = BPF_CORE_READ(node, next);
	}
	return sk;
}

/* Is the next bhash2 bucket, if there is one, still one of this bucket's? */
static __always_inline bool compat_bucket2_belongs(struct inet_bind_bucket *tb,
						   const struct owner_cursor *cursor)
{
	struct hlist_node *node = cursor->bucket2;
	struct inet_bind2_bucket *tb2;

	if (!node || bpf_core_field_exists(struct inet_bind_bucket___owners, owners))
		return true;
	tb2 = (void *)node - bpf_core_field_offset(struct inet_bind2_bucket, bhash_node);
	return BPF_CORE_READ(tb2, port) == BPF_CORE_READ(tb, port) &&
	       BPF_CORE_READ(tb2, ib_net.net) == BPF_CORE_READ(tb, ib_net.net);
}

static __always_inline bool compat_owners_end(const struct owner_cursor *cursor)
{
	return !cursor->owner && !cursor->bucket2;
}

/*
 * The UDP table: behind sk_prot up to 6.1, there or in the netns from 6.2 to
 * 7.0, in the netns only from 7.1 on.
 */
struct proto___udp {
	union {
		struct udp_table *udp_table;
	} h;
} FLAVOUR;

struct netns_ipv4___udp {
	struct udp_table *udp_table;
} FLAVOUR;

static __always_inline struct udp_table *compat_udp_table(struct sock *sk, struct net *net)
{
	struct udp_table *table = NULL;

	if (bpf_core_field_exists(struct proto___udp, h.udp_table)) {
		struct proto___udp *proto = (void *)BPF_CORE_READ(sk, __sk_common.skc_prot);

		table = BPF_CORE_READ(proto, h.udp_table);
	}
	if (!table && bpf_core_field_exists(struct netns_ipv4___udp, udp_table)) {
		struct netns_ipv4___udp *ipv4 = (void *)net + bpf_core_field_offset(struct net, ipv4);

		table = BPF_CORE_READ(ipv4, udp_table);
	}
	return table;
}

/* net.ipv4.ip_local_port_range: struct local_ports with a lock in 5.10 .. 6.7, packed u32 from 6.8 on. */
struct netns_ipv4___ports {
	struct {
		int range[2];
	} ip_local_ports;
} FLAVOUR;

struct netns_ipv4___packed {
	struct {
		u32 range;
	} ip_local_ports;
} FLAVOUR;

/* *from, of memory that the verifier knows the type of or not; typed is a constant. */
#define NET_READ(typed, from)                                                                                \
	({                                                                                                   \
		__typeof__(*(from)) value_ = 0;                                                              \
		if (typed)                                                                                   \
			value_ = *(from);                                                                    \
		else                                                                                         \
			bpf_core_read(&value_, sizeof(value_), from);                                        \
		value_;                                                                                      \
	})

static __always_inline void compat_port_range(struct net *net, bool typed, u32 *ret_lo, u32 *ret_hi)
{
	void *ipv4 = (void *)net + bpf_core_field_offset(struct net, ipv4);

	if (bpf_core_field_exists(struct netns_ipv4___packed, ip_local_ports.range)) {
		u32 range = NET_READ(typed, &((struct netns_ipv4___packed *)ipv4)->ip_local_ports.range);

		*ret_lo = range & 0xffff;
		*ret_hi = range >> 16;
	} else {
		*ret_lo = NET_READ(typed, &((struct netns_ipv4___ports *)ipv4)->ip_local_ports.range[0]);
		*ret_hi = NET_READ(typed, &((struct netns_ipv4___ports *)ipv4)->ip_local_ports.range[1]);
	}
}

/* Per-netns sysctls that were int and became u8; some are absent without their config. */
struct netns_ipv4___sysctl {
	u8 sysctl_ip_autobind_reuse;
	u8 sysctl_tcp_l3mdev_accept;
	u8 sysctl_udp_l3mdev_accept;
	u8 sysctl_ip_nonlocal_bind;
} FLAVOUR;

#define compat_sysctl(net, typed, name)                                                                      \
	({                                                                                                   \
		u8 value_ = 0;                                                                               \
		struct netns_ipv4___sysctl *ipv4_ = (void *)(net) + bpf_core_field_offset(struct net, ipv4); \
		if (bpf_core_field_exists(struct netns_ipv4___sysctl, name))                                 \
			value_ = NET_READ(typed, &ipv4_->name);                                              \
		value_;                                                                                      \
	})

/* ip_nonlocal_bind of IPv6: an int up to 5.15, a u8 later. */
struct net___ipv6 {
	struct {
		struct {
			u8 ip_nonlocal_bind;
		} sysctl;
	} ipv6;
} FLAVOUR;

static __always_inline bool compat_nonlocal_bind(struct net *net, bool v6)
{
	struct net___ipv6 *net6 = (void *)net;
	u8 value = 0;

	if (!v6)
		return compat_sysctl(net, false, sysctl_ip_nonlocal_bind);
	if (bpf_core_field_exists(net6->ipv6.sysctl.ip_nonlocal_bind))
		bpf_core_read(&value, sizeof(value), &net6->ipv6.sysctl.ip_nonlocal_bind);
	return value;
}

/* struct inet_sock: IP_LOCAL_PORT_RANGE since 6.3 (and stable 6.1): two u16 up to 6.7, then one u32. */
struct inet_sock___range {
	u32 local_port_range;
} FLAVOUR;

struct inet_sock___lohi {
	struct {
		u16 lo; /* the next one is the high port */
	} local_port_range;
} FLAVOUR;

/* The high port in the upper half, the low one in the lower; 0: not set. */
static __always_inline u32 compat_sk_port_range(struct sock *sk)
{
	struct inet_sock___lohi *lohi = (void *)sk;
	u16 range[2] = {};

	if (bpf_core_field_exists(struct inet_sock___range, local_port_range))
		return BPF_CORE_READ((struct inet_sock___range *)sk, local_port_range);
	if (bpf_core_field_exists(struct inet_sock___lohi, local_port_range.lo))
		bpf_core_read(range, sizeof(range), &lohi->local_port_range.lo);
	return (u32)range[1] << 16 | range[0];
}

/* struct cgroup: ancestor_ids[] up to 5.19, ancestors[] from 6.0 on. */
struct cgroup___ids {
	u64 ancestor_ids[1];
} FLAVOUR;

struct cgroup___ptrs {
	struct cgroup *ancestors[1];
} FLAVOUR;

static __always_inline u64 compat_cgroup_ancestor(struct cgroup *cgroup, u32 level)
{
	u64 id = 0;

	if (bpf_core_field_exists(struct cgroup___ptrs, ancestors)) {
		struct cgroup *ancestor = NULL;
		void *at = (void *)cgroup + bpf_core_field_offset(struct cgroup___ptrs, ancestors);

		bpf_probe_read_kernel(&ancestor, sizeof(ancestor), at + level * sizeof(ancestor));
		if (ancestor)
			id = BPF_CORE_READ(ancestor, kn, id);
	} else if (bpf_core_field_exists(struct cgroup___ids, ancestor_ids)) {
		void *at = (void *)cgroup + bpf_core_field_offset(struct cgroup___ids, ancestor_ids);

		bpf_probe_read_kernel(&id, sizeof(id), at + level * sizeof(id));
	}
	return id;
}

/*
 * The cgroup of a socket: a pointer since 5.15, before that a word whose two
 * low bits are flags: 1 for cgroup v1 data, then the socket is in the root.
 */
struct sock___cgroup {
	struct {
		struct cgroup *cgroup;
	} sk_cgrp_data;
} FLAVOUR;

struct sock___cgroup_word {
	struct {
		u64 val;
	} sk_cgrp_data;
} FLAVOUR;

static __always_inline struct cgroup *compat_sk_cgroup(struct sock *sk)
{
	u64 word = 0;

	if (bpf_core_field_exists(struct sock___cgroup, sk_cgrp_data.cgroup))
		return BPF_CORE_READ((struct sock___cgroup *)sk, sk_cgrp_data.cgroup);
	if (bpf_core_field_exists(struct sock___cgroup_word, sk_cgrp_data.val))
		word = BPF_CORE_READ((struct sock___cgroup_word *)sk, sk_cgrp_data.val);
	return word & 1 ? NULL : (void *)(word & ~3ULL);
}

/* Where a cgroup keeps the programs of bind(): by enum bpf_attach_type up to 5.15, by an enum of its own
 * later. */
enum cgroup_bpf_attach_type {
	CGROUP_INET4_BIND,
	CGROUP_INET6_BIND,
	CGROUP_INET4_POST_BIND,
	CGROUP_INET6_POST_BIND,
};

#define BPF_CGROUP_INET4_BIND	   8
#define BPF_CGROUP_INET6_BIND	   9
#define BPF_CGROUP_INET4_POST_BIND 12
#define BPF_CGROUP_INET6_POST_BIND 13

#define compat_attach_type(name)                                                                             \
	(bpf_core_enum_value_exists(enum cgroup_bpf_attach_type, CGROUP_##name)                              \
		 ? bpf_core_enum_value(enum cgroup_bpf_attach_type, CGROUP_##name)                           \
		 : BPF_CGROUP_##name)

static __always_inline u32 compat_bind_hook(bool v6, bool post)
{
	if (post)
		return v6 ? compat_attach_type(INET6_POST_BIND) : compat_attach_type(INET4_POST_BIND);
	return v6 ? compat_attach_type(INET6_BIND) : compat_attach_type(INET4_BIND);
}

/* bpf_get_current_task_btf() since 5.11: what is read through it costs an instruction, not a helper. */
enum bpf_func_id___task {
	BPF_FUNC_get_current_task_btf___task,
};

static __always_inline struct task_struct *compat_typed_task(void)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id___task, BPF_FUNC_get_current_task_btf___task))
		return NULL;
	return bpf_get_current_task_btf();
}

/* The descriptors of the thread that runs. */
static __always_inline struct fdtable *compat_own_files(void)
{
	struct task_struct *task = compat_typed_task();
	struct files_struct *files = task ? task->files : NULL;

	if (!task)
		return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), files, fdt);
	return files ? files->fdt : NULL;
}

/* The same network namespace with its type known to the verifier, if it is the one of the thread that runs.
 */
static __always_inline struct net *compat_typed_net(const struct net *net)
{
	struct task_struct *task = compat_typed_task();
	struct nsproxy *proxy = task ? task->nsproxy : NULL;
	struct net *own = proxy ? proxy->net_ns : NULL;
	u64 address = (u64)own;

	asm volatile("" : "+r"(address)); /* else the compiler takes one pointer for the other */
	return address == (u64)net ? own : NULL;
}

/* bpf_get_func_arg() since 5.17; it is a few instructions, a probe read is some hundred. */
enum bpf_func_id___arg {
	BPF_FUNC_get_func_arg___arg,
};

/* An argument of fentry or fexit, not the result; ctx[n] would be a typed pointer. */
static __always_inline u64 compat_argument(u64 *ctx, u32 n)
{
	u64 value = 0;

	if (bpf_core_enum_value_exists(enum bpf_func_id___arg, BPF_FUNC_get_func_arg___arg))
		bpf_get_func_arg(ctx, n, &value);
	else
		bpf_probe_read_kernel(&value, sizeof(value), &ctx[n]);
	return value;
}

/* Numbers of system calls, and the arguments as the process passed them. */
#if defined(__TARGET_ARCH_arm64)
#define NR_BIND	  200
#define NR_LISTEN 201
#else
#define NR_BIND	  49
#define NR_LISTEN 50
#endif

/* bpf_task_pt_regs() since 5.15; earlier kernels have fexit, which is given the arguments. */
enum bpf_func_id___regs {
	BPF_FUNC_task_pt_regs___regs,
};

struct call_args {
	u64 nr, first, second, third;
};

/* Of trusted registers: a plain load. */
static __always_inline u64 compat_call_nr(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_arm64)
	return (u32)regs->syscallno;
#else
	return regs->orig_ax;
#endif
}

/* arm64 returns the result in the register of the first argument, and keeps that beside it. */
static __always_inline void compat_read_args(struct pt_regs *regs, struct call_args *ret_args)
{
#if defined(__TARGET_ARCH_arm64)
	ret_args->nr = (u32)BPF_CORE_READ(regs, syscallno);
	ret_args->first = BPF_CORE_READ(regs, orig_x0);
	ret_args->second = BPF_CORE_READ(regs, regs[1]);
	ret_args->third = BPF_CORE_READ(regs, regs[2]);
#else
	ret_args->nr = BPF_CORE_READ(regs, orig_ax);
	ret_args->first = BPF_CORE_READ(regs, di);
	ret_args->second = BPF_CORE_READ(regs, si);
	ret_args->third = BPF_CORE_READ(regs, dx);
#endif
}

static __always_inline bool compat_call_args(struct call_args *ret_args)
{
	if (!bpf_core_enum_value_exists(enum bpf_func_id___regs, BPF_FUNC_task_pt_regs___regs))
		return false;
	compat_read_args((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), ret_args);
	return true;
}

/* struct mptcp_sock: absent where MPTCP is not built in (Debian 5.10). */
struct mptcp_sock {
	struct sock *first;
} FLAVOUR;

static __always_inline struct sock *compat_mptcp_first(struct sock *msk)
{
	if (!bpf_core_field_exists(struct mptcp_sock, first))
		return NULL;
	return BPF_CORE_READ((struct mptcp_sock *)msk, first);
}

/* A subflow of an MPTCP socket is a TCP socket whose ULP is "mptcp". */
static __always_inline bool compat_is_subflow(struct sock *sk)
{
	const struct tcp_ulp_ops *ops = BPF_CORE_READ((struct inet_connection_sock *)sk, icsk_ulp_ops);
	char name[6] = {};

	if (!ops)
		return false;
	bpf_core_read(name, sizeof(name), &ops->name);
	return name[0] == 'm' && name[1] == 'p' && name[2] == 't' && name[3] == 'c' && name[4] == 'p';
}

/*
 * struct io_ring_ctx: the fixed files are an array of io_fixed_file up to 6.12,
 * of pointers to io_rsrc_node in 7.2 and 7.3.  In both the low bits of file_ptr
 * are flags (FFS_MASK).  Absent without CONFIG_IO_URING.
 */
struct io_file_table___array {
	unsigned long *files; /* of struct io_fixed_file, one word: 7.2 lacks the type */
} FLAVOUR;

struct io_ring_ctx___array {
	struct io_file_table___array file_table;
	unsigned int nr_user_files;
} FLAVOUR;

struct io_rsrc_node___file {
	unsigned long file_ptr;
} FLAVOUR;

struct io_rsrc_data___nodes {
	unsigned int nr;
	struct io_rsrc_node___file **nodes;
} FLAVOUR;

struct io_file_table___nodes {
	struct io_rsrc_data___nodes data;
} FLAVOUR;

struct io_ring_ctx___nodes {
	struct io_file_table___nodes file_table;
} FLAVOUR;

#define FIXED_FILE_FLAGS 7UL

static __always_inline u32 compat_fixed_files(void *ring)
{
	if (bpf_core_field_exists(struct io_ring_ctx___nodes, file_table.data.nodes))
		return BPF_CORE_READ((struct io_ring_ctx___nodes *)ring, file_table.data.nr);
	if (bpf_core_field_exists(struct io_ring_ctx___array, file_table.files))
		return BPF_CORE_READ((struct io_ring_ctx___array *)ring, nr_user_files);
	return 0;
}

static __always_inline struct file *compat_fixed_file(void *ring, u32 index)
{
	unsigned long value = 0;

	if (bpf_core_field_exists(struct io_ring_ctx___nodes, file_table.data.nodes)) {
		struct io_rsrc_node___file *node = NULL, **nodes;

		nodes = BPF_CORE_READ((struct io_ring_ctx___nodes *)ring, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + index);
		if (node)
			value = BPF_CORE_READ(node, file_ptr);
	} else if (bpf_core_field_exists(struct io_ring_ctx___array, file_table.files)) {
		unsigned long *files;

		files = BPF_CORE_READ((struct io_ring_ctx___array *)ring, file_table.files);
		bpf_probe_read_kernel(&value, sizeof(value), files + index);
	}
	return (struct file *)(value & ~FIXED_FILE_FLAGS);
}

#endif
