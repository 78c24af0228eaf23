// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/handover.h"
#include "rules/rules.h"
#include "view/timeline_steps.h"

static const char *const tone_names[TONE_MAX] = {
	[TONE_ACCEPTED] = "accepted",
	[TONE_SHARED] = "shared",
	[TONE_REFUSED] = "refused",
	[TONE_ODD] = "unexplained",
};

const char *tone_name(enum tone tone)
{
	return tone_names[tone];
}

int timeline_init(struct timeline *timeline, const struct clock_base *clock, uint64_t start_ns)
{
	*timeline = (struct timeline){
		.time = {.clock = *clock, .mode = TIME_WALL, .start_ns = start_ns},
		.from_ns = start_ns,
		.to_ns = start_ns,
		.steps = calloc(1, sizeof(*timeline->steps)),
	};
	if (timeline->steps)
		timeline->steps->handovers = handovers_new();
	return timeline->steps && timeline->steps->handovers ? 0 : -ENOMEM;
}

static void free_who(struct timeline_who *who)
{
	free(who->exe);
	free(who->unit);
}

static void free_steps(struct timeline_steps *steps)
{
	if (!steps)
		return;
	for (size_t i = 0; i < steps->step_count; i++)
		free_who(&steps->steps[i].span.who);
	free(steps->steps);
	free(steps->mark_keys);
	free(steps->span_keys);
	free(steps->gap_keys);
	handovers_free(steps->handovers);
	free(steps);
}

void timeline_free(struct timeline *timeline)
{
	for (size_t i = 0; i < timeline->mark_count; i++) {
		free_who(&timeline->marks[i].who);
		free(timeline->marks[i].text);
		free(timeline->marks[i].details);
	}
	free_steps(timeline->steps); /* spans share their strings with steps */
	free(timeline->lanes);
	free(timeline->spans);
	free(timeline->marks);
	free(timeline->gaps);
	*timeline = (struct timeline){0};
}

/* Room for one more of size bytes; *array stays valid on -ENOMEM. */
static int make_room(void **array, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity ? *capacity * 2 : 64;
	void *grown;

	if (count < *capacity)
		return 0;
	grown = realloc(*array, more * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = more;
	return 0;
}

/* "" is NULL, and not an error. */
static int copy_text(char **ret_copy, const char *text, size_t size)
{
	*ret_copy = text[0] ? strndup(text, size) : NULL;
	return text[0] && !*ret_copy ? -ENOMEM : 0;
}

static int copy_who(struct timeline_who *ret_who, const struct proc_info *process)
{
	int err;

	*ret_who = (struct timeline_who){.pid = process->pid, .uid = process->uid};
	memcpy(ret_who->comm, process->comm, sizeof(ret_who->comm));
	err = copy_text(&ret_who->exe, process->exe, sizeof(process->exe));
	return err ? err : copy_text(&ret_who->unit, process->place.unit, sizeof(process->place.unit));
}

/* The endpoint that a refused attempt asked for, the one that the socket has otherwise. */
static void key_of(const struct event *event, struct lane_key *ret_key)
{
	bool asked = event_is_attempt(event) && event->result < 0 && event->requested.family != FAMILY_NONE;

	*ret_key = (struct lane_key){
		.port = asked ? event->requested_port : event->sock.port,
		.protocol = event->sock.protocol,
		.netns = event->sock.netns,
		.address = asked ? event->requested : event->sock.address,
	};
}

/* ---- attempts */

static enum tone tone_of(const struct event *event)
{
	if (event->verdict.rule == RULE_UNEXPLAINED || event->verdict.agrees == 0)
		return TONE_ODD;
	if (event->result < 0)
		return TONE_REFUSED;
	return text_is_sharing(event) ? TONE_SHARED : TONE_ACCEPTED;
}

static int add_mark(struct timeline *timeline, const struct event *event)
{
	struct timeline_steps *steps = timeline->steps;
	struct strbuf details = {0};
	struct timeline_mark *mark;
	int err;

	if (timeline->mark_count == steps->mark_capacity) {
		size_t capacity = steps->mark_capacity;

		err = make_room((void **)&timeline->marks, timeline->mark_count, &capacity, sizeof(*mark));
		capacity = steps->mark_capacity;
		if (!err)
			err = make_room((void **)&steps->mark_keys, timeline->mark_count, &capacity,
					sizeof(*steps->mark_keys));
		if (err)
			return err;
		steps->mark_capacity = capacity;
	}
	mark = &timeline->marks[timeline->mark_count];
	*mark = (struct timeline_mark){
		.at_ns = event->time_ns,
		.seq = event->seq,
		.type = event->type,
		.tone = tone_of(event),
		.result = event->result,
		.rule = event->verdict.rule,
		.agrees = event->verdict.agrees,
		.socket = event->sock.id,
	};
	text_flags(mark->flags, &event->sock);
	key_of(event, &steps->mark_keys[timeline->mark_count++]);
	err = copy_who(&mark->who, &event->process);
	if (!err)
		err = copy_text(&mark->text, event->verdict.text, sizeof(event->verdict.text));
	text_details(&details, event, &timeline->time);
	mark->details = details.data;
	return err ? err : details.error;
}

/* ---- what sockets become */

/* The state behind an event; false for one that changes none. */
static bool state_after(const struct event *event, enum sock_state *ret_state)
{
	static const enum sock_state released[RELEASE_MAX] = {
		[RELEASE_PORT] = STATE_UNKNOWN,
		[RELEASE_TIME_WAIT_BEGIN] = STATE_TIME_WAIT,
		[RELEASE_TIME_WAIT_END] = STATE_UNKNOWN,
	};

	if (event->result < 0 || !event->sock.id || (!event->sock.port && event->type != EVENT_RELEASE))
		return false;
	switch (event->type) {
	case EVENT_HOLDER:
		*ret_state = event->sock.state == STATE_UNKNOWN ? STATE_BOUND : event->sock.state;
		return true;
	case EVENT_BIND:
	case EVENT_AUTOBIND:
		*ret_state = STATE_BOUND;
		return true;
	case EVENT_LISTEN:
		*ret_state = STATE_LISTEN;
		return true;
	case EVENT_CONNECT:
	case EVENT_ACCEPT:
		*ret_state = STATE_ESTABLISHED;
		return true;
	case EVENT_CLOSE: /* a connection's port need not be released by itself */
		*ret_state = STATE_UNKNOWN;
		return event->sock.peer.family != FAMILY_NONE;
	case EVENT_RELEASE:
		*ret_state = released[event->release];
		return true;
	default:
		return false;
	}
}

static int add_step(struct timeline *timeline, const struct event *event, enum sock_state state)
{
	struct timeline_steps *steps = timeline->steps;
	struct timeline_step *step;
	int err = make_room((void **)&steps->steps, steps->step_count, &steps->step_capacity, sizeof(*step));

	if (err)
		return err;
	step = &steps->steps[steps->step_count];
	*step = (struct timeline_step){
		.order = steps->step_count++,
		.span = {.socket = event->sock.id,
			 .from_ns = event->type == EVENT_HOLDER ? timeline->from_ns : event->time_ns,
			 .older = event->type == EVENT_HOLDER,
			 .state = state,
			 .chosen = event->type == EVENT_AUTOBIND || event->sock.port_chosen,
			 .peer = event->sock.peer,
			 .peer_port = event->sock.peer_port},
	};
	text_flags(step->span.flags, &event->sock);
	key_of(event, &step->key);
	return copy_who(&step->span.who, &event->process);
}

/* ---- gaps */

static int add_gap(struct timeline *timeline, const struct event *event)
{
	struct timeline_steps *steps = timeline->steps;
	size_t count = timeline->gap_count, capacity = steps->gap_capacity;
	struct timeline_gap *gap;
	int err = make_room((void **)&timeline->gaps, count, &capacity, sizeof(*gap));

	capacity = steps->gap_capacity;
	if (!err)
		err = make_room((void **)&steps->gap_keys, count, &capacity, sizeof(*steps->gap_keys));
	if (err)
		return err;
	steps->gap_capacity = capacity;
	key_of(event, &steps->gap_keys[timeline->gap_count]);
	gap = &timeline->gaps[timeline->gap_count++];
	*gap = (struct timeline_gap){
		.from_ns = event->gap.released_ns,
		.to_ns = event->time_ns,
		.before_pid = event->gap.before_pid,
		.after_pid = event->process.pid,
	};
	memcpy(gap->before_comm, event->gap.before_comm, COMM_LEN);
	memcpy(gap->after_comm, event->process.comm, COMM_LEN);
	gap_headline(gap->text, sizeof(gap->text), event);
	return 0;
}

int timeline_add(struct timeline *timeline, const struct event *event)
{
	bool is_full = timeline->mark_count >= TIMELINE_MOST || timeline->steps->step_count >= TIMELINE_MOST;
	enum sock_state state;
	struct event gap;
	int err = 0;

	if (is_full) {
		timeline->left_out += event_is_attempt(event);
		return 0;
	}
	if (event->time_ns > timeline->to_ns)
		timeline->to_ns = event->time_ns;
	if (event_is_attempt(event))
		err = add_mark(timeline, event);
	if (!err && state_after(event, &state))
		err = add_step(timeline, event, state);
	if (!err && handover_note(timeline->steps->handovers, event, &gap) &&
	    gap.gap.takeover == TAKEOVER_NONE)
		err = add_gap(timeline, &gap);
	return err;
}

int timeline_finish(struct timeline *timeline, uint64_t end_ns)
{
	int err;

	if (end_ns > timeline->to_ns && !timeline->left_out)
		timeline->to_ns = end_ns;
	err = timeline_make_lanes(timeline);
	if (!err)
		timeline_sort_gaps(timeline);
	return err;
}
