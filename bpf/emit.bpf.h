/* SPDX-License-Identifier: GPL-2.0-only */
/* Slots, records and the way to the ring. */
#ifndef REUSETRACE_EMIT_BPF_H
#define REUSETRACE_EMIT_BPF_H

#include "known.bpf.h"

#define RING_HEADER 8
#define ROOM_MASK   0x1f8 /* multiples of 8, RT_EXE_LEN among them */

_Static_assert((RT_EXE_LEN & ROOM_MASK) == RT_EXE_LEN, "exe[] may be full");

static __always_inline struct rt_attempt *slot_of(const struct flight *flight)
{
	u32 slot = flight->slot;

	return slot == NO_SLOT ? NULL : bpf_map_lookup_elem(&slots, &slot);
}

/* The attempt of this thread. */
static __always_inline struct flight *flight_here(void)
{
	u64 id = bpf_get_current_pid_tgid();

	return flying ? bpf_map_lookup_elem(&flights, &id) : NULL;
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
	record->exe_room =
		(describe_exe(record->exe, &record->header, (void *)bpf_get_current_task()) + 8) & ROOM_MASK;
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

/* See struct rt_attempt. */
static __always_inline bool told_short(const struct rt_attempt *record)
{
	return !record->result && !record->contender_count && !record->refusal.flags &&
	       !record->refusal.lsm && !record->refusal.program_count;
}

/* Where its options are, from exe on. */
static __always_inline u32 options_at(const struct rt_attempt *record)
{
	return told_short(record) ? record->exe_room & ROOM_MASK : RT_EXE_LEN;
}

static __always_inline void send_attempt(struct rt_attempt *record)
{
	u64 size;

	if (told_short(record))
		size = RT_ATTEMPT_SHORT + options_at(record) +
		       record->option_count * sizeof(struct rt_option);
	else
		size = RT_ATTEMPT_FIXED + record->contender_count * sizeof(struct rt_sock);
	asm volatile("" : "+r"(size)); /* else the bound is checked of one register and another one is used */
	if (size > sizeof(*record))
		return;
	record->header.size = size;
	send(record, size, record->contender_count || record->result);
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
