/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With --deliveries only: which member of a shared port got a connection or a
 * datagram.  All of it runs with BH off; what is on no shared port costs one
 * look-up.
 */
#ifndef REUSETRACE_DELIVERY_BPF_H
#define REUSETRACE_DELIVERY_BPF_H

#include "emit.bpf.h"

#define SHARED_PORTS 4096

/* Keys as of RT_PORT_KEY().  Never taken out: a port that was shared once may be again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SHARED_PORTS);
	__type(key, __u64);
	__type(value, __u8);
} shared_ports SEC(".maps");

/*
 * The last child that inet_csk_reqsk_queue_add() was seen to queue: where it is
 * part of inet_csk_complete_hashdance(), only that one is seen.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} queued_child SEC(".maps");

/* What is on its way into the queue of a socket on a shared port; BH is off until the queue has it. */
struct datagram {
	u64 member; /* 0: nothing is */
	u16 family, from_port, to_port, pad;
	u8 from[RT_ADDR_LEN];
	u8 to[RT_ADDR_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct datagram);
} arriving SEC(".maps");

static __always_inline bool port_shared(struct sock *sk)
{
	u64 key = RT_PORT_KEY(BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
			      BPF_CORE_READ(sk, sk_protocol), BPF_CORE_READ(sk, __sk_common.skc_num));

	return bpf_map_lookup_elem(&shared_ports, &key) != NULL;
}

static __always_inline bool same_address(const struct rt_sock *one, const struct rt_sock *two)
{
	const u64 *a = (const u64 *)one->addr, *b = (const u64 *)two->addr;

	return (a[0] == b[0] && a[1] == b[1]) || !(a[0] | a[1]) || !(b[0] | b[1]);
}

/* May get what is sent to the other: the exact answer is the rules', this one never misses. */
static __always_inline bool may_compete(const struct rt_sock *binder, const struct rt_sock *contender)
{
	if (contender->state != TCP_LISTEN && contender->state != TCP_CLOSE)
		return false;
	return binder->family != contender->family || same_address(binder, contender);
}

__noinline int port_compare(u32 slot, u32 index)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (record && index < RT_MAX_CONTENDERS && may_compete(&record->binder, &record->contenders[index]))
		record->shares = 1;
	return 0;
}

/* An attempt was accepted on a port that others have. */
static __always_inline void port_share(const struct rt_attempt *record)
{
	u64 key = RT_PORT_KEY(record->binder.netns, record->binder.protocol, record->binder.port);
	u8 one = 1;

	bpf_map_update_elem(&shared_ports, &key, &one, BPF_ANY);
}

static __always_inline struct rt_delivery *delivery_begin(struct sock *member)
{
	struct rt_delivery *delivery = bpf_ringbuf_reserve(&events, sizeof(*delivery), 0);

	if (!delivery) {
		count(RT_COUNT_NO_RING, 1);
		return NULL;
	}
	/* whoever runs now has nothing to do with it */
	__builtin_memset(delivery, 0, sizeof(*delivery));
	delivery->header.size = sizeof(*delivery);
	delivery->header.type = RT_DELIVERY;
	delivery->header.time_ns = bpf_ktime_get_boot_ns();
	describe_sock(&delivery->sock, member);
	return delivery;
}

static __always_inline void delivery_send(struct rt_delivery *delivery)
{
	bpf_ringbuf_submit(delivery, ring_flags(false));
	count(RT_COUNT_SENT, 1);
	count(RT_COUNT_BYTES, (sizeof(*delivery) + RING_HEADER + 7) & ~7U);
}

/* A listener's queue took a child. */
__noinline int connection_delivered(u64 listener, u64 child_key)
{
	struct sock *child = (struct sock *)child_key;
	struct rt_delivery *delivery;

	if (!live || !port_shared((struct sock *)listener))
		return 0;
	delivery = delivery_begin((struct sock *)listener);
	if (!delivery)
		return 0;
	delivery->family = BPF_CORE_READ(child, __sk_common.skc_family);
	delivery->from_port = swab16(BPF_CORE_READ(child, __sk_common.skc_dport));
	delivery->to_port = BPF_CORE_READ(child, __sk_common.skc_num);
	if (delivery->family == AF_INET6) {
		bpf_core_read(delivery->from, 16, &child->__sk_common.skc_v6_daddr);
		bpf_core_read(delivery->to, 16, &child->__sk_common.skc_v6_rcv_saddr);
	} else {
		bpf_core_read(delivery->from, 4, &child->__sk_common.skc_daddr);
		bpf_core_read(delivery->to, 4, &child->__sk_common.skc_rcv_saddr);
	}
	delivery_send(delivery);
	return 0;
}

/* Addresses and ports at their places in the headers. */
static __always_inline void datagram_ends(struct datagram *datagram, struct sk_buff *skb)
{
	void *head = BPF_CORE_READ(skb, head), *ip = head + BPF_CORE_READ(skb, network_header);
	void *udp = head + BPF_CORE_READ(skb, transport_header);
	u8 version = 0;
	__be16 port[2] = {};

	__builtin_memset(datagram, 0, sizeof(*datagram));
	bpf_probe_read_kernel(&version, 1, ip);
	bpf_probe_read_kernel(port, sizeof(port), udp);
	datagram->from_port = swab16(port[0]);
	datagram->to_port = swab16(port[1]);
	if (version >> 4 == 6) {
		datagram->family = AF_INET6;
		bpf_probe_read_kernel(datagram->from, 16, ip + 8);
		bpf_probe_read_kernel(datagram->to, 16, ip + 24);
	} else {
		datagram->family = AF_INET;
		bpf_probe_read_kernel(datagram->from, 4, ip + 12);
		bpf_probe_read_kernel(datagram->to, 4, ip + 16);
	}
}

__noinline int datagram_arrives(u64 member, u64 skb)
{
	u32 zero = 0;
	struct datagram *datagram = bpf_map_lookup_elem(&arriving, &zero);

	if (!datagram)
		return 0;
	datagram->member = 0;
	if (!live || !port_shared((struct sock *)member))
		return 0;
	datagram_ends(datagram, (struct sk_buff *)skb);
	datagram->member = member;
	return 0;
}

__noinline int datagram_taken(u64 member, int result)
{
	u32 zero = 0;
	struct datagram *datagram = bpf_map_lookup_elem(&arriving, &zero);
	struct rt_delivery *delivery;

	if (!datagram || datagram->member != member)
		return 0;
	datagram->member = 0;
	delivery = result ? NULL : delivery_begin((struct sock *)member);
	if (!delivery)
		return 0;
	delivery->family = datagram->family;
	delivery->from_port = datagram->from_port;
	delivery->to_port = datagram->to_port;
	__builtin_memcpy(delivery->from, datagram->from, sizeof(delivery->from));
	__builtin_memcpy(delivery->to, datagram->to, sizeof(delivery->to));
	delivery_send(delivery);
	return 0;
}

static __always_inline int child_queued(u64 listener, u64 child)
{
	u32 zero = 0;
	u64 *last;

	last = bpf_map_lookup_elem(&queued_child, &zero);
	if (!child || !last)
		return 0;
	*last = child;
	return connection_delivered(listener, child);
}

static __always_inline int hashdance_begins(void)
{
	u32 zero = 0;
	u64 *last = bpf_map_lookup_elem(&queued_child, &zero);

	if (last)
		*last = 0;
	return 0;
}

static __always_inline int hashdance_ends(u64 listener, u64 child)
{
	u32 zero = 0;
	u64 *last;

	last = bpf_map_lookup_elem(&queued_child, &zero);
	if (!child || !last || *last == child)
		return 0;
	return connection_delivered(listener, child);
}

/* inet_csk_reqsk_queue_add(sk, req, child) returns the child, or NULL where the listener is closing. */
SEC("fexit/inet_csk_reqsk_queue_add")
int f_queue_add(u64 *ctx)
{
	u64 listener = TRACED(0), child = TRACED_VALUE(3);

	return child_queued(listener, child);
}

SEC("fentry/inet_csk_complete_hashdance")
int f_hashdance_in(u64 *ctx)
{
	(void)ctx;
	return hashdance_begins();
}

/* inet_csk_complete_hashdance(sk, child, req, own_req) returns the child that it queued. */
SEC("fexit/inet_csk_complete_hashdance")
int f_hashdance(u64 *ctx)
{
	u64 listener = TRACED(0), child = TRACED_VALUE(4);

	return hashdance_ends(listener, child);
}

/* __udp_enqueue_schedule_skb(sk, skb): once the queue has the datagram, another CPU may read and free it. */
SEC("fentry/__udp_enqueue_schedule_skb")
int f_datagram_in(u64 *ctx)
{
	u64 member = TRACED(0), skb = TRACED(1);

	return datagram_arrives(member, skb);
}

/* 0 if the queue took it. */
SEC("fexit/__udp_enqueue_schedule_skb")
int f_datagram(u64 *ctx)
{
	u64 member = TRACED(0);

	return datagram_taken(member, (int)ctx[2]);
}

#endif
