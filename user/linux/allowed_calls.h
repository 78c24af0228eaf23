/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls that are made after confine(), a table. */
#ifndef REUSETRACE_LINUX_ALLOWED_CALLS_H
#define REUSETRACE_LINUX_ALLOWED_CALLS_H

#include <stddef.h>
#include <stdint.h>

#define OWN_PID UINT64_MAX /* as a value: the number of the process that is confined */

struct allowed_call {
	int number;	       /* libseccomp's: negative where this architecture has none */
	unsigned int roles;    /* enum role */
	unsigned int compared; /* 0: whatever the arguments; else 1 + the number of one that is compared */
	uint64_t mask, value;  /* (argument & mask) == value */
};

extern const struct allowed_call allowed_calls[];
extern const size_t allowed_call_count;

#endif
