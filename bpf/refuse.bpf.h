/* SPDX-License-Identifier: GPL-2.0-only */
/* Which layer said no, where it was not the port table, and with what evidence. */
#ifndef REUSETRACE_REFUSE_BPF_H
#define REUSETRACE_REFUSE_BPF_H

#include "filter.bpf.h"
#include "emit.bpf.h"

#define EPERM		     1
#define CAP_NET_BIND_SERVICE 10
#define SECCOMP_MODE_FILTER  2

static __always_inline struct bpf_prog_array_item *effective_item(struct cgroup *cgroup, u32 hook, u32 i)
{
	void *at = (void *)cgroup + bpf_core_field_offset(struct cgroup, bpf.effective);
	struct bpf_prog_array *array = NULL;

	bpf_probe_read_kernel(&array, sizeof(array), at + hook * sizeof(array));
	at = (void *)array + bpf_core_field_offset(struct bpf_prog_array, items);
	return array ? at + i * bpf_core_type_size(struct bpf_prog_array_item) : NULL;
}

/* A function of its own, so that the verifier goes through it once. */
__noinline int in_effect(u64 cgroup, u32 hook, u32 id)
{
	for (u32 i = 0; i < RT_MAX_PROGRAMS; i++) {
		struct bpf_prog *prog = BPF_CORE_READ(effective_item((struct cgroup *)cgroup, hook, i), prog);

		if (!prog)
			return 0;
		if (BPF_CORE_READ(prog, aux, id) == id)
			return 1;
	}
	return 0;
}

/* Where it is attached: it is in effect there and below (compute_effective_progs()), not above. */
__noinline int program_up(u64 cgroup, u32 hook, u32 id)
{
	u32 up;

	for (up = 0; up < RT_UP_MAX; up++) {
		struct cgroup_subsys_state *above = BPF_CORE_READ((struct cgroup *)cgroup, self.parent);

		cgroup = (u64)above - bpf_core_field_offset(struct cgroup, self);
		if (!above || !in_effect(cgroup, hook, id))
			break;
	}
	return up;
}

/* The programs that are in effect for the socket's cgroup, in the order in which they run. */
__noinline int record_programs(u32 slot, u64 key, u32 post)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);
	struct cgroup *cgroup = compat_sk_cgroup((struct sock *)key);
	bool v6 = BPF_CORE_READ((struct sock *)key, __sk_common.skc_family) == AF_INET6;
	u32 hook = compat_bind_hook(v6, post);
	struct rt_refusal *refusal;

	if (!record || !cgroup)
		return 0;
	refusal = &record->refusal;
	refusal->cgroup = BPF_CORE_READ(cgroup, kn, id);
	refusal->program_count = 0;
	for (u32 i = 0; i < RT_MAX_PROGRAMS; i++) {
		struct bpf_prog *prog = BPF_CORE_READ(effective_item(cgroup, hook, i), prog);

		if (!prog)
			break;
		refusal->programs[i].id = BPF_CORE_READ(prog, aux, id);
		BPF_CORE_READ_INTO(&refusal->programs[i].name, prog, aux, name);
		refusal->program_up[i] = program_up((u64)cgroup, hook, refusal->programs[i].id);
		refusal->program_count = i + 1;
	}
	return 0;
}

/* __inet6_bind() asks IPv4's for a mapped address. */
static __always_inline bool wants_ipv6(const struct rt_attempt *record)
{
	const __u8 *bytes = record->requested_addr;
	u64 first;

	__builtin_memcpy(&first, bytes, sizeof(first));
	return record->requested_family == AF_INET6 &&
	       (first || bytes[8] || bytes[9] || bytes[10] != 0xff || bytes[11] != 0xff);
}

/* Who asked, and what the address would have needed. */
static __always_inline void record_rights(struct rt_attempt *record, struct sock *sk)
{
	struct rt_refusal *refusal = &record->refusal;
	struct task_struct *task = (void *)bpf_get_current_task();
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u32 range = compat_sk_port_range(sk);
	u32 capable = 0;

	bpf_core_read(&capable, sizeof(capable), &cred->cap_effective);
	if (capable & 1U << CAP_NET_BIND_SERVICE)
		refusal->flags |= RT_REFUSED_CAPABLE;
	refusal->user_ns = BPF_CORE_READ(cred, user_ns, ns.inum);
	refusal->net_user_ns = BPF_CORE_READ(net, user_ns, ns.inum);
	if (compat_nonlocal_bind(net, wants_ipv6(record)))
		refusal->flags |= RT_REFUSED_NONLOCAL;
	refusal->own_lo = range & 0xffff;
	refusal->own_hi = range >> 16;
}

/* At the end of an attempt that failed. */
__noinline int record_refusal(u32 slot, u64 key, int result)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (!record)
		return 0;
	record_rights(record, (struct sock *)key);
	if (record->header.type != RT_BIND)
		return 0;
	if (record->stage == RT_AT_POST) {
		if (BPF_CORE_READ((struct sock *)key, __sk_common.skc_num))
			record->refusal.flags |= RT_KEEPS_PORT;
		record_programs(slot, key, 1);
	} else if (record->stage == RT_AT_ADDRESS && result == -EPERM) { /* the hook below is missing */
		record_programs(slot, key, 0);
	}
	return 0;
}

/* A security module's own hook: the first that refuses is the last that is asked. */
static __always_inline int module_answered(u32 lsm, int result)
{
	struct flight *flight = result ? flight_here() : NULL;
	struct rt_attempt *record = flight ? slot_of(flight) : NULL;

	if (record)
		record->refusal.lsm = lsm;
	return 0;
}

static __always_inline bool address_changed(struct rt_attempt *record, const void *address)
{
	u32 words[RT_ADDR_LEN / 4] = {}, asked[RT_ADDR_LEN / 4];
	__be16 port = 0;

	bpf_probe_read_kernel(&port, sizeof(port), address + 2);
	if (record->requested_family == AF_INET6)
		bpf_probe_read_kernel(words, 16, address + 8);
	else
		bpf_probe_read_kernel(words, 4, address + 4);
	record->refusal.new_port = swab16(port);
	__builtin_memcpy(record->refusal.new_addr, words, RT_ADDR_LEN);
	__builtin_memcpy(asked, record->requested_addr, RT_ADDR_LEN);
	return record->refusal.new_port != record->requested_port || words[0] != asked[0] ||
	       words[1] != asked[1] || words[2] != asked[2] || words[3] != asked[3];
}

/* What the programs on the cgroup made of a bind that is followed. */
__noinline int address_filtered(u64 key, u64 address, int result)
{
	struct flight *flight = flight_here();
	struct rt_attempt *record = flight ? slot_of(flight) : NULL;

	if (!record || record->stage >= RT_AT_PORT)
		return 0;
	if (result)
		record->stage = RT_AT_CGROUP;
	else if (!address_changed(record, (void *)address))
		return 0;
	else
		record->refusal.flags |= RT_REWRITTEN;
	record_programs(flight->slot, key, 0);
	return 0;
}

#endif
