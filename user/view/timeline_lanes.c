// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/timeline_steps.h"

#define ORDER(one, other)  (((one) > (other)) - ((one) < (other)))
#define EITHER(one, other) ((one) ? (one) : (other))

static int compare_addresses(const struct address *one, const struct address *other)
{
	int order = ORDER(one->family, other->family);

	order = EITHER(order, memcmp(one->bytes, other->bytes, sizeof(one->bytes)));
	return EITHER(order, ORDER(one->scope, other->scope));
}

int compare_lane_keys(const struct lane_key *one, const struct lane_key *other)
{
	int order = ORDER(one->port, other->port);

	order = EITHER(order, ORDER(one->protocol, other->protocol));
	order = EITHER(order, ORDER(one->netns, other->netns));
	return EITHER(order, compare_addresses(&one->address, &other->address));
}

static int compare_keys(const void *one, const void *other)
{
	return compare_lane_keys(one, other);
}

static int compare_steps(const void *one, const void *other)
{
	const struct timeline_step *first = one, *second = other;
	int order = ORDER(first->span.socket, second->span.socket);

	return EITHER(order, ORDER(first->order, second->order));
}

/* ---- steps to spans */

static bool continues(const struct timeline_step *step, const struct timeline_step *next)
{
	return next->span.socket == step->span.socket;
}

/* The same state at the same place: listen() once more, a connect() of UDP to another peer. */
static bool is_no_change(const struct timeline_step *step, const struct timeline_step *next)
{
	return continues(step, next) && next->span.state == step->span.state &&
	       !compare_lane_keys(&step->key, &next->key) && step->span.state != STATE_ESTABLISHED;
}

static int make_spans(struct timeline *timeline)
{
	struct timeline_steps *steps = timeline->steps;
	size_t count = steps->step_count;

	timeline->spans = calloc(count ? count : 1, sizeof(*timeline->spans));
	steps->span_keys = calloc(count ? count : 1, sizeof(*steps->span_keys));
	if (!timeline->spans || !steps->span_keys)
		return -ENOMEM;
	if (count)
		qsort(steps->steps, count, sizeof(*steps->steps), compare_steps);
	for (size_t i = 0, last; i < count; i = last + 1) {
		struct timeline_step *step = &steps->steps[i];
		struct timeline_span *span = &timeline->spans[timeline->span_count];

		last = i;
		if (step->span.state == STATE_UNKNOWN)
			continue;
		while (last + 1 < count && is_no_change(step, &steps->steps[last + 1]))
			last++;
		*span = step->span;
		span->open = last + 1 == count || !continues(step, &steps->steps[last + 1]);
		span->to_ns = span->open ? timeline->to_ns : steps->steps[last + 1].span.from_ns;
		if (span->to_ns < span->from_ns)
			span->to_ns = span->from_ns;
		if (span->to_ns == span->from_ns && !span->open)
			continue;
		steps->span_keys[timeline->span_count++] = step->key;
	}
	return 0;
}

static bool has_peer(const struct timeline_step *step)
{
	return step->span.peer.family != FAMILY_NONE && step->key.protocol != PROTO_UDP;
}

static int compare_connections(const void *one, const void *other)
{
	const struct timeline_step *first = one, *second = other;
	int order = compare_lane_keys(&first->key, &second->key);

	order = EITHER(order, compare_addresses(&first->span.peer, &second->span.peer));
	order = EITHER(order, ORDER(first->span.peer_port, second->span.peer_port));
	return EITHER(order, ORDER(first->order, second->order));
}

/*
 * A TIME_WAIT remnant is another socket of the same connection: there is one
 * at a time, so each later socket says that the earlier one has left.
 */
static int end_connections(struct timeline *timeline)
{
	struct timeline_steps *steps = timeline->steps;
	size_t room = steps->step_count, count = 0, last_order = room;
	struct timeline_step *found = calloc(room ? room : 1, sizeof(*found)), *grown;

	if (!found)
		return -ENOMEM;
	for (size_t i = 0; i < room; i++)
		if (has_peer(&steps->steps[i]))
			found[count++] = steps->steps[i];
	qsort(found, count, sizeof(*found), compare_connections);
	grown = count ? realloc(steps->steps, (room + count) * sizeof(*grown)) : NULL;
	if (count && !grown) {
		free(found);
		return -ENOMEM;
	}
	steps->steps = grown ? grown : steps->steps;
	for (size_t i = 1; i < count; i++) {
		struct timeline_step end = found[i - 1];

		end.order = found[i].order;
		if (compare_connections(&end, &found[i]) || end.span.socket == found[i].span.socket)
			continue;
		end.order = last_order++;
		end.span.from_ns = found[i].span.from_ns;
		end.span.state = STATE_UNKNOWN;
		end.span.who = (struct timeline_who){.pid = 0}; /* its strings have an owner */
		steps->steps[steps->step_count++] = end;
	}
	free(found);
	return 0;
}

/* ---- keys to lanes */

static int make_lanes(struct timeline *timeline)
{
	struct timeline_steps *steps = timeline->steps;
	size_t count = timeline->span_count + timeline->mark_count;
	struct lane_key *keys = calloc(count ? count : 1, sizeof(*keys));

	timeline->lanes = calloc(count ? count : 1, sizeof(*timeline->lanes));
	if (!keys || !timeline->lanes) {
		free(keys);
		return -ENOMEM;
	}
	if (timeline->span_count)
		memcpy(keys, steps->span_keys, timeline->span_count * sizeof(*keys));
	if (timeline->mark_count)
		memcpy(keys + timeline->span_count, steps->mark_keys, timeline->mark_count * sizeof(*keys));
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < count; i++) {
		if (i && !compare_lane_keys(&keys[i], &keys[i - 1]))
			continue;
		timeline->lanes[timeline->lane_count++] = (struct timeline_lane){
			.address = keys[i].address,
			.port = keys[i].port,
			.protocol = keys[i].protocol,
			.netns = keys[i].netns,
		};
	}
	free(keys);
	return 0;
}

static size_t lane_of(const struct timeline *timeline, const struct lane_key *key)
{
	size_t low = 0, high = timeline->lane_count;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;
		const struct timeline_lane *lane = &timeline->lanes[middle];
		const struct lane_key found = {lane->port, lane->protocol, lane->netns, lane->address};

		if (compare_lane_keys(key, &found) < 0)
			high = middle;
		else
			low = middle;
	}
	return low;
}

static int compare_spans(const void *one, const void *other)
{
	const struct timeline_span *first = one, *second = other;
	int order = ORDER(first->lane, second->lane);

	order = EITHER(order, ORDER(first->from_ns, second->from_ns));
	return EITHER(order, ORDER(first->socket, second->socket));
}

static int compare_marks(const void *one, const void *other)
{
	const struct timeline_mark *first = one, *second = other;
	int order = ORDER(first->lane, second->lane);

	order = EITHER(order, ORDER(first->at_ns, second->at_ns));
	return EITHER(order, ORDER(first->seq, second->seq));
}

static void sort_into_lanes(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->span_count; i++)
		timeline->spans[i].lane = lane_of(timeline, &timeline->steps->span_keys[i]);
	for (size_t i = 0; i < timeline->mark_count; i++)
		timeline->marks[i].lane = lane_of(timeline, &timeline->steps->mark_keys[i]);
	qsort(timeline->spans, timeline->span_count, sizeof(*timeline->spans), compare_spans);
	if (timeline->mark_count)
		qsort(timeline->marks, timeline->mark_count, sizeof(*timeline->marks), compare_marks);
	for (size_t i = timeline->span_count; i-- > 0;) {
		timeline->lanes[timeline->spans[i].lane].span = i;
		timeline->lanes[timeline->spans[i].lane].span_count++;
	}
	for (size_t i = timeline->mark_count; i-- > 0;) {
		timeline->lanes[timeline->marks[i].lane].mark = i;
		timeline->lanes[timeline->marks[i].lane].mark_count++;
	}
}

/* ---- tracks */

struct track {
	uint64_t socket, until_ns;
};

/* A socket stays on its track; another one gets the first that is free. */
static uint32_t track_for(struct track *tracks, uint32_t *count, const struct timeline_span *span)
{
	uint32_t at = 0;

	while (at < *count && !(tracks[at].socket == span->socket && tracks[at].until_ns == span->from_ns))
		at++;
	if (at == *count)
		for (at = 0; at < *count && tracks[at].until_ns > span->from_ns;)
			at++;
	if (at == TIMELINE_TRACKS_MOST)
		return at - 1;
	*count += at == *count;
	tracks[at] = (struct track){.socket = span->socket, .until_ns = span->to_ns};
	return at;
}

static void make_tracks(struct timeline *timeline)
{
	struct track tracks[TIMELINE_TRACKS_MOST];

	for (size_t i = 0; i < timeline->lane_count; i++) {
		struct timeline_lane *lane = &timeline->lanes[i];

		for (size_t n = 0; n < lane->span_count; n++) {
			struct timeline_span *span = &timeline->spans[lane->span + n];

			span->track = track_for(tracks, &lane->tracks, span);
		}
	}
}

int timeline_make_lanes(struct timeline *timeline)
{
	int err = end_connections(timeline);

	if (!err)
		err = make_spans(timeline);
	if (!err)
		err = make_lanes(timeline);
	if (err)
		return err;
	sort_into_lanes(timeline);
	make_tracks(timeline);
	return 0;
}

/* ---- gaps */

static int compare_gaps(const void *one, const void *other)
{
	const struct timeline_gap *first = one, *second = other;
	int order = ORDER(first->lane, second->lane);

	return EITHER(order, ORDER(first->from_ns, second->from_ns));
}

void timeline_sort_gaps(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->gap_count; i++)
		timeline->gaps[i].lane = lane_of(timeline, &timeline->steps->gap_keys[i]);
	if (timeline->gap_count)
		qsort(timeline->gaps, timeline->gap_count, sizeof(*timeline->gaps), compare_gaps);
	for (size_t i = timeline->gap_count; i-- > 0;) {
		timeline->lanes[timeline->gaps[i].lane].gap = i;
		timeline->lanes[timeline->gaps[i].lane].gap_count++;
	}
}
