/* SPDX-License-Identifier: GPL-2.0-only */
/* Socket options that matter to sharing, with the value that really took effect. */
#ifndef REUSETRACE_OPTION_BPF_H
#define REUSETRACE_OPTION_BPF_H

#include "emit.bpf.h"
#include "filter.bpf.h"

#define SOL_IP			 0
#define SOL_SOCKET		 1
#define SOL_TCP			 6
#define SOL_IPV6		 41

#define SO_REUSEADDR		 2
#define SO_REUSEPORT		 15
#define SO_BINDTODEVICE		 25
#define SO_INCOMING_CPU		 49
#define SO_ATTACH_REUSEPORT_CBPF 51
#define SO_ATTACH_REUSEPORT_EBPF 52
#define SO_BINDTOIFINDEX	 62
#define SO_DETACH_REUSEPORT_BPF	 68
#define IP_FREEBIND		 15
#define IP_TRANSPARENT		 19
#define IP_BIND_ADDRESS_NO_PORT	 24
#define IP_LOCAL_PORT_RANGE	 51
#define IPV6_V6ONLY		 26
#define IPV6_TRANSPARENT	 75
#define IPV6_FREEBIND		 78
#define TCP_REPAIR		 19
#define TCP_ULP			 31

static __always_inline bool option_followed(int level, int name)
{
	switch (level) {
	case SOL_SOCKET:
		return name == SO_REUSEADDR || name == SO_REUSEPORT || name == SO_BINDTODEVICE ||
		       name == SO_INCOMING_CPU || name == SO_ATTACH_REUSEPORT_CBPF ||
		       name == SO_ATTACH_REUSEPORT_EBPF || name == SO_BINDTOIFINDEX ||
		       name == SO_DETACH_REUSEPORT_BPF;
	case SOL_IP:
		return name == IP_FREEBIND || name == IP_TRANSPARENT || name == IP_BIND_ADDRESS_NO_PORT ||
		       name == IP_LOCAL_PORT_RANGE;
	case SOL_IPV6:
		return name == IPV6_V6ONLY || name == IPV6_TRANSPARENT || name == IPV6_FREEBIND;
	case SOL_TCP:
		return name == TCP_REPAIR || name == TCP_ULP;
	}
	return false;
}

static __always_inline int socket_option_value(struct sock *sk, int name)
{
	struct sock_reuseport *cb;

	switch (name) {
	case SO_REUSEADDR:
		return BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse);
	case SO_REUSEPORT:
		return BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuseport);
	case SO_BINDTODEVICE:
	case SO_BINDTOIFINDEX:
		return BPF_CORE_READ(sk, __sk_common.skc_bound_dev_if);
	case SO_INCOMING_CPU:
		return BPF_CORE_READ(sk, __sk_common.skc_incoming_cpu);
	}
	cb = BPF_CORE_READ(sk, sk_reuseport_cb);
	return cb && BPF_CORE_READ(cb, prog);
}

static __always_inline int option_value(struct sock *sk, int level, int name)
{
	struct inet_bits bits = {};

	if (level == SOL_SOCKET)
		return socket_option_value(sk, name);
	if (level == SOL_IPV6 && name == IPV6_V6ONLY)
		return BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_ipv6only);
	if (level == SOL_TCP) /* TCP_REPAIR sets SK_FORCE_REUSE; TCP_ULP has no value */
		return name == TCP_REPAIR && BPF_CORE_READ_BITFIELD_PROBED(&sk->__sk_common, skc_reuse) == 2;
	if (level == SOL_IP && name == IP_LOCAL_PORT_RANGE)
		return compat_sk_port_range(sk);
	compat_inet_bits(sk, &bits);
	if (name == IP_FREEBIND || name == IPV6_FREEBIND)
		return bits.freebind;
	return name == IP_BIND_ADDRESS_NO_PORT ? bits.no_port : bits.transparent;
}

static __always_inline struct option_log *option_log_of(u64 inode)
{
	u32 place = inode % OPTION_SOCKETS;

	return bpf_map_lookup_elem(&option_logs, &place);
}

static __always_inline struct option_log *moved_log(u64 inode)
{
	return options_moved ? bpf_map_lookup_elem(&moved_logs, &inode) : NULL;
}

static __always_inline u64 *moved_inode(u64 inode)
{
	u32 place = inode % OPTION_HISTORIES;

	return options_moved ? bpf_map_lookup_elem(&moved_inodes, &place) : NULL;
}

static __always_inline void moved_note(const struct option_log *log)
{
	u64 inode = log->inode, *noted;

	if (bpf_map_update_elem(&moved_logs, &inode, log, BPF_ANY))
		return;
	options_moved = 1;
	noted = moved_inode(inode);
	if (noted)
		*noted = inode;
}

static __always_inline void moved_forget(u64 inode)
{
	u64 *noted = moved_inode(inode);

	if (!noted)
		return;
	bpf_map_delete_elem(&moved_logs, &inode);
	if (*noted == inode)
		*noted = 0;
}

/* Its place, with what was noted of it before. */
static __always_inline struct option_log *option_log_open(u64 inode)
{
	struct option_log *log = option_log_of(inode), *moved;

	if (!log || log->inode == inode)
		return log;
	if (log->inode)
		moved_note(log);
	moved = moved_log(inode);
	if (moved) {
		__builtin_memcpy(log, moved, sizeof(*log));
		moved_forget(inode);
	} else {
		log->inode = inode;
		log->count = 0;
	}
	return log;
}

static __always_inline void option_log_add(u64 inode, const struct rt_option *option)
{
	struct option_log *log = inode ? option_log_open(inode) : NULL;
	u32 at;

	if (!log)
		return;
	at = log->count++ % RT_MAX_OPTIONS;
	log->ring[at].inode = inode;
	log->ring[at].option = *option;
}

static __always_inline void options_forget(u64 inode)
{
	struct option_log *log = option_log_of(inode);

	if (!inode)
		return;
	if (log && log->inode == inode)
		log->inode = 0;
	moved_forget(inode);
}

/* Those of the log, oldest first; false if another socket wrote between them. */
static __always_inline bool options_copy(struct rt_attempt *record, const struct option_log *log, u64 inode)
{
	struct rt_option *to = (void *)record->exe + options_at(record);
	u32 total = log->count, first = total > RT_MAX_OPTIONS ? total - RT_MAX_OPTIONS : 0;
	u64 foreign = 0;

	for (u32 i = 0; i < RT_MAX_OPTIONS && i < total; i++) {
		const struct option_note *note = &log->ring[(first + i) % RT_MAX_OPTIONS];

		foreign |= note->inode ^ inode;
		to[i] = note->option;
	}
	record->option_count = foreign ? 0 : total - first;
	return !foreign;
}

/* The changes so far leave with the first record of their socket. */
static __always_inline void options_take(struct rt_attempt *record)
{
	u64 inode = record->binder.inode;
	struct option_log *log = option_log_of(inode);
	const u64 *noted = moved_inode(inode);
	bool pushed_out = noted && *noted == inode; /* those in place, if there are any, came later */

	if (!inode)
		return;
	if (log && log->inode != inode) {
		log = moved_log(inode);
		pushed_out = pushed_out && !log;
	}
	if ((log && !options_copy(record, log, inode)) || pushed_out)
		count(RT_COUNT_OPTIONS, 1);
	options_forget(inode);
}

static __always_inline int option_asked(struct socket *socket, int level, int name)
{
	struct call call = {.kind = CALL_OPTION, .level = level, .name = name};
	u64 id;

	if (!option_followed(level, name))
		return 0;
	call.sk = (u64)BPF_CORE_READ(socket, sk);
	if (!sock_followed((struct sock *)call.sk))
		return 0;
	id = bpf_get_current_pid_tgid();
	if (bpf_map_update_elem(&calls, &id, &call, BPF_ANY))
		count(RT_COUNT_NO_SLOT, 1);
	return 0;
}

/* What came of a change.  A connection is not bound again. */
static __always_inline int option_changed(struct sock *sk, int level, int name, int result)
{
	u64 key = (u64)sk;
	struct rt_known *owner = *mark_of(key) ? bpf_map_lookup_elem(&known, &key) : NULL;
	struct rt_option option = {
		.time_ns = bpf_ktime_get_boot_ns(),
		.level = level,
		.name = name,
		.result = result,
		.value = option_value(sk, level, name),
	};
	struct rt_life *life;

	if (!owner) {
		if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE)
			option_log_add(compat_sk_inode(sk, BPF_CORE_READ(sk, sk_socket)), &option);
	} else if (owner->reported && live) {
		life = life_begin(RT_OPTION, sk);
		if (!life)
			return 0;
		life->option = option;
		life->result = result;
		life_send(life);
	}
	return 0;
}

static __always_inline int option_answered(int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct call *asked = bpf_map_lookup_elem(&calls, &id), call;

	if (!asked || asked->kind != CALL_OPTION)
		return 0;
	call = *asked;
	bpf_map_delete_elem(&calls, &id);
	return option_changed((struct sock *)call.sk, call.level, call.name, result);
}

/* With the arguments at hand, which a probe at the return has not, the one hook is enough. */
__noinline int option_set(u64 key, u32 level, u32 name, int result)
{
	struct sock *sk = (struct sock *)key;

	return sk && sock_followed(sk) ? option_changed(sk, level, name, result) : 0;
}

#endif
