/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole .etl file as events, one after the other. */
#ifndef REUSETRACE_ETW_SOURCE_H
#define REUSETRACE_ETW_SOURCE_H

#include "etw/correlate.h"
#include "etw/etl.h"

struct etw_source;

/* data stays the caller's and must outlive the source.  Errors are etl_open()'s. */
int etw_source_open(const void *data, size_t size, struct etw_source **ret_source);
void etw_source_free(struct etw_source *source); /* NULL is allowed */

/* A range that netsh listed when the capture was made; before the first event.  0 or -ENOMEM. */
int etw_source_exclude(struct etw_source *source, enum protocol protocol, uint16_t first, uint16_t last,
		       bool by_admin);

/* 1 and an event, which is the caller's to clear, 0 at the end, or -ENOMEM. */
int etw_source_next(struct etw_source *source, struct event *ret_event);

/* As correlator_judged(). */
void etw_source_judged(struct etw_source *source, const struct event *event);

const struct etl_info *etw_source_file(const struct etw_source *source);
const struct correlator_info *etw_source_events(const struct etw_source *source);

#endif
