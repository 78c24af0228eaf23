// SPDX-License-Identifier: GPL-2.0-or-later
/* reusetrace history [ADDRESS]: what the recorder saw. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/event_filter.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/socket_words.h"
#include "model/address.h"
#include "recorder/recorder.h"
#include "recording/recording.h"
#include "rules/compare.h"
#include "rules/rules.h"

struct history {
	const struct config *config;
	const char *path;
	struct sock_info wanted; /* port 0: all */
	bool any_address, any_protocol;
	struct event_filter *filter;
	struct recorder_reader *reader;
	FILE *out;
	uint64_t run; /* of recording and view, 0: none yet */
	struct recording *recording;
	struct view *view;
	uint64_t events;
};

static bool is_wanted_address(const struct history *history, const struct address *address)
{
	const struct address *wanted = &history->wanted.address;

	return history->any_address || address_equal(wanted, address) || address_is_wildcard(address);
}

static bool is_wanted_protocol(const struct history *history, enum protocol protocol)
{
	enum protocol wanted = history->wanted.protocol;

	return history->any_protocol || protocol == wanted ||
	       (wanted == PROTO_TCP && protocol == PROTO_MPTCP);
}

static bool is_wanted(const struct history *history, const struct event *event)
{
	bool asked = event_is_attempt(event) && event->result < 0 && event->requested.family != FAMILY_NONE;

	if (!history->wanted.port)
		return true;
	return is_wanted_protocol(history, event->sock.protocol) &&
	       is_wanted_address(history, asked ? &event->requested : &event->sock.address);
}

/* Successful connect() and sendto() only where they are asked for, as in a live trace. */
static bool is_shown(const struct history *history, const struct event *event)
{
	const struct config *config = history->config;

	return event->type != EVENT_AUTOBIND || event->result < 0 || config->json || config->verbose ||
	       history->wanted.port;
}

static int end_run(struct history *history)
{
	view_free(history->view);
	recording_free(history->recording);
	history->view = NULL;
	history->recording = NULL;
	return 0;
}

static int begin_run(struct history *history, const struct recorded_line *line,
		     char error[RECORDING_ERROR_LEN])
{
	end_run(history);
	history->run = line->run;
	return recording_begin(history->path, line->start, line->start_length, &history->recording, error);
}

/* Each run of the recorder has its own clock and policy; one title is for all that have something to show. */
static int open_view(struct history *history)
{
	const struct config *config = history->config;
	struct view_config view = {.time = config->time,
				   .header = !config->no_header && !history->events,
				   .holders = true,
				   .color = options_color(config->color, history->out)};

	if (history->view)
		return 0;
	view.clock = recording_clock(history->recording);
	view.policy = recording_start(history->recording)->policy;
	history->view = output_view(config, history->out, &view);
	return history->view ? history->view->ops->start(history->view, recording_start(history->recording))
			     : -ENOMEM;
}

static int show(struct history *history, struct event *event)
{
	const struct config *config = history->config;
	int err;

	if (!event_wanted(history->filter, event) || !is_wanted(history, event) || !is_shown(history, event))
		return 0;
	if (event_is_attempt(event)) {
		judge(event, recording_start(history->recording)->policy);
		if (config->compare)
			compare_event(event, (enum system_id)config->compare);
	}
	if (event->type == EVENT_FINDING)
		finding_write(event);
	if (event->type == EVENT_GAP)
		gap_write(event);
	err = open_view(history);
	history->events++;
	return err ? err : history->view->ops->event(history->view, event);
}

static int show_line(struct history *history, const struct recorded_line *line,
		     char error[RECORDING_ERROR_LEN])
{
	struct recorded_object object;
	int err = line->run != history->run ? begin_run(history, line, error) : 0, n;

	if (err)
		return err;
	n = recording_take(history->recording, line->line, line->length, &object, error);
	if (n <= 0)
		return n;
	if (object.type == RECORDED_EVENT)
		err = show(history, &object.event);
	else if (history->config->json && history->view)
		err = (object.type == RECORDED_END ? history->view->ops->end
						   : history->view->ops->lost)(history->view, &object.totals);
	event_clear(&object.event);
	if (err && err != -EPIPE)
		snprintf(error, RECORDING_ERROR_LEN, "output: %s", strerror(-err));
	return err;
}

static int show_all(struct history *history)
{
	const struct config *config = history->config;
	struct recorder_query query = {.port = history->wanted.port};
	char error[RECORDING_ERROR_LEN];
	struct recorded_line line;
	struct timespec now;
	int n = 1;

	clock_gettime(CLOCK_REALTIME, &now);
	if (config->since_ns)
		query.since_unix_ns =
			(int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)config->since_ns;
	recorder_ask(history->reader, &query);
	while (n > 0 && (!config->limit || history->events < config->limit)) {
		int err;

		n = recorder_next(history->reader, &line, error);
		err = n > 0 ? show_line(history, &line, error) : n;
		if (err == -EPIPE)
			return EXIT_OK;
		if (err < 0)
			return complain(error);
	}
	if (!history->events && !config->json)
		fprintf(stderr, "reusetrace: nothing of that is recorded in %s\n", history->path);
	return EXIT_OK;
}

static int parse_address(struct history *history)
{
	const char *text = history->config->address, *colon;
	char error[SOCKET_ERROR_LEN], sentence[OPTIONS_ERROR_LEN];
	struct claim claim;

	if (!text)
		return EXIT_OK;
	if (strchr(text, ' ') || socket_words_parse(text, &claim, error)) {
		snprintf(sentence, sizeof(sentence), "history: ADDRESS: %s",
			 strchr(text, ' ') ? "is more than an address" : error);
		complain(sentence);
		return EXIT_USAGE;
	}
	colon = strrchr(text, ':');
	history->wanted = claim.sock;
	history->any_address = !colon || colon == text || !strncmp(text, "*:", 2);
	history->any_protocol = !strchr(text, '/');
	return EXIT_OK;
}

static int open_all(struct history *history)
{
	const struct config *config = history->config;
	char error[RECORDER_ERROR_LEN] = "out of memory";
	int err = event_filter_new(config, &history->filter, error, sizeof(error));

	if (err) {
		complain(error);
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	if (recorder_reader_open(history->path, &history->reader, error))
		return complain(error);
	history->out = config->output ? fopen(config->output, "we") : stdout;
	return history->out ? EXIT_OK : complain_errno(config->output, -errno);
}

static int history_run(const struct config *config)
{
	struct history history = {.config = config,
				  .path = config->database ? config->database : RECORDER_PATH};
	int status = parse_address(&history);

	signal(SIGPIPE, SIG_IGN);
	if (!status)
		status = open_all(&history);
	if (!status)
		status = show_all(&history);
	end_run(&history);
	if (config->output && history.out && fclose(history.out) && !status)
		status = complain_errno(config->output, -errno);
	recorder_reader_free(history.reader);
	event_filter_free(history.filter);
	return status;
}

const struct command_info history_command = {
	.bit = COMMAND_HISTORY,
	.name = "history",
	.summary = "history [OPTIONS] [ADDRESS]   what the recorder saw of a port",
	.help_head = "Usage: reusetrace history [OPTIONS] [ADDRESS]\n"
		     "\n"
		     "Show what the flight recorder (reusetrace record) saw: who had the port, when it was\n"
		     "released, who was refused and why.  It may run meanwhile.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace history 8080                      all of port 8080\n"
		     "  reusetrace history --since 1h -x             what was refused in the last hour\n"
		     "  reusetrace history 127.0.0.1:53/udp -j       as JSON\n",
	.help_tail = "\n"
		     "The file is an SQLite database with views for common questions, such as\n"
		     "  sqlite3 " RECORDER_PATH " 'SELECT * FROM refusal'\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, 2 usage.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = history_run,
};
