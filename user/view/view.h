/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view writes what it is given to a FILE and decides nothing.
 *
 * Every call writes whole lines and flushes them; it returns 0 or a negative
 * errno (-EPIPE when the reader is gone).  The FILE stays the caller's.
 */
#ifndef REUSETRACE_VIEW_VIEW_H
#define REUSETRACE_VIEW_VIEW_H

#include <stdio.h>
#include "model/event.h"

struct clock_base {
	int64_t boot_to_real_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
};

enum time_mode { TIME_WALL, TIME_DELTA, TIME_BOOT, TIME_ISO, TIME_NONE };

struct probe_info {
	const char *name; /* "inet_csk_get_port" */
	const char *how;  /* "fentry", "fexit", "kprobe.multi", ..., "missing" */
	bool fired;	  /* the self-test saw it run */
};

struct start_info {
	uint64_t seq;
	uint64_t time_ns;    /* CLOCK_BOOTTIME; since of what is older is unknown */
	const char *version; /* of reusetrace */
	const char *host;
	const char *kernel;	     /* release */
	const struct policy *policy; /* NULL: unknown */
	const struct probe_info *probes;
	size_t probe_count;
	const char *const *filters; /* "port=8080" */
	size_t filter_count;
};

struct end_info { /* totals so far; `lost` gets the same */
	uint64_t seq;
	uint64_t time_ns;
	uint64_t reserved; /* records the programs wanted to send */
	uint64_t sent;	   /* ... and sent */
	uint64_t printed;
	uint64_t bytes;
	uint64_t lost_ring;			 /* ring full */
	uint64_t lost_map;			 /* no room in the attempt map */
	uint64_t lost_recursion;		 /* programs skipped: recursion_misses */
	uint64_t lost_missed;			 /* kprobes missed */
	uint64_t lost_exits;			 /* attempts whose end was not seen */
	uint64_t lost_options;			 /* sockets whose option changes were pushed out */
	uint64_t lost_decode;			 /* records that could not be decoded */
	const struct delivery_total *deliveries; /* by port and member; NULL: not asked for */
	size_t delivery_count;
};

struct view_config {
	struct clock_base clock;
	const struct policy *policy; /* this kernel's, NULL if unknown; outlives the view */
	enum time_mode time;	     /* text */
	bool header;		     /* text */
	bool holders;		     /* text: sockets from before have a row, too */
	bool color;		     /* text */
};

struct view;

struct view_ops {
	int (*start)(struct view *view, const struct start_info *info);
	int (*event)(struct view *view, const struct event *event);
	int (*lost)(struct view *view, const struct end_info *info);
	int (*end)(struct view *view, const struct end_info *info);
	void (*idle)(struct view *view); /* now and then, also when nothing happens; may be NULL */
	void (*free)(struct view *view);
};

struct view {
	const struct view_ops *ops;
};

/* NULL without memory. */
struct view *text_view_new(FILE *out, const struct view_config *config);
struct view *json_view_new(FILE *out, const struct view_config *config);

static inline void view_idle(struct view *view)
{
	if (view->ops->idle)
		view->ops->idle(view);
}

/* NULL is allowed. */
static inline void view_free(struct view *view)
{
	if (view)
		view->ops->free(view);
}

/* "lost 3 records: 2 ring full, 1 programs skipped"; "" if nothing was lost. */
size_t lost_text(const struct end_info *info, char *buf, size_t size);

/*
 * The counts of --deliveries, a line a port and a line a member:
 *
 *   deliveries to tcp port 8082: 200
 *         97  nc[4100] fd 3, 127.0.0.1:8082
 */
int deliveries_text(const struct delivery_total *totals, size_t count, FILE *out);

#endif
