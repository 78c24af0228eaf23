/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What timeline.c collects and timeline_lanes.c sorts. */
#ifndef REUSETRACE_VIEW_TIMELINE_STEPS_H
#define REUSETRACE_VIEW_TIMELINE_STEPS_H

#include "view/timeline.h"

struct lane_key {
	uint16_t port;
	enum protocol protocol;
	uint32_t netns;
	struct address address;
};

/* From here on the socket has this state on this lane; UNKNOWN: it has left. */
struct timeline_step {
	struct lane_key key;
	size_t order;
	struct timeline_span span; /* from_ns is when; to_ns and lane are not set */
};

struct timeline_steps {
	struct timeline_step *steps;
	size_t step_count, step_capacity;
	struct lane_key *mark_keys; /* one for each mark */
	size_t mark_capacity;
	struct lane_key *gap_keys; /* one for each gap */
	size_t gap_capacity;
	struct handovers *handovers;
	struct lane_key *span_keys; /* one for each span, once they are made */
};

int compare_lane_keys(const struct lane_key *one, const struct lane_key *other);

/* Steps to spans, keys to lanes, then tracks: 0 or -ENOMEM.  Gaps to lanes that are made. */
int timeline_make_lanes(struct timeline *timeline);
void timeline_sort_gaps(struct timeline *timeline);

#endif
