/* SPDX-License-Identifier: GPL-2.0-only */
/* Who else is in the bucket. */
#ifndef REUSETRACE_WALK_BPF_H
#define REUSETRACE_WALK_BPF_H

#include "delivery.bpf.h"

#define BUCKET_STEPS 64
#define WALK_STEPS   160
#define PING_CHAINS  64 /* PING_HTABLE_SIZE */

static __always_inline void contender_add(struct rt_attempt *record, u32 slot, struct sock *sk)
{
	u32 n = record->contenders_total;

	record->contenders_total = n + 1;
	if (n < RT_MAX_CONTENDERS)
		record->contender_count = n + 1;
	else
		record->truncated = 1;
	record_contender(slot, (u64)sk, n);
	if (config.deliveries)
		port_compare(slot, n);
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

__noinline int record_bucket(u32 slot, u64 tb)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (record)
		describe_bucket(&record->bucket, (struct inet_bind_bucket *)tb);
	return 0;
}

__noinline int walk_tcp(u32 slot, u64 binder, u64 tb)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);
	struct owner_cursor cursor;

	if (!record)
		return 0;
	record_bucket(slot, tb);
	compat_owners_begin((struct inet_bind_bucket *)tb, &cursor);
	for (int i = 0; i < WALK_STEPS; i++) {
		struct sock *sk;

		if (compat_owners_end(&cursor))
			break;
		sk = compat_owners_step(&cursor);
		if (!sk || (u64)sk == binder)
			continue;
		record->bucket.present = 1;
		if (!is_first(record, sk))
			contender_add(record, slot, sk);
	}
	if (!compat_owners_end(&cursor))
		record->truncated = 1;
	return 0;
}

/* Where no hook told the bucket: through the table, by its key. */
__noinline u64 find_tcp_bucket(u64 sk, u32 port, int l3mdev)
{
	struct net *net = BPF_CORE_READ((struct sock *)sk, __sk_common.skc_net.net);
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
			return (u64)tb;
		node = BPF_CORE_READ(node, next);
	}
	return 0;
}

__noinline int walk_udp(u32 slot, u64 binder, u32 port)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);
	struct net *net = BPF_CORE_READ((struct sock *)binder, __sk_common.skc_net.net);
	struct udp_table *table = compat_udp_table((struct sock *)binder, net);
	u32 index = (port + BPF_CORE_READ(net, hash_mix)) & BPF_CORE_READ(table, mask);
	struct udp_hslot *chain =
		(void *)BPF_CORE_READ(table, hash) + (u64)index * bpf_core_type_size(struct udp_hslot);
	struct hlist_node *node = BPF_CORE_READ(chain, head.first);

	if (!record)
		return 0;
	record->bucket.port = port;
	record->bucket.slot_count = BPF_CORE_READ(chain, count);
	for (int i = 0; i < WALK_STEPS && node; i++) {
		struct sock *sk = (void *)node - bpf_core_field_offset(struct sock_common, skc_node);

		node = BPF_CORE_READ(node, next);
		if ((u64)sk == binder || BPF_CORE_READ(sk, __sk_common.skc_num) != port ||
		    BPF_CORE_READ(sk, __sk_common.skc_net.net) != net)
			continue;
		record->bucket.present = 1;
		if (!is_first(record, sk))
			contender_add(record, slot, sk);
	}
	if (node)
		record->truncated = 1;
	return 0;
}

/* The array of chains is the first member of struct ping_table; an odd pointer ends a chain. */
__noinline int walk_ping(u32 slot, u64 binder, u32 identifier)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);
	struct net *net = BPF_CORE_READ((struct sock *)binder, __sk_common.skc_net.net);
	u32 chain = (identifier + BPF_CORE_READ(net, hash_mix)) & (PING_CHAINS - 1);
	struct hlist_node *node = NULL;

	if (!record || !config.ping_table)
		return 0;
	bpf_probe_read_kernel(&node, sizeof(node), (void *)config.ping_table + chain * sizeof(node));
	for (int i = 0; i < WALK_STEPS && node && !((u64)node & 1); i++) {
		struct sock *sk = (void *)node - bpf_core_field_offset(struct sock_common, skc_node);

		node = BPF_CORE_READ(node, next);
		if ((u64)sk == binder || BPF_CORE_READ(sk, __sk_common.skc_num) != identifier)
			continue;
		record->bucket.present = 1;
		contender_add(record, slot, sk);
	}
	if (node && !((u64)node & 1))
		record->truncated = 1;
	return 0;
}

#endif
