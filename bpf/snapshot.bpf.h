/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who holds what now: every inet socket behind a descriptor of any process,
 * bound-and-not-listening ones included, as struct rt_holder.
 */
#ifndef REUSETRACE_SNAPSHOT_BPF_H
#define REUSETRACE_SNAPSHOT_BPF_H

#include "known.bpf.h"
#include "filter.bpf.h"

/* Only one reader at a time: the loader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rt_holder);
} holder_scratch SEC(".maps");

/* Sockets that bound before the trace are remembered, so that their release is seen. */
static __always_inline void remember_holder(struct rt_life *life)
{
	struct rt_known entry = {};
	u64 key = life->sock.key;

	if (!first_snapshot || life->sock.peer_port || life->sock.flags & RT_SK_KNOWN)
		return;
	entry.inode =
		life->sock.inode; /* who bound it is not known: who holds it now may have inherited it */
	entry.reported = life->wanted;
	marked_add(&known, key, &entry);
}

SEC("iter/task_file")
int snapshot(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct rt_holder *holder;
	struct rt_life *life;
	struct sock *sk, *first;
	u32 zero = 0;

	if (!task || !file)
		return 0;
	sk = sock_of_file(file);
	if (!sk || !sock_followed(sk))
		return 0;
	if (protocol_bit(sk) == RT_PROTO_MPTCP) {
		first = compat_mptcp_first(sk);
		sk = first ? first : sk;
	}
	holder = bpf_map_lookup_elem(&holder_scratch, &zero);
	if (!holder || !BPF_CORE_READ(sk, __sk_common.skc_num))
		return 0;
	life = &holder->life;
	life->header.size = sizeof(*holder);
	life->header.type = RT_HOLDER;
	life->header.time_ns = bpf_ktime_get_boot_ns();
	describe_process(&life->header.process, task);
	describe_exe(holder->exe, &life->header, task);
	describe_contender(&life->sock, sk);
	life->fd = ctx->fd;
	life->cloexec = fd_closes_on_exec(task, ctx->fd);
	life->wanted = !(config.filters & RT_FILTER_FAILED) && port_wanted(life->sock.port) &&
		       sock_wanted(sk) && task_wanted(task, life->header.process.tgid);
	remember_holder(life);
	bpf_seq_write(ctx->meta->seq, holder, sizeof(*holder));
	return 0;
}

/* One process, by its number: its executable, without any right to its /proc. */
SEC("iter/task")
int seek_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct rt_holder *holder;
	u32 zero = 0;

	if (!task || (u32)BPF_CORE_READ(task, pid) != sought_task)
		return 0;
	holder = bpf_map_lookup_elem(&holder_scratch, &zero);
	if (!holder)
		return 0;
	holder->life.header.size = sizeof(*holder);
	holder->life.header.type = RT_HOLDER;
	describe_process(&holder->life.header.process, task);
	describe_exe(holder->exe, &holder->life.header, task);
	bpf_seq_write(ctx->meta->seq, holder, sizeof(*holder));
	return 0;
}

#endif
