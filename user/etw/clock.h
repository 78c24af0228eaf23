/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TRACE_LOGFILE_HEADER (evntrace.h) and the clock it describes. */
#ifndef REUSETRACE_ETW_CLOCK_H
#define REUSETRACE_ETW_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct etw_logfile {
	uint32_t buffer_size;
	uint32_t build;
	uint32_t processors;
	uint32_t events_lost, buffers_lost;
	uint32_t cpu_mhz;
	uint32_t clock_type; /* 1 performance counter, 2 system time, 3 CPU cycles */
	uint8_t pointer_size;
	int64_t start; /* FILETIME: 100 ns since 1601 */
	int64_t frequency;
};

/* 0 or -EBADMSG */
int etw_logfile_read(const void *data, size_t size, struct etw_logfile *ret_logfile);

struct etw_clock {
	int64_t zero;	    /* raw time of the file's first record */
	uint64_t zero_ns;   /* the same since 1970: StartTime */
	uint64_t frequency; /* ticks a second */
};

/*
 * The first record was written when the session started, at StartTime;
 * BootTime plus the counter is wrong by seconds where the clock was set since.
 */
void etw_clock_init(struct etw_clock *clock, const struct etw_logfile *logfile, int64_t first);

/* Nanoseconds since 1970, 0 for what lies before. */
uint64_t etw_clock_ns(const struct etw_clock *clock, int64_t raw);

uint64_t filetime_to_ns(int64_t filetime);

#endif
