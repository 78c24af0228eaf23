/* SPDX-License-Identifier: GPL-2.0-only */
/* Who else is in the bucket. */
#ifndef REUSETRACE_WALK_BPF_H
#define REUSETRACE_WALK_BPF_H

#include "emit.bpf.h"

#define BUCKET_STEPS 64
#define WALK_STEPS 512

/*
 * Describe one contender in the slot.  A function of its own with scalar
 * arguments, so that the verifier of 5.10 checks it once and not once a step.
 */
__noinline int describe_contender(u64 sk, u32 slot, u32 index)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (!record || index >= RT_MAX_CONTENDERS)
		return 0;
	describe_sock(&record->contenders[index], (struct sock *)sk);
	return 1;
}

static __always_inline void contender_add(struct rt_attempt *record, u32 slot, struct sock *sk)
{
	u32 n = record->contenders_total;

	record->contenders_total = n + 1;
	if (n < RT_MAX_CONTENDERS)
		record->contender_count = n + 1;
	else
		record->truncated = 1;
	describe_contender((u64)sk, slot, n);
}

/* The socket that the kernel compared last goes first, so that no limit cuts it off. */
static __always_inline void culprit_add(struct rt_attempt *record, const struct flight *flight)
{
	u64 culprit = flight->bc_seen ? flight->bc : flight->eq;

	if (!culprit || record->contenders_total)
		return;
	contender_add(record, flight->slot, (struct sock *)culprit);
	record->contenders[0].flags |= RT_SK_CULPRIT;
}

static __always_inline bool is_first(const struct rt_attempt *record, struct sock *sk)
{
	return record->contender_count && record->contenders[0].key == (u64)sk;
}

static __always_inline void walk_tcp(struct rt_attempt *record, struct flight *flight,
				     struct inet_bind_bucket *tb)
{
	struct owner_cursor cursor;

	record->bucket.port = BPF_CORE_READ(tb, port);
	record->bucket.l3mdev = BPF_CORE_READ(tb, l3mdev);
	record->bucket.fastreuse = BPF_CORE_READ(tb, fastreuse);
	record->bucket.fastreuseport = BPF_CORE_READ(tb, fastreuseport);
	record->bucket.fastuid = BPF_CORE_READ(tb, fastuid.val);
	record->bucket.fast_family = BPF_CORE_READ(tb, fast_sk_family);
	record->bucket.fast_v6only = BPF_CORE_READ(tb, fast_ipv6_only);
	__builtin_memset(record->bucket.fast_addr, 0, RT_ADDR_LEN);
	if (record->bucket.fast_family == AF_INET6)
		bpf_core_read(record->bucket.fast_addr, 16, &tb->fast_v6_rcv_saddr);
	else
		bpf_core_read(record->bucket.fast_addr, 4, &tb->fast_rcv_saddr);
	compat_owners_begin(tb, &cursor);
	for (int i = 0; i < WALK_STEPS; i++) {
		struct sock *sk;

		if (compat_owners_end(&cursor))
			break;
		sk = compat_owners_step(&cursor);
		if (!sk || (u64)sk == flight->sk)
			continue;
		record->bucket.present = 1;
		if (!is_first(record, sk))
			contender_add(record, flight->slot, sk);
	}
	if (!compat_owners_end(&cursor))
		record->truncated = 1;
	flight->walked = 1;
}

/* Where no hook told the bucket: through the table, by its key. */
static __always_inline struct inet_bind_bucket *find_tcp_bucket(const struct sock *sk, u16 port, int l3mdev)
{
	struct net *net = BPF_CORE_READ(sk, __sk_common.skc_net.net);
	struct inet_hashinfo *hashinfo = BPF_CORE_READ(net, ipv4.tcp_death_row.hashinfo);
	u32 mask = BPF_CORE_READ(hashinfo, bhash_size) - 1;
	u32 index = (port + BPF_CORE_READ(net, hash_mix)) & mask;
	struct inet_bind_hashbucket *head = BPF_CORE_READ(hashinfo, bhash);
	struct hlist_node *node;

	head = (void *)head + (u64)index * bpf_core_type_size(struct inet_bind_hashbucket);
	node = BPF_CORE_READ(head, chain.first);
	for (int i = 0; i < BUCKET_STEPS && node; i++) {
		struct inet_bind_bucket *tb =
			(void *)node - bpf_core_field_offset(struct inet_bind_bucket, node);

		if (BPF_CORE_READ(tb, ib_net.net) == net && BPF_CORE_READ(tb, port) == port &&
		    BPF_CORE_READ(tb, l3mdev) == l3mdev)
			return tb;
		node = BPF_CORE_READ(node, next);
	}
	return NULL;
}

static __always_inline void walk_udp(struct rt_attempt *record, struct flight *flight, u16 port)
{
	struct sock *binder = (struct sock *)flight->sk;
	struct net *net = BPF_CORE_READ(binder, __sk_common.skc_net.net);
	struct udp_table *table = compat_udp_table(binder, net);
	u32 index = (port + BPF_CORE_READ(net, hash_mix)) & BPF_CORE_READ(table, mask);
	struct udp_hslot *slot = (void *)BPF_CORE_READ(table, hash) +
				 (u64)index * bpf_core_type_size(struct udp_hslot);
	struct hlist_node *node = BPF_CORE_READ(slot, head.first);

	record->bucket.port = port;
	record->bucket.slot_count = BPF_CORE_READ(slot, count);
	for (int i = 0; i < WALK_STEPS && node; i++) {
		struct sock *sk = (void *)node - bpf_core_field_offset(struct sock_common, skc_node);

		node = BPF_CORE_READ(node, next);
		if ((u64)sk == flight->sk || BPF_CORE_READ(sk, __sk_common.skc_num) != port ||
		    BPF_CORE_READ(sk, __sk_common.skc_net.net) != net)
			continue;
		record->bucket.present = 1;
		if (!is_first(record, sk))
			contender_add(record, flight->slot, sk);
	}
	if (node)
		record->truncated = 1;
	flight->walked = 1;
}

#endif
