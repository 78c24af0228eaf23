/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace [OPTIONS] [PORTS] on Windows: the live trace, from ETW. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/event_filter.h"
#include "cli/filter_text.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "etw/correlate.h"
#include "rules/compare.h"
#include "rules/rules.h"
#include "windows/session.h"
#include "windows/system.h"
#include "windows/tables.h"

#define NS_PER_MS 1000000

/* Signalled by ^C and by whoever has seen enough. */
static HANDLE end_event;

struct trace {
	const struct config *config;
	struct windows_system system;
	struct correlator *correlator;
	struct etw_session *session;
	struct event_filter *filter;
	struct view *view;
	FILE *out;
	struct summary summary;
	uint64_t printed;
	uint64_t events; /* without the holders of the snapshot */
	bool rejected;
	int err;
};

static BOOL WINAPI on_console(DWORD event)
{
	(void)event;
	SetEvent(end_event);
	return TRUE;
}

/* ---- events: from here on on the session's thread */

static bool is_shown(const struct trace *trace, const struct event *event)
{
	const struct config *config = trace->config;

	if (config->limit && trace->events >= config->limit)
		return false;
	return event_is_attempt(event) || event->type == EVENT_HOLDER || event->type == EVENT_FINDING ||
	       event->after_attempt || config->json || config->verbose;
}

static int show(struct trace *trace, struct event *event)
{
	if (event->type != EVENT_HOLDER)
		trace->events++;
	trace->printed++;
	if (event_is_attempt(event) && trace->config->compare)
		compare_event(event, (enum system_id)trace->config->compare);
	return trace->view->ops->event(trace->view, event);
}

static int show_attempt(struct trace *trace, struct event *event)
{
	struct event finding;
	int err;

	judge(event, NULL);
	correlator_judged(trace->correlator, event);
	summary_add(&trace->summary, event);
	trace->rejected |= event->result < 0;
	err = show(trace, event);
	if (err || !event->verdict.differs)
		return err;
	finding = *event; /* its holders stay the event's */
	finding.type = EVENT_FINDING;
	finding.seq = correlator_next_seq(trace->correlator);
	finding.finding =
		(struct event_finding){.kind = FINDING_SHARED_PORT, .attempt = event->seq, .attempts = 1};
	finding.comparison = (struct comparison){.system = NULL};
	finding_write(&finding);
	return show(trace, &finding);
}

static int on_event(void *context, struct event *event)
{
	struct trace *trace = context;
	const struct config *config = trace->config;
	int err;

	if (!is_shown(trace, event) || !event_wanted(trace->filter, event))
		return 0;
	err = event_is_attempt(event) ? show_attempt(trace, event) : show(trace, event);
	if (config->limit && trace->events >= config->limit)
		SetEvent(end_event);
	return err;
}

static bool on_record(void *context, const struct etw_record *record)
{
	struct trace *trace = context;
	char name[EXE_LEN];

	if (correlator_wants_name(trace->correlator, record->pid) &&
	    process_name(record->pid, name, sizeof(name)))
		trace->err = correlator_process(trace->correlator, record->pid, 0, name);
	if (!trace->err)
		trace->err = correlator_feed(trace->correlator, record);
	return !trace->err;
}

static bool on_quiet(void *context, uint64_t before_ns)
{
	struct trace *trace = context;

	trace->err = correlator_advance(trace->correlator, before_ns);
	return !trace->err;
}

/* ---- before and after */

static int add_process(void *context, uint32_t pid, uint32_t ppid, const char *name)
{
	return correlator_process(context, pid, ppid, name);
}

/* Who is there already.  Connections are left out: they have no port of their own to compete for. */
static int take_snapshot(struct trace *trace)
{
	struct tables tables;
	int err = processes_each(add_process, trace->correlator);

	if (err == -EACCES)
		err = 0;
	if (!err)
		err = tables_read(&tables);
	else
		return err;
	for (size_t i = 0; i < tables.count && !err; i++) {
		const struct table_socket *socket = &tables.sockets[i];

		if (socket->sock.state == STATE_LISTEN || socket->sock.state == STATE_BOUND)
			err = correlator_holder(trace->correlator, &socket->sock, socket->pid,
						system_now_ns());
	}
	tables_free(&tables);
	return err;
}

static int show_start(struct trace *trace)
{
	const struct session_provider *providers = session_providers(trace->session);
	struct probe_info probes[PROVIDER_MAX];
	struct filter_text filters = {.count = 0};
	struct start_info info = {
		.seq = correlator_next_seq(trace->correlator),
		.time_ns = system_now_ns(),
		.version = REUSETRACE_VERSION,
		.host = trace->system.host,
		.kernel = trace->system.kernel,
		.probes = probes,
		.probe_count = PROVIDER_MAX,
		.filters = filters.list,
	};

	for (int i = 0; i < PROVIDER_MAX; i++)
		probes[i] = (struct probe_info){.name = providers[i].name,
						.how = !providers[i].enabled   ? "missing"
						       : providers[i].filtered ? "etw"
									       : "etw, unfiltered"};
	if (!trace->system.has_winsock_sockets)
		probes[PROVIDER_SOCKETS].how = "missing";
	filter_text(trace->config, &filters);
	info.filter_count = filters.count;
	return trace->view->ops->start(trace->view, &info);
}

static int show_end(struct trace *trace, const struct session_lost *lost)
{
	const struct correlator_info *events = correlator_info(trace->correlator);
	struct end_info info = {
		.seq = correlator_next_seq(trace->correlator),
		.time_ns = system_now_ns(),
		.reserved = events->decoded + lost->events,
		.sent = events->decoded,
		.printed = trace->printed,
		.lost_ring = lost->events,
		.lost_decode = events->damaged + events->unknown_version,
	};
	char text[256];
	int err = 0;

	lost_text(&info, text, sizeof(text));
	if (text[0])
		fprintf(stderr, "reusetrace: %s\n", text);
	if (lost->buffers)
		fprintf(stderr, "reusetrace: ETW lost %" PRIu64 " buffers\n", lost->buffers);
	if (text[0]) {
		err = trace->view->ops->lost(trace->view, &info);
		info.seq = correlator_next_seq(trace->correlator);
	}
	if (trace->config->summary)
		summary_print(&trace->summary, stderr);
	return err ? err : trace->view->ops->end(trace->view, &info);
}

/* Returns whether the session ended by itself: nobody asked this trace to. */
static bool wait_for_end(const struct trace *trace)
{
	HANDLE handles[] = {end_event, session_ended(trace->session)};
	uint64_t ms = trace->config->duration_ns / NS_PER_MS;

	return WaitForMultipleObjects(2, handles, FALSE,
				      !ms	      ? INFINITE
				      : ms < INFINITE ? (DWORD)ms
						      : INFINITE - 1) == WAIT_OBJECT_0 + 1;
}

static int open_view(struct trace *trace)
{
	const struct config *config = trace->config;
	struct view_config view_config = {.time = config->time, .header = !config->no_header};

	trace->out = config->output ? fopen(config->output, "w") : stdout;
	if (!trace->out)
		return complain_errno(config->output, -errno);
	view_config.color = options_color(config->color, trace->out);
	trace->view = output_view(config, trace->out, &view_config);
	return trace->view ? EXIT_OK : complain_errno("output", -ENOMEM);
}

static int session_error(int err, const char *error)
{
	fprintf(stderr, "reusetrace: %s\n", error);
	return err == -EACCES ? EXIT_NOT_PERMITTED : err == -ENOSYS ? EXIT_NO_KERNEL : EXIT_RUNTIME;
}

/* Sessions first: what happens while the tables are read is in its buffers. */
static int run(struct trace *trace)
{
	const struct session_callbacks callbacks = {
		.name = SESSION_TRACE, .context = trace, .record = on_record, .quiet = on_quiet};
	char error[SESSION_ERROR_LEN];
	struct session_lost lost;
	int err = session_start(&callbacks, &trace->session, error), status;

	if (err)
		return session_error(err, error);
	status = open_view(trace);
	if (status)
		return status;
	if (!trace->system.has_winsock_sockets)
		fputs("reusetrace: this Windows has no Winsock-Sockets events: options are inferred, not "
		      "seen "
		      "(doctor says more)\n",
		      stderr);
	err = show_start(trace);
	if (!err)
		err = take_snapshot(trace);
	if (err)
		return complain_errno("snapshot", err);
	err = session_run(trace->session, error);
	if (err)
		return session_error(err, error);
	fputs("ready\n", stderr);
	if (wait_for_end(trace) && !trace->err)
		fputs("reusetrace: the session was stopped by another program: the trace ends here\n",
		      stderr);
	session_stop(trace->session, &lost);
	err = trace->err;
	if (!err)
		err = correlator_end(trace->correlator);
	if (!err)
		err = show_end(trace, &lost);
	return err && err != -EPIPE
		       ? complain_errno(trace->config->output ? trace->config->output : "trace", err)
		       : EXIT_OK;
}

static int stop_stale(void)
{
	char error[SESSION_ERROR_LEN];
	int n = session_stop_stale(SESSION_TRACE, error);

	if (n < 0)
		return session_error(n, error);
	fprintf(stderr, "reusetrace: %s\n", n ? "stopped the session" : "there was no session to stop");
	return EXIT_OK;
}

static int trace_run(const struct config *config)
{
	struct trace trace = {.config = config};
	char error[OPTIONS_ERROR_LEN] = "out of memory";
	int err, status;

	if (config->stop)
		return stop_stale();
	err = event_filter_new(config, &trace.filter, error, sizeof(error));
	if (err) {
		complain(error);
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	system_read(&trace.system);
	trace.correlator = correlator_new(on_event, &trace);
	end_event = CreateEventA(NULL, TRUE, FALSE, NULL);
	SetConsoleCtrlHandler(on_console, TRUE);
	status = trace.correlator && end_event ? run(&trace) : complain_errno("trace", -ENOMEM);
	session_free(trace.session);
	view_free(trace.view);
	if (trace.out && config->output && fclose(trace.out) && !status)
		status = complain_errno(config->output, -errno);
	correlator_free(trace.correlator);
	event_filter_free(trace.filter);
	return !status && trace.rejected && config->fail_on_reject ? EXIT_REJECTED : status;
}

const struct command_info trace_command = {
	.bit = COMMAND_TRACE,
	.help_head = "Usage: reusetrace [OPTIONS] [PORTS]\n"
		     "\n"
		     "Explain why each bind() was accepted or refused, and name the socket in the way.\n"
		     "Needs an elevated administrator or a member of Performance Log Users.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace                    every attempt to bind or listen, until ^C\n"
		     "  reusetrace 8080               only port 8080 (the same as -P 8080)\n"
		     "  reusetrace -j -o binds.ndjson a recording\n"
		     "  reusetrace --stop             the session that a crash has left behind\n",
	.help_tail = "\n"
		     "FLAGS: R SO_REUSEADDR, X SO_EXCLUSIVEADDRUSE, 6 IPV6_V6ONLY, ? not known, - unseen\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, 2 usage, 3 not permitted, 4 no ETW here,\n"
		     "10 --fail-on-reject saw a refusal.\n",
	.operand = {.name = "PORTS",
		    .type = &type_ports,
		    .offset = offsetof(struct config, ports),
		    .most = 1,
		    .one = "one port list is enough"},
	.run = trace_run,
};
