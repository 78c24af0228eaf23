/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes of -p and of COMMAND, and what they become. */
#ifndef REUSETRACE_TREE_BPF_H
#define REUSETRACE_TREE_BPF_H

#include "emit.bpf.h"

static __always_inline bool is_tracer(void)
{
	struct bpf_pidns_info ns = {};

	if (bpf_get_ns_current_pid_tgid(config.pidns_dev, config.pidns_ino, &ns, sizeof(ns)))
		return false;
	return ns.tgid == config.tracer;
}

static __always_inline int tree_add(u32 tgid, u64 start_ns)
{
	if (bpf_map_update_elem(&tree, &tgid, &start_ns, BPF_NOEXIST)) {
		if (!bpf_map_lookup_elem(&tree, &tgid))
			count(RT_COUNT_NO_TREE, 1);
		return 0;
	}
	__sync_fetch_and_add(&tree_size, 1);
	return 0;
}

/* The creator runs here, the child has not run yet. */
__noinline int on_new_task(u64 task)
{
	struct task_struct *child = (struct task_struct *)task;
	u32 tgid = BPF_CORE_READ(child, tgid), creator = bpf_get_current_pid_tgid() >> 32;

	if (tgid != (u32)BPF_CORE_READ(child, pid))
		return 0;
	if (bpf_map_lookup_elem(&tree, &creator) || (config.command && is_tracer()))
		tree_add(tgid, BPF_CORE_READ(child, start_boottime));
	return 0;
}

/* exit_files() comes after signal->live was counted down: 0 for the last thread. */
__noinline int on_task_exit(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct task_struct *self = (void *)bpf_get_current_task();
	u64 *start = bpf_map_lookup_elem(&tree, &tgid);

	if (!start || BPF_CORE_READ(self, signal, live.counter))
		return 0;
	if (!bpf_map_delete_elem(&tree, &tgid))
		__sync_fetch_and_add(&tree_size, -1);
	return 0;
}

#endif
