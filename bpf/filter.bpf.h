/* SPDX-License-Identifier: GPL-2.0-only */
/* Which attempts are reported.  What is known of sockets does not depend on it. */
#ifndef REUSETRACE_FILTER_BPF_H
#define REUSETRACE_FILTER_BPF_H

#include "facts.bpf.h"
#include "maps.bpf.h"

static __always_inline bool port_wanted(u16 port)
{
	u32 word = port / 64;
	u64 *bits;

	if (!(config.filters & RT_FILTER_PORT))
		return true;
	bits = bpf_map_lookup_elem(&ports, &word);
	return bits && (*bits >> (port % 64) & 1);
}

/*
 * What asks for a port outside the filter is not even followed: its holders are
 * in nobody's way who is reported.  0 may become any port.
 */
static __always_inline bool port_open(u16 port)
{
	return !port || port_wanted(port);
}

static __always_inline bool cgroup_wanted_here(struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);
	u32 zero = 0;
	u64 *wanted = bpf_map_lookup_elem(&cgroup_wanted, &zero);

	if (!wanted || (u32)BPF_CORE_READ(cgroup, level) < config.cgroup_level)
		return false;
	return compat_cgroup_ancestor(cgroup, config.cgroup_level) == *wanted;
}

static __always_inline bool comm_wanted(struct task_struct *task)
{
	char comm[RT_COMM_LEN] = {};

	bpf_core_read(comm, sizeof(comm), &task->comm);
	for (int i = 0; i < RT_COMM_LEN; i++) {
		if (comm[i] != config.comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

static __always_inline bool task_wanted(struct task_struct *task, u32 tgid)
{
	if ((config.filters & RT_FILTER_TREE) && !bpf_map_lookup_elem(&tree, &tgid))
		return false;
	if ((config.filters & RT_FILTER_USER) && BPF_CORE_READ(task, cred, uid.val) != config.uid)
		return false;
	if ((config.filters & RT_FILTER_COMM) && !comm_wanted(task))
		return false;
	return !(config.filters & RT_FILTER_CGROUP) || cgroup_wanted_here(task);
}

static __always_inline bool current_wanted(void)
{
	return task_wanted((void *)bpf_get_current_task(), bpf_get_current_pid_tgid() >> 32);
}

static __always_inline bool sock_wanted(struct sock *sk)
{
	if ((config.filters & RT_FILTER_IPV4) && BPF_CORE_READ(sk, __sk_common.skc_family) != AF_INET)
		return false;
	if ((config.filters & RT_FILTER_IPV6) && BPF_CORE_READ(sk, __sk_common.skc_family) != AF_INET6)
		return false;
	if ((config.filters & RT_FILTER_NETNS) &&
	    BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) != config.netns)
		return false;
	return protocol_bit(sk) & config.protocols;
}

/* cgroup_mkdir: a path that goes away and comes back is the same one to who asked for it. */
static __always_inline int cgroup_made(struct cgroup *cgroup, const char *path)
{
	u64 id = BPF_CORE_READ(cgroup, kn, id);
	char made[RT_CGROUP_LEN] = {};
	u32 zero = 0;

	bpf_probe_read_kernel_str(made, sizeof(made), path);
	for (int i = 0; i < RT_CGROUP_LEN; i++) {
		if (made[i] != config.cgroup_path[i])
			return 0;
		if (!made[i])
			break;
	}
	bpf_map_update_elem(&cgroup_wanted, &zero, &id, BPF_ANY);
	return 0;
}

#endif
