/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/reclaim.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/clock.h"
#include "linux/process.h"
#include "trace.skel.h"

/* No call on the way to a port takes this long. */
#define LONGEST_NS 30000000000ULL

/* Its number is the kernel's: only the initial pid namespace counts alike. */
static bool thread_gone(uint64_t id)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/task/%u", (unsigned int)(id >> 32), (unsigned int)id);
	return process_shows_all() && access(path, F_OK);
}

static bool is_stale(const struct trace_bpf *trace, uint64_t id, const struct flight *flight)
{
	struct slot slot;

	if (thread_gone(id))
		return true;
	return flight->slot != NO_SLOT &&
	       !bpf_map_lookup_elem(bpf_map__fd(trace->maps.slots), &flight->slot, &slot) &&
	       slot.record.header.time_ns + LONGEST_NS < boot_ns();
}

/* Who deletes the flight gives its slot and counts it out: never both this and its thread. */
static void reclaim_flights(struct trace_bpf *trace, int flights, volatile int32_t *flying)
{
	uint64_t id, next, *at = NULL;
	struct flight flight;
	bool more = !bpf_map_get_next_key(flights, NULL, &next);

	while (more) {
		id = next;
		at = &id;
		more = !bpf_map_get_next_key(flights, at, &next);
		if (bpf_map_lookup_elem(flights, &id, &flight) || !is_stale(trace, id, &flight) ||
		    bpf_map_delete_elem(flights, &id))
			continue;
		__atomic_add_fetch(&trace->bss->counters[RT_COUNT_NO_EXIT], 1, __ATOMIC_RELAXED);
		if (flying)
			__atomic_sub_fetch(flying, 1, __ATOMIC_RELAXED);
		if (flight.slot != NO_SLOT)
			(void)bpf_map_update_elem(bpf_map__fd(trace->maps.free_slots), NULL, &flight.slot,
						  BPF_ANY);
	}
}

static void reclaim_calls(const struct trace_bpf *trace)
{
	int calls = bpf_map__fd(trace->maps.calls);
	uint64_t id, next;
	bool more = !bpf_map_get_next_key(calls, NULL, &next);

	while (more) {
		id = next;
		more = !bpf_map_get_next_key(calls, &id, &next);
		if (thread_gone(id))
			(void)bpf_map_delete_elem(calls, &id);
	}
}

/* The calls for maps hold off programs: only now, when attempts are lost without them. */
void reclaim_check(struct reclaim *reclaim, struct trace_bpf *trace)
{
	uint64_t short_of = trace->bss->counters[RT_COUNT_NO_SLOT];

	if (short_of == reclaim->short_of)
		return;
	reclaim->short_of = short_of;
	reclaim_flights(trace, bpf_map__fd(trace->maps.flights), &trace->bss->flying);
	reclaim_flights(trace, bpf_map__fd(trace->maps.unix_flights), NULL);
	reclaim_calls(trace);
}
