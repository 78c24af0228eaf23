/* SPDX-License-Identifier: GPL-2.0-only */
/* Who else is in the bucket. */
#ifndef REUSETRACE_WALK_BPF_H
#define REUSETRACE_WALK_BPF_H

#include "delivery.bpf.h"

#define BUCKET_STEPS 64
#define WALK_ROUNDS  20
#define ROUND_STEPS  8
#define PING_CHAINS  64 /* PING_HTABLE_SIZE */

/*
 * Where a walk is, is kept beside its record, and a round of steps is a
 * function of its own: the verifier goes through the steps of one round, not
 * of all.
 */
static __always_inline struct slot *walk_of(u32 slot)
{
	return bpf_map_lookup_elem(&slots, &slot);
}

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

static __always_inline void walk_met(struct slot *place, u32 slot, struct sock *sk)
{
	place->record.bucket.present = 1;
	if (!is_first(&place->record, sk))
		contender_add(&place->record, slot, sk);
}

/* 0: the end. */
__noinline int walk_tcp_round(u32 slot, u64 binder)
{
	struct slot *place = walk_of(slot);
	struct owner_cursor cursor;

	if (!place)
		return 0;
	cursor.owner = (void *)place->walk[0];
	cursor.bucket2 = (void *)place->walk[1];
	for (int i = 0; i < ROUND_STEPS && !compat_owners_end(&cursor); i++) {
		struct sock *sk = compat_owners_step(&cursor);

		if (sk && (u64)sk != binder)
			walk_met(place, slot, sk);
	}
	place->walk[0] = (u64)cursor.owner;
	place->walk[1] = (u64)cursor.bucket2;
	return !compat_owners_end(&cursor);
}

__noinline int walk_tcp(u32 slot, u64 binder, u64 tb)
{
	struct slot *place = walk_of(slot);
	struct owner_cursor cursor;
	int more;

	if (!place)
		return 0;
	record_bucket(slot, tb);
	compat_owners_begin((struct inet_bind_bucket *)tb, &cursor);
	more = !compat_owners_end(&cursor);
	place->walk[0] = (u64)cursor.owner;
	place->walk[1] = (u64)cursor.bucket2;
	for (int i = 0; i < WALK_ROUNDS && more; i++)
		more = walk_tcp_round(slot, binder);
	if (more)
		place->record.truncated = 1;
	return 0;
}

/* The next of its chain, or itself if it is the bucket of this port. */
__noinline u64 bucket_next(u64 node, u64 net, u32 port, int l3mdev)
{
	struct inet_bind_bucket *tb = (void *)node - bpf_core_field_offset(struct inet_bind_bucket, node);

	if ((u64)BPF_CORE_READ(tb, ib_net.net) == net && BPF_CORE_READ(tb, port) == port &&
	    BPF_CORE_READ(tb, l3mdev) == l3mdev)
		return node;
	return (u64)BPF_CORE_READ((struct hlist_node *)node, next);
}

/* Where no hook told the bucket: through the table, by its key. */
__noinline u64 find_tcp_bucket(u64 sk, u32 port, int l3mdev)
{
	struct net *net = BPF_CORE_READ((struct sock *)sk, __sk_common.skc_net.net);
	struct inet_hashinfo *hashinfo = BPF_CORE_READ(net, ipv4.tcp_death_row.hashinfo);
	u32 mask = BPF_CORE_READ(hashinfo, bhash_size) - 1;
	u32 index = (port + BPF_CORE_READ(net, hash_mix)) & mask;
	struct inet_bind_hashbucket *head = BPF_CORE_READ(hashinfo, bhash);
	u64 node, next;

	head = (void *)head + (u64)index * bpf_core_type_size(struct inet_bind_hashbucket);
	node = (u64)BPF_CORE_READ(head, chain.first);
	for (int i = 0; i < BUCKET_STEPS && node; i++) {
		next = bucket_next(node, (u64)net, port, l3mdev);
		if (next == node)
			return node - bpf_core_field_offset(struct inet_bind_bucket, node);
		node = next;
	}
	return 0;
}

/* The sockets of one chain that have this port in this network namespace, or in any for 0.  0: the end. */
__noinline int walk_chain_round(u32 slot, u64 binder, u64 net, u32 port)
{
	struct slot *place = walk_of(slot);
	struct hlist_node *node;

	if (!place)
		return 0;
	node = (void *)place->walk[0];
	for (int i = 0; i < ROUND_STEPS && node && !((u64)node & 1); i++) {
		struct sock *sk = (void *)node - bpf_core_field_offset(struct sock_common, skc_node);

		node = BPF_CORE_READ(node, next);
		if ((u64)sk == binder || BPF_CORE_READ(sk, __sk_common.skc_num) != port ||
		    (net && (u64)BPF_CORE_READ(sk, __sk_common.skc_net.net) != net))
			continue;
		walk_met(place, slot, sk);
	}
	place->walk[0] = (u64)node;
	return node && !((u64)node & 1);
}

static __always_inline void walk_chain(struct slot *place, u32 slot, u64 binder, u64 net, u32 port)
{
	int more = 1;

	for (int i = 0; i < WALK_ROUNDS && more; i++)
		more = walk_chain_round(slot, binder, net, port);
	if (more)
		place->record.truncated = 1;
}

__noinline int walk_udp(u32 slot, u64 binder, u32 port)
{
	struct slot *place = walk_of(slot);
	struct net *net = BPF_CORE_READ((struct sock *)binder, __sk_common.skc_net.net);
	struct udp_table *table = compat_udp_table((struct sock *)binder, net);
	u32 index = (port + BPF_CORE_READ(net, hash_mix)) & BPF_CORE_READ(table, mask);
	struct udp_hslot *chain =
		(void *)BPF_CORE_READ(table, hash) + (u64)index * bpf_core_type_size(struct udp_hslot);

	if (!place)
		return 0;
	place->record.bucket.port = port;
	place->record.bucket.slot_count = BPF_CORE_READ(chain, count);
	place->walk[0] = (u64)BPF_CORE_READ(chain, head.first);
	walk_chain(place, slot, binder, (u64)net, port);
	return 0;
}

/*
 * The array of chains is the first member of struct ping_table; an odd pointer ends a chain.  All network
 * namespaces share its identifiers.
 */
__noinline int walk_ping(u32 slot, u64 binder, u32 identifier)
{
	struct slot *place = walk_of(slot);
	struct net *net = BPF_CORE_READ((struct sock *)binder, __sk_common.skc_net.net);
	u32 chain = (identifier + BPF_CORE_READ(net, hash_mix)) & (PING_CHAINS - 1);

	if (!place || !config.ping_table)
		return 0;
	bpf_probe_read_kernel(&place->walk[0], sizeof(place->walk[0]),
			      (void *)config.ping_table + chain * sizeof(u64));
	walk_chain(place, slot, binder, 0, identifier);
	return 0;
}

#endif
