/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of the interface's example, and what a view makes of events. */
#ifndef REUSETRACE_TESTS_EVENTS_H
#define REUSETRACE_TESTS_EVENTS_H

#include "unit.h"

#include <stdio.h>

#include "model/event.h"
#include "view/view.h"

#define REAL_NS(ns)	(INT64_C(1795341600000000000) + (ns)) /* 2026-11-22T10:00:00Z */
#define AT(seconds, ms) (UINT64_C(1000000000) * (1000 + (seconds)) + UINT64_C(1000000) * (ms))

/* CLOCK_BOOTTIME 1000 s is 10:00:00 */
#define CLOCK_BASE                                                                                           \
	{                                                                                                    \
		REAL_NS(-INT64_C(1000) * 1000000000)                                                         \
	}

extern const struct clock_base clock_base;
extern const struct policy kept;
extern const struct view_config no_header;
extern struct owner owner_4100;

struct holder listener(void);
struct event attempt(enum event_type type, uint32_t pid);
struct event refused(struct holder *holder);

/* comm, exe and device come from a hostile process. */
void make_hostile(struct event *event, struct holder *holder);

/* What a new view writes for these events. */
char *render(struct view *(*new_view)(FILE *, const struct view_config *), const struct view_config *config,
	     const struct event *events, size_t count);

#endif
