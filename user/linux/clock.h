/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of events, and how far it is from the calendar. */
#ifndef REUSETRACE_LINUX_CLOCK_H
#define REUSETRACE_LINUX_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_BOOTTIME. */
uint64_t boot_ns(void);

/* CLOCK_REALTIME - CLOCK_BOOTTIME, now. */
int64_t boot_to_real_ns(void);

#endif
