// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/past.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/event_filter.h"
#include "cli/output.h"
#include "model/address.h"
#include "recorder/recorder.h"
#include "recording/recording.h"
#include "rules/compare.h"
#include "rules/rules.h"

struct past {
	struct past_request request;
	struct event_filter *filter;
	struct recorder_reader *reader;
	FILE *out;
	uint64_t run; /* of recording and view, 0: none yet */
	struct recording *recording;
	struct view *view;
	uint64_t events;
};

static bool is_wanted_address(const struct past *past, const struct address *address)
{
	const struct target *target = past->request.target;
	uint32_t scope = target->sock.address.scope;

	return (target_is_at(target, address) && (!scope || scope == address->scope)) ||
	       address_is_wildcard(address);
}

static bool is_wanted_protocol(const struct past *past, enum protocol protocol)
{
	const struct target *target = past->request.target;
	enum protocol wanted = target->sock.protocol;

	return target->any_protocol || protocol == wanted || (wanted == PROTO_TCP && protocol == PROTO_MPTCP);
}

static bool is_wanted(const struct past *past, const struct event *event)
{
	bool asked = event_is_attempt(event) && event->result < 0 && event->requested.family != FAMILY_NONE;

	if (!past->request.target)
		return true;
	return is_wanted_protocol(past, event->sock.protocol) &&
	       is_wanted_address(past, asked ? &event->requested : &event->sock.address);
}

/* Successful connect() and sendto() only where they are asked for, as in a live trace. */
static bool is_shown(const struct past *past, const struct event *event)
{
	const struct config *config = past->request.config;

	return event->type != EVENT_AUTOBIND || event->result < 0 || config->json || config->verbose ||
	       past->request.target;
}

static int end_run(struct past *past)
{
	view_free(past->view);
	recording_free(past->recording);
	past->view = NULL;
	past->recording = NULL;
	return 0;
}

static int begin_run(struct past *past, const struct recorded_line *line, char error[RECORDING_ERROR_LEN])
{
	end_run(past);
	past->run = line->run;
	return recording_begin(past->request.path, line->start, line->start_length, &past->recording, error);
}

/* Each run of the recorder has its own clock and policy; one title is for all that have something to show. */
static int open_view(struct past *past)
{
	const struct config *config = past->request.config;
	const char *heading = past->request.heading;
	struct view_config view = {.time = config->time,
				   .header = !config->no_header && !past->events,
				   .holders = true,
				   .color = options_color(config->color, past->out)};

	if (past->view)
		return 0;
	view.clock = recording_clock(past->recording);
	view.policy = recording_start(past->recording)->policy;
	if (heading && view.header && !config->json)
		fputs(heading, past->out);
	past->view = output_view(config, past->out, &view);
	return past->view ? past->view->ops->start(past->view, recording_start(past->recording)) : -ENOMEM;
}

static int show(struct past *past, struct event *event)
{
	const struct config *config = past->request.config;
	int err;

	if (!event_wanted(past->filter, event) || !is_wanted(past, event) || !is_shown(past, event))
		return 0;
	if (event_is_attempt(event)) {
		judge(event, recording_start(past->recording)->policy);
		if (config->compare)
			compare_event(event, (enum system_id)config->compare);
	}
	if (event->type == EVENT_FINDING)
		finding_write(event);
	if (event->type == EVENT_GAP)
		gap_write(event);
	err = open_view(past);
	past->events++;
	return err ? err : past->view->ops->event(past->view, event);
}

static int show_line(struct past *past, const struct recorded_line *line, char error[RECORDING_ERROR_LEN])
{
	struct recorded_object object;
	int err = line->run != past->run ? begin_run(past, line, error) : 0, n;

	if (err)
		return err;
	n = recording_take(past->recording, line->line, line->length, &object, error);
	if (n <= 0)
		return n;
	if (object.type == RECORDED_EVENT)
		err = show(past, &object.event);
	else if (past->request.config->json && past->view)
		err = (object.type == RECORDED_END ? past->view->ops->end
						   : past->view->ops->lost)(past->view, &object.totals);
	event_clear(&object.event);
	if (err && err != -EPIPE)
		snprintf(error, RECORDING_ERROR_LEN, "output: %s", strerror(-err));
	return err;
}

static struct recorder_query query_of(const struct past_request *request)
{
	struct recorder_query query = {.port = request->target ? request->target->sock.port : 0,
				       .last = request->last};
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (request->config->since_ns)
		query.since_unix_ns =
			(int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)request->config->since_ns;
	return query;
}

int past_open(const struct past_request *request, struct past **ret_past, char error[PAST_ERROR_LEN])
{
	struct past *past = calloc(1, sizeof(*past));
	int err = -ENOMEM;

	snprintf(error, PAST_ERROR_LEN, "out of memory");
	if (past) {
		past->request = *request;
		err = event_filter_new(request->config, &past->filter, error, PAST_ERROR_LEN);
	}
	if (!err)
		err = recorder_reader_open(request->path, &past->reader, error);
	if (err)
		past_free(past);
	else
		*ret_past = past;
	return err;
}

void past_free(struct past *past)
{
	if (!past)
		return;
	end_run(past);
	recorder_reader_free(past->reader);
	event_filter_free(past->filter);
	free(past);
}

int past_show(struct past *past, FILE *out, uint64_t *ret_events, char error[PAST_ERROR_LEN])
{
	const struct recorder_query query = query_of(&past->request);
	uint64_t limit = past->request.config->limit;
	struct recorded_line line;
	int n = 1;

	past->out = out;
	recorder_ask(past->reader, &query);
	while (n > 0 && (!limit || past->events < limit)) {
		int err;

		n = recorder_next(past->reader, &line, error);
		err = n > 0 ? show_line(past, &line, error) : n;
		if (err < 0)
			return err;
	}
	*ret_events = past->events;
	return 0;
}
