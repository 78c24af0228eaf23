// SPDX-License-Identifier: GPL-2.0-or-later
/* reusetrace replay FILE: a recording is judged again, by the policy of its machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/event_filter.h"
#include "cli/excluded.h"
#include "cli/complaint.h"
#include "cli/files.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "cli/filter_text.h"
#include "cli/summary.h"
#include "model/handover.h"
#include "recording/recording.h"
#include "rules/compare.h"
#include "rules/rules.h"

#define REFUSALS_KEPT 512
#define FILTERS_ALL   (FILTERS_MAX + RECORDING_MAX_FILTERS)

/* What a later finding or release says of the attempt that it is about. */
struct refusal_note {
	uint64_t seq;	/* as recorded */
	uint64_t shown; /* as it was shown */
	uint32_t pid;
	char comm[COMM_LEN];
	struct verdict verdict;
};

struct replay {
	const struct config *config;
	struct recording *recording;
	struct event_filter *filter;
	struct handovers *handovers;
	struct view *view;
	FILE *out;
	struct summary summary;
	uint64_t printed;
	uint64_t events; /* without the holders of the snapshot */
	bool connects;	 /* successful connect() and sendto() are attempts of interest */
	bool rejected;
	struct refusal_note *refusals; /* REFUSALS_KEPT of them, by seq */
	uint64_t added; /* findings and gaps that have no number of their own in the recording */
};

/* A live text trace has them only if something was asked for by name; JSON shows what was recorded. */
static bool shows_connects(const struct config *config, const struct start_info *start)
{
	static const char *const asked[] = {"port=", "pid=", "command="};

	if (config->json || config->verbose || config->ports.count || config->pids.count)
		return true;
	for (size_t i = 0; i < start->filter_count; i++)
		for (size_t n = 0; n < sizeof(asked) / sizeof(asked[0]); n++)
			if (!strncmp(start->filters[i], asked[n], strlen(asked[n])))
				return true;
	return false;
}

static bool is_shown(const struct replay *replay, const struct event *event)
{
	const struct config *config = replay->config;

	if (event_is_attempt(event))
		return replay->connects || event->type != EVENT_AUTOBIND || event->result < 0;
	return event->type == EVENT_HOLDER || event->type == EVENT_FINDING || event->after_attempt ||
	       config->json || config->verbose;
}

static int open_view(struct replay *replay)
{
	const struct config *config = replay->config;
	const struct view_config view_config = {
		.clock = recording_clock(replay->recording),
		.policy = recording_start(replay->recording)->policy,
		.time = config->time,
		.header = !config->no_header,
		.color =
			config->output ? config->color == COLOR_ALWAYS : options_color(config->color, stdout),
	};

	replay->out = stdout;
	if (config->output && is_same_file(config->output, config->file))
		return complain("-o is the recording itself: write to another file");
	if (config->output)
		replay->out = fopen(config->output, "we");
	if (!replay->out)
		return complain_errno(config->output, -errno);
	replay->view = output_view(config, replay->out, &view_config);
	if (!replay->view)
		return complain_errno("output", -ENOMEM);
	return fleet_view(config, &view_config, &replay->view);
}

/* The recorded start, with the filters of now behind those of then. */
static int show_start(struct replay *replay)
{
	struct start_info info = *recording_start(replay->recording);
	struct filter_text added = {.count = 0};
	const char *filters[FILTERS_ALL];

	filter_text(replay->config, &added);
	memcpy(filters, info.filters, info.filter_count * sizeof(*filters));
	memcpy(filters + info.filter_count, added.list, added.count * sizeof(*filters));
	info.filters = filters;
	info.filter_count += added.count;
	return replay->view->ops->start(replay->view, &info);
}

/* No two have the same number: what was added moves all that follows. */
static int show(struct replay *replay, struct event *event)
{
	const struct config *config = replay->config;

	event->seq += replay->added;
	if (config->limit && replay->events >= config->limit)
		return 0;
	if (event->type != EVENT_HOLDER)
		replay->events++;
	replay->printed++;
	if (event_is_attempt(event) && config->compare)
		compare_event(event, (enum system_id)config->compare);
	return replay->view->ops->event(replay->view, event);
}

/* Follows from other events: it is found again, and what is recorded of it is passed over. */
static bool is_found_again(const struct event *event)
{
	return event->type == EVENT_GAP ||
	       (event->type == EVENT_FINDING && event->finding.kind == FINDING_SHARED_PORT);
}

static int show_added(struct replay *replay, struct event *event, uint64_t recorded_seq)
{
	event->seq = recorded_seq;
	replay->added++;
	return show(replay, event);
}

/* As the session does: a port shared with a stranger is told once more, behind its attempt. */
static int show_sharing(struct replay *replay, const struct event *event, uint64_t recorded_seq)
{
	struct event finding = *event;

	if (!event->verdict.differs)
		return 0;
	finding.type = EVENT_FINDING;
	finding.finding =
		(struct event_finding){.kind = FINDING_SHARED_PORT, .attempt = event->seq, .attempts = 1};
	finding.comparison = (struct comparison){.system = NULL};
	finding_write(&finding);
	return show_added(replay, &finding, recorded_seq);
}

/* Also of one that the filters leave out: what is shown later may be about it. */
static void note_refusal(struct replay *replay, const struct event *event)
{
	struct refusal_note *note = &replay->refusals[event->seq % REFUSALS_KEPT];

	*note = (struct refusal_note){
		.seq = event->seq, .shown = event->seq + replay->added, .pid = event->process.pid};
	memcpy(note->comm, event->process.comm, sizeof(note->comm));
}

static int show_attempt(struct replay *replay, struct event *event)
{
	const uint64_t recorded_seq = event->seq;
	int err;

	judge(event, recording_start(replay->recording)->policy);
	recording_judged(replay->recording, event);
	summary_add(&replay->summary, event);
	replay->rejected |= event->result < 0;
	if (event->result < 0)
		replay->refusals[event->seq % REFUSALS_KEPT].verdict = event->verdict;
	err = show(replay, event);
	return err ? err : show_sharing(replay, event, recorded_seq);
}

/* That a process lives on was seen; what it was refused is judged anew, if it was not too long ago. */
static int show_finding(struct replay *replay, struct event *event)
{
	const struct refusal_note *note = &replay->refusals[event->finding.attempt % REFUSALS_KEPT];

	if (note->seq == event->finding.attempt) {
		event->verdict = note->verdict;
		event->finding.attempt = note->shown;
	}
	finding_write(event);
	return show(replay, event);
}

/* The recording names the refusal that a release came too late for by its seq alone. */
static void link_refusal(const struct replay *replay, struct event *event)
{
	const struct refusal_note *note = &replay->refusals[event->after_attempt % REFUSALS_KEPT];

	if (note->seq != event->after_attempt)
		return;
	event->refused.pid = note->pid;
	memcpy(event->refused.comm, note->comm, sizeof(event->refused.comm));
	event->after_attempt = note->shown;
}

/* As the session does, behind what it follows from. */
static int show_handover(struct replay *replay, const struct event *event, uint64_t recorded_seq)
{
	struct event gap;

	if (!handover_note(replay->handovers, event, &gap))
		return 0;
	gap_write(&gap);
	return show_added(replay, &gap, recorded_seq);
}

static int show_wanted(struct replay *replay, struct event *event)
{
	if (!is_shown(replay, event))
		return 0;
	if (event_is_attempt(event))
		return show_attempt(replay, event);
	return event->type == EVENT_FINDING ? show_finding(replay, event) : show(replay, event);
}

static int show_event(struct replay *replay, struct event *event)
{
	const uint64_t recorded_seq = event->seq;
	int err;

	if (is_found_again(event)) {
		replay->added -= replay->added > 0;
		return 0;
	}
	if (event_is_attempt(event) && event->result < 0)
		note_refusal(replay, event);
	if (event->after_attempt)
		link_refusal(replay, event);
	if (!event_wanted(replay->filter, event))
		return 0;
	err = show_wanted(replay, event);
	return err ? err : show_handover(replay, event, recorded_seq);
}

static int show_totals(struct replay *replay, struct recorded_object *object)
{
	char lost[256];

	object->totals.seq += replay->added;
	if (object->type == RECORDED_LOST) {
		lost_text(&object->totals, lost, sizeof(lost));
		fprintf(stderr, "reusetrace: the recording %s\n", lost);
		return replay->view->ops->lost(replay->view, &object->totals);
	}
	object->totals.printed = replay->printed;
	return replay->view->ops->end(replay->view, &object->totals);
}

static bool has_limit_reached(const struct replay *replay)
{
	return replay->config->limit && replay->events >= replay->config->limit;
}

static int show_all(struct replay *replay)
{
	char error[RECORDING_ERROR_LEN];
	struct recorded_object object;
	int n, err = show_start(replay);

	while (!err && !has_limit_reached(replay)) {
		n = recording_next(replay->recording, &object, error);
		if (n < 0)
			return complain(error);
		if (!n)
			break;
		if (object.type == RECORDED_EVENT)
			err = show_event(replay, &object.event);
		else
			err = show_totals(replay, &object);
		event_clear(&object.event);
	}
	if (err == -EPIPE)
		return EXIT_OK;
	return err ? complain_errno(replay->config->output ? replay->config->output : "output", err)
		   : EXIT_OK;
}

static void tell_unknown(const struct replay *replay)
{
	uint64_t unknown = recording_unknown(replay->recording);

	if (unknown)
		fprintf(stderr,
			"reusetrace: passed over %" PRIu64
			" objects of types that this version does not know\n",
			unknown);
}

static int replay_run(const struct config *config)
{
	struct replay replay = {.config = config,
				.refusals = calloc(REFUSALS_KEPT, sizeof(*replay.refusals)),
				.handovers = handovers_new()};
	char error[RECORDING_ERROR_LEN] = "out of memory";
	int err = replay.refusals && replay.handovers
			  ? event_filter_new(config, &replay.filter, error, sizeof(error))
			  : -ENOMEM;
	int status;

	if (err) {
		complain(error);
		free(replay.refusals);
		handovers_free(replay.handovers);
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	closed_pipes_are_errors();
	status = recording_open(config->file, &replay.recording, error) ? complain(error) : EXIT_OK;
	if (!status)
		status = excluded_read(&config->excluded, replay.recording);
	if (!status) {
		replay.connects = shows_connects(config, recording_start(replay.recording));
		status = open_view(&replay);
	}
	if (!status) {
		status = show_all(&replay);
		tell_unknown(&replay);
		if (config->summary)
			summary_print(&replay.summary, stderr);
	}
	view_free(replay.view);
	if (config->output && replay.out && fclose(replay.out) && !status)
		status = complain_errno(config->output, -errno);
	recording_free(replay.recording);
	event_filter_free(replay.filter);
	free(replay.refusals);
	handovers_free(replay.handovers);
	return !status && replay.rejected && config->fail_on_reject ? EXIT_REJECTED : status;
}

const struct command_info replay_command = {
	.bit = COMMAND_REPLAY,
	.name = "replay",
	.summary = "replay [OPTIONS] FILE   explain a recording (reusetrace -j -o FILE) again",
	.help_head = "Usage: reusetrace replay [OPTIONS] FILE\n"
		     "\n"
		     "Judge a recording again, with the policy of the machine that it comes from, and\n"
		     "show it in another way.  FILE is what `reusetrace -j -o FILE` wrote, or a capture of\n"
		     "Windows (.etl); - is standard input.  No privilege is needed.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace replay binds.ndjson             as the live trace showed it\n"
		     "  reusetrace replay -x -P 8080 binds.ndjson  what was refused on port 8080\n"
		     "  reusetrace replay -j binds.ndjson          the same objects with new verdicts\n",
	.help_tail = "\n"
		     "Namespaces are named by their inode, users by what their name is here.\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, also a recording that was cut or is damaged (the line is\n"
		     "named), 2 usage, 10 --fail-on-reject saw a refusal.\n",
	.operand = {.name = "FILE",
		    .type = &type_path,
		    .offset = offsetof(struct config, file),
		    .least = 1,
		    .most = 1,
		    .one = "one FILE is enough"},
	.run = replay_run,
};
