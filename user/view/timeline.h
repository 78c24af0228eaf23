/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as lanes: for each address and port who held it when and in which
 * state, what was attempted there, and when nobody listened.
 *
 * Times are CLOCK_BOOTTIME.  Names are as the processes chose them, in whatever
 * bytes: whoever prints them escapes them.
 */
#ifndef REUSETRACE_VIEW_TIMELINE_H
#define REUSETRACE_VIEW_TIMELINE_H

#include "model/event.h"
#include "view/text_parts.h"
#include "view/view.h"

/* Spans and marks beyond this are counted and left out. */
#define TIMELINE_MOST 250000

/* Sockets that hold one lane's port at once have a track each, up to this many. */
#define TIMELINE_TRACKS_MOST 32

enum tone {
	TONE_ACCEPTED,
	TONE_SHARED, /* accepted, beside another socket */
	TONE_REFUSED,
	TONE_ODD, /* not explained */
	TONE_MAX
};

struct timeline_who {
	uint32_t pid; /* 0: unknown */
	uint32_t uid; /* the process's, UID_NONE if unknown */
	char comm[COMM_LEN];
	char *exe, *unit; /* NULL: unknown */
};

struct timeline_span { /* a socket holds the port */
	size_t lane;
	uint32_t track;
	uint64_t socket; /* as in "s17" */
	uint64_t from_ns, to_ns;
	bool older;  /* it began before the recording */
	bool open;   /* and did not end in it */
	bool chosen; /* the kernel chose the port */
	enum sock_state state;
	char flags[FLAGS_LEN];
	struct address peer; /* family NONE: none */
	uint16_t peer_port;
	struct timeline_who who;
};

struct timeline_mark { /* an attempt */
	size_t lane;
	uint64_t at_ns, seq;
	enum event_type type;
	enum tone tone;
	int result;
	int rule;   /* enum rule_id */
	int agrees; /* as in struct verdict */
	uint64_t socket;
	char flags[FLAGS_LEN];
	struct timeline_who who;
	char *text;    /* the verdict's sentence */
	char *details; /* the lines of text_details(), NULL: none */
};

struct timeline_gap { /* nobody had the port between two that had it */
	size_t lane;  /* of the later one */
	uint64_t from_ns, to_ns;
	char text[96]; /* "port 8080 had no listener for 3.2 s" */
	uint32_t before_pid, after_pid;
	char before_comm[COMM_LEN], after_comm[COMM_LEN];
};

struct timeline_lane {
	struct address address;
	uint16_t port; /* 0: attempts for which no port was asked or found */
	enum protocol protocol;
	uint32_t netns;
	uint32_t tracks;
	size_t span, span_count; /* the first one and how many, by time */
	size_t mark, mark_count;
	size_t gap, gap_count;
};

/* Filled by timeline_finish(). */
struct timeline {
	struct text_time time;
	uint64_t from_ns, to_ns;
	struct timeline_lane *lanes; /* by port, protocol, namespace, address */
	size_t lane_count;
	struct timeline_span *spans; /* by lane and time */
	size_t span_count;
	struct timeline_mark *marks;
	size_t mark_count;
	struct timeline_gap *gaps;
	size_t gap_count;
	uint64_t left_out;
	struct timeline_steps *steps; /* private */
};

/* The clock is for times in sentences.  0 or -ENOMEM. */
int timeline_init(struct timeline *timeline, const struct clock_base *clock, uint64_t start_ns);
void timeline_free(struct timeline *timeline);

/* A judged event, in order.  0 or -ENOMEM. */
int timeline_add(struct timeline *timeline, const struct event *event);

/* Nothing is added after this.  end_ns 0: the last event's time.  0 or -ENOMEM. */
int timeline_finish(struct timeline *timeline, uint64_t end_ns);

/* "accepted", "shared", "refused", "unexplained" */
const char *tone_name(enum tone tone);

#endif
