/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slots of attempts that never end, because their exit was not seen or their
 * thread is gone: taken back when slots run short.
 */
#ifndef REUSETRACE_LINUX_RECLAIM_H
#define REUSETRACE_LINUX_RECLAIM_H

#include <stdint.h>

struct trace_bpf;

struct reclaim {
	uint64_t short_of; /* attempts that found no slot, when it was last looked at */
};

/* Cheap where no attempt went without a slot since the last time. */
void reclaim_check(struct reclaim *reclaim, struct trace_bpf *trace);

#endif
