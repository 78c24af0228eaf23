/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to a socket besides its attempts.  Only known sockets cost more than one look-up. */
#ifndef REUSETRACE_LIFE_BPF_H
#define REUSETRACE_LIFE_BPF_H

#include "filter.bpf.h"
#include "emit.bpf.h"
#include "option.bpf.h"

static __always_inline void life_report(enum rt_type type, struct sock *sk, int result, int fd)
{
	struct rt_life *life = life_begin(type, sk);

	if (!life)
		return;
	life->result = result;
	life->fd = fd;
	life_send(life);
}

/* The port of a known socket is free again.  typed: the socket as fentry has it, or NULL. */
static __always_inline int released(u64 key, struct sock *typed, enum rt_type type)
{
	struct rt_known *entry;
	struct rt_life *life;

	if (!*mark_of(key))
		return 0;
	entry = bpf_map_lookup_elem(&known, &key);
	if (!entry) {
		if (config.connects)
			marked_delete(&children, key);
		return 0;
	}
	life = entry->reported && live ? life_open(type) : NULL;
	if (life) {
		if (typed)
			describe_bare(&life->sock, typed, true);
		else
			describe_bare(&life->sock, (struct sock *)key, false);
		add_known(&life->sock, entry);
		life_send(life);
	}
	options_forget(entry->inode);
	marked_delete(&known, key);
	return 0;
}

static __always_inline void child_time_wait(u64 tw, u64 sk)
{
	struct rt_known *child = bpf_map_lookup_elem(&children, &sk), inherited;

	if (!child)
		return;
	inherited = *child;
	inherited.inode = 0;
	marked_put(&children, tw, &inherited);
	marked_delete(&children, sk);
}

/* inet_twsk_hashdance*(tw, sk): the minisock inherits the port, and its owner. */
static __always_inline int time_wait_begins(u64 tw, u64 sk)
{
	struct rt_known *entry, inherited;

	if (!*mark_of(sk))
		return 0;
	entry = bpf_map_lookup_elem(&known, &sk);
	if (!entry) {
		if (config.connects)
			child_time_wait(tw, sk);
		return 0;
	}
	inherited = *entry;
	inherited.inode = 0;
	marked_put(&known, tw, &inherited);
	marked_delete(&known, sk);
	if (inherited.reported && live)
		life_report(RT_TW_BEGIN, (struct sock *)tw, 0, RT_FD_NONE);
	return 0;
}

/* With -v: sockets from their making on. */
static __always_inline bool life_wanted(struct sock *sk)
{
	u64 key = (u64)sk;
	struct rt_known *entry;

	if (!live || (config.filters & RT_FILTER_FAILED) || !sock_followed(sk))
		return false;
	entry = bpf_map_lookup_elem(&known, &key);
	if (entry && entry->reported) /* whoever closes it: an exiting process is out of its tree by then */
		return true;
	if (!current_wanted() || !sock_wanted(sk))
		return false;
	return !(config.filters & RT_FILTER_PORT) || port_wanted(BPF_CORE_READ(sk, __sk_common.skc_num));
}

static __always_inline int call_begins(struct sock *sk, enum call_kind kind)
{
	struct call call = {.sk = (u64)sk, .kind = kind};
	u64 id = bpf_get_current_pid_tgid();

	if (life_wanted(sk) && bpf_map_update_elem(&calls, &id, &call, BPF_ANY))
		count(RT_COUNT_NO_SLOT, 1);
	return 0;
}

static __always_inline int call_ends(enum call_kind kind, enum rt_type type, int result)
{
	u64 id = bpf_get_current_pid_tgid();
	struct call *call = bpf_map_lookup_elem(&calls, &id);
	struct sock *sk;

	if (!call || call->kind != kind)
		return 0;
	sk = (struct sock *)call->sk;
	bpf_map_delete_elem(&calls, &id);
	if (kind == CALL_SOCKET)
		life_report(type, sk, result < 0 ? result : 0, result);
	else
		life_report(type, sk, result, RT_FD_NONE);
	return 0;
}

/*
 * A child of a listener.  With -v it is followed like a socket that was bound;
 * else who accepted it is kept in case that it is in the way, or what it leaves.
 */
static __always_inline int accepted(struct sock *sk)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct rt_known entry = {.accepted = 1};
	u64 key = (u64)sk;

	if (!sk || !live || !port_wanted(BPF_CORE_READ(sk, __sk_common.skc_num)) || !sock_followed(sk))
		return 0;
	entry.bound_ns = bpf_ktime_get_boot_ns();
	entry.tgid = bpf_get_current_pid_tgid() >> 32;
	bpf_core_read(entry.comm, sizeof(entry.comm), &task->comm);
	if (config.verbose && life_wanted(sk)) {
		entry.reported = 1;
		if (marked_put(&known, key, &entry))
			count(RT_COUNT_NO_KNOWN, 1);
		life_report(RT_ACCEPT, sk, 0, RT_FD_NONE);
	} else {
		marked_put(&children, key, &entry);
	}
	return 0;
}

#endif
