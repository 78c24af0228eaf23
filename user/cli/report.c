// SPDX-License-Identifier: GPL-2.0-or-later
/* reusetrace report FILE -o OUT: a recording as a page to look at. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/event_filter.h"
#include "cli/complaint.h"
#include "cli/files.h"
#include "recording/recording.h"
#include "rules/rules.h"
#include "view/report.h"

struct report {
	const struct config *config;
	struct recording *recording;
	struct event_filter *filter;
	struct timeline timeline;
	uint64_t end_ns;
	char lost[256];
	bool cut;
};

static int add_event(struct report *report, struct event *event)
{
	if (!event_wanted(report->filter, event))
		return 0;
	if (event_is_attempt(event))
		judge(event, recording_start(report->recording)->policy);
	return timeline_add(&report->timeline, event);
}

static void take_totals(struct report *report, const struct recorded_object *object)
{
	if (object->type == RECORDED_END)
		report->end_ns = object->totals.time_ns;
	lost_text(&object->totals, report->lost, sizeof(report->lost));
}

/* What came before the place where a recording was cut is shown: the page says that it was. */
static int read_all(struct report *report)
{
	char error[RECORDING_ERROR_LEN];
	struct recorded_object object;
	int n, err = 0;

	while (!err && (n = recording_next(report->recording, &object, error)) != 0) {
		if (n == -ENODATA) {
			report->cut = true;
			fprintf(stderr, "reusetrace: %s; the page has what came before\n", error);
			break;
		}
		if (n < 0)
			return complain(error);
		if (object.type == RECORDED_EVENT)
			err = add_event(report, &object.event);
		else
			take_totals(report, &object);
		event_clear(&object.event);
	}
	if (!err)
		err = timeline_finish(&report->timeline, report->end_ns);
	return err ? complain_errno(report->config->file, err) : EXIT_OK;
}

static int write_all(struct report *report)
{
	const struct config *config = report->config;
	const struct report_info info = {
		.start = recording_start(report->recording), .lost = report->lost, .cut = report->cut};
	bool to_stdout = !config->output || !strcmp(config->output, "-");
	FILE *out = to_stdout ? stdout : fopen(config->output, "we");
	int err;

	if (!out)
		return complain_errno(config->output, -errno);
	err = (config->perfetto ? report_perfetto : report_page)(out, &report->timeline, &info);
	if (!to_stdout && fclose(out) && !err)
		err = -errno;
	return err && err != -EPIPE ? complain_errno(to_stdout ? "output" : config->output, err) : EXIT_OK;
}

static int make_report(struct report *report)
{
	char error[RECORDING_ERROR_LEN];
	struct clock_base clock;
	int status, err;

	if (recording_open(report->config->file, &report->recording, error))
		return complain(error);
	clock = recording_clock(report->recording);
	err = timeline_init(&report->timeline, &clock, recording_start(report->recording)->time_ns);
	if (err)
		return complain_errno(report->config->file, err);
	status = read_all(report);
	if (!status)
		status = write_all(report);
	return status ? status : report->cut ? EXIT_RUNTIME : EXIT_OK;
}

static int report_run(const struct config *config)
{
	struct report report = {.config = config};
	char error[OPTIONS_ERROR_LEN] = "out of memory";
	int err, status;

	if (!config->output && isatty(STDOUT_FILENO)) {
		complain("report: -o FILE is missing (a page is not for a terminal)");
		return EXIT_USAGE;
	}
	if (config->output && is_same_file(config->output, config->file))
		return complain("-o is the recording itself: write to another file");
	err = event_filter_new(config, &report.filter, error, sizeof(error));
	if (err) {
		complain(error);
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	closed_pipes_are_errors();
	status = make_report(&report);
	timeline_free(&report.timeline);
	recording_free(report.recording);
	event_filter_free(report.filter);
	return status;
}

const struct command_info report_command = {
	.bit = COMMAND_REPORT,
	.name = "report",
	.summary = "report FILE -o OUT.html   a recording as one page: who had which port when",
	.help_head = "Usage: reusetrace report [OPTIONS] FILE -o OUT.html\n"
		     "\n"
		     "Make one self-contained page of a recording (reusetrace -j -o FILE): a lane for each\n"
		     "address and port, who held it when, each attempt with its explanation, and how long\n"
		     "nobody listened.  The page loads nothing from anywhere.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace report binds.ndjson -o binds.html\n"
		     "  reusetrace report -P 8080 binds.ndjson -o 8080.html\n"
		     "  reusetrace report --perfetto binds.ndjson -o binds.json   # for ui.perfetto.dev\n",
	.help_tail = "\n"
		     "A recording made with -v has connections, too.  One that was cut gives a page of what\n"
		     "came before, and exit status 1.\n",
	.operand = {.name = "FILE",
		    .type = &type_path,
		    .offset = offsetof(struct config, file),
		    .least = 1,
		    .most = 1,
		    .one = "one FILE is enough"},
	.run = report_run,
};
