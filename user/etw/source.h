/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole .etl file as events. */
#ifndef REUSETRACE_ETW_SOURCE_H
#define REUSETRACE_ETW_SOURCE_H

#include "etw/correlate.h"
#include "etw/etl.h"

struct etw_summary {
	struct etl_info file;
	struct correlator_info events;
};

/* A range that netsh listed when the capture was made. */
struct etw_exclusion {
	enum protocol protocol;
	uint16_t first, last;
	bool by_admin;
};

/*
 * Hands every event of the capture to sink, in order.  Errors are etl_open()'s,
 * -ENOMEM and the sink's; *ret_summary is written on success.
 */
int etw_read(const void *data, size_t size, const struct etw_exclusion *exclusions, size_t exclusion_count,
	     correlator_sink sink, void *context, struct etw_summary *ret_summary);

#endif
