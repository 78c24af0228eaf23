/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots, records and the way to the ring. */
#ifndef REUSETRACE_EMIT_BPF_H
#define REUSETRACE_EMIT_BPF_H

#include "known.bpf.h"

#define RING_HEADER 8

static __always_inline struct rt_attempt *slot_of(const struct flight *flight)
{
	u32 slot = flight->slot;

	return slot == NO_SLOT ? NULL : bpf_map_lookup_elem(&slots, &slot);
}

static __always_inline u32 slot_take(void)
{
	u32 slot = NO_SLOT;

	if (bpf_map_pop_elem(&free_slots, &slot)) {
		count(RT_COUNT_NO_SLOT, 1);
		return NO_SLOT;
	}
	return slot;
}

static __always_inline void slot_give(u32 slot)
{
	if (slot != NO_SLOT)
		bpf_map_push_elem(&free_slots, &slot, BPF_ANY);
}

static __always_inline void fill_header(struct rt_header *header, enum rt_type type)
{
	header->type = type;
	header->pad = 0;
	header->time_ns = bpf_ktime_get_boot_ns();
	describe_current(&header->process);
}

static __always_inline bool same_exe(const struct exe_key *one, const struct exe_key *two)
{
	return one->start_ns == two->start_ns && one->exec_id == two->exec_id && one->mount == two->mount &&
	       one->names == two->names;
}

/*
 * Functions of their own, with numbers for arguments: the verifier checks each
 * once, where inlined its paths would multiply with those of the caller.
 */
__noinline int record_process(u32 slot, u32 type)
{
	struct slot *place = bpf_map_lookup_elem(&slots, &slot);
	struct exe_key key = {};
	struct rt_attempt *record;

	if (!place)
		return 0;
	record = &place->record;
	fill_header(&record->header, type);
	if (!exe_key(&key, &record->header.process))
		key.names = 0;
	else if (same_exe(&key, &place->exe))
		return 1;
	place->exe = key;
	describe_exe(record->exe, &record->header, (void *)bpf_get_current_task());
	return 1;
}

__noinline int record_binder(u32 slot, u64 sk)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (record)
		describe_sock(&record->binder, (struct sock *)sk);
	return 0;
}

__noinline int record_contender(u32 slot, u64 sk, u32 index)
{
	struct rt_attempt *record = bpf_map_lookup_elem(&slots, &slot);

	if (record && index < RT_MAX_CONTENDERS)
		describe_contender(&record->contenders[index], (struct sock *)sk);
	return 0;
}

/* A record that was refused by the ring is counted, and never sent later. */
static __always_inline void send(void *record, u32 size, bool urgent)
{
	if (bpf_ringbuf_output(&events, record, size, ring_flags(urgent))) {
		count(RT_COUNT_NO_RING, 1);
		return;
	}
	count(RT_COUNT_SENT, 1);
	count(RT_COUNT_BYTES, (size + RING_HEADER + 7) & ~7U);
}

static __always_inline void send_attempt(struct rt_attempt *record)
{
	u32 n = record->contender_count, size;

	if (n > RT_MAX_CONTENDERS)
		n = RT_MAX_CONTENDERS;
	size = RT_ATTEMPT_FIXED + n * sizeof(struct rt_sock);
	record->header.size = size;
	send(record, size, n || record->result);
}

/* A short record about one socket, straight into the ring; the caller describes the socket. */
static __always_inline struct rt_life *life_open(enum rt_type type)
{
	struct rt_life *life = bpf_ringbuf_reserve(&events, sizeof(*life), 0);

	if (!life) {
		count(RT_COUNT_NO_RING, 1);
		return NULL;
	}
	__builtin_memset(&life->option, 0, sizeof(life->option));
	life->result = 0;
	life->fd = RT_FD_NONE;
	life->wanted = 1;
	life->cloexec = 0;
	life->header.size = sizeof(*life);
	fill_header(&life->header, type);
	return life;
}

static __always_inline struct rt_life *life_begin(enum rt_type type, struct sock *sk)
{
	struct rt_life *life = life_open(type);

	if (life)
		describe_sock(&life->sock, sk);
	return life;
}

static __always_inline void life_send(struct rt_life *life)
{
	bpf_ringbuf_submit(life, ring_flags(false));
	count(RT_COUNT_SENT, 1);
	count(RT_COUNT_BYTES, (sizeof(*life) + RING_HEADER + 7) & ~7U);
}

#endif
