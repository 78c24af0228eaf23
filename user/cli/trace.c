/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace [OPTIONS] [PORTS] [-- COMMAND]: the live trace. */
#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/complaint.h"
#include "cli/filter_text.h"
#include "cli/fleet.h"
#include "cli/output.h"
#include "cli/summary.h"
#include "cli/trace.h"
#include "cli/trace_options.h"
#include "cli/trace_rights.h"
#include "linux/clock.h"
#include "linux/command.h"
#include "linux/kernel.h"
#include "linux/looker.h"
#include "linux/place.h"
#include "linux/process.h"
#include "linux/session.h"
#include "rules/compare.h"

#define POLL_MS	      100
#define LAST_POLLS    3
#define PROBES_MAX    80
#define DESCENT_TRIES 64

/* The last signal that asked for the end. */
static volatile sig_atomic_t stop;

struct trace {
	const struct config *config;
	struct trace_options options;
	struct looker *looker;
	struct tracer *tracer;
	struct session *session;
	struct traced_command command;
	struct view_config view_config;
	const struct trace_sink *sink; /* NULL: text or JSON */
	struct view *view;
	FILE *out;
	struct summary summary;
	uint64_t printed;
	uint64_t events; /* without the holders of the snapshot */
	bool rejected;
	bool passed_on; /* a signal, to COMMAND */
	bool told_of_looker;
};

static void on_signal(int number)
{
	stop = number;
}

/* Before anything is loaded: that takes a while, and the file may be a mistake. */
static int open_output(struct trace *trace)
{
	const struct config *config = trace->config;

	trace->out = config->command ? stderr : stdout;
	if (!config->output)
		return EXIT_OK;
	trace->out = fopen(config->output, "ae"); /* emptied only when there is something new to say */
	return trace->out ? EXIT_OK : complain_usage("-o", config->output, strerror(errno));
}

static int open_view(struct trace *trace)
{
	const struct config *config = trace->config;

	if (config->output && ftruncate(fileno(trace->out), 0) && errno != EINVAL) /* that is a pipe */
		return complain_usage("-o", config->output, strerror(errno));
	trace->view_config = (struct view_config){
		.clock = {.boot_to_real_ns = boot_to_real_ns()},
		.policy = tracer_policy(trace->tracer),
		.time = config->time,
		.header = !config->no_header,
		.color = options_color(config->color, trace->out),
	};
	if (trace->sink)
		trace->view = trace->sink->open(trace->sink->context, &trace->view_config);
	else
		trace->view = output_view(config, trace->out, &trace->view_config);
	if (!trace->view)
		return complain_errno("output", -ENOMEM);
	return fleet_view(config, &trace->view_config, &trace->view);
}

/*
 * What costs every process of the machine is told; and what it may miss: the
 * kernel skips a program that it preempted on the same CPU, and counts that for
 * all system calls, of which hardly one is a bind().
 */
static void tell_of_calls(const struct trace *trace, const struct start_info *info)
{
	for (size_t i = 0; i < info->probe_count; i++)
		if (!strcmp(info->probes[i].name, "sys_exit") && strcmp(info->probes[i].how, "missing"))
			fprintf(stderr,
				"reusetrace: every system call is looked at, for those that seccomp "
				"refuses%s\n",
				tracer_misses_calls(trace->tracer)
					? "; this kernel may preempt that, and then misses one uncounted"
					: "");
}

static void tell_of_kprobes(const struct trace *trace)
{
	if (tracer_misses_uncounted(trace->tracer))
		fprintf(stderr, "reusetrace: this kernel has no fentry and does not count what kprobes, used "
				"instead, miss\n");
}

static int show_start(struct trace *trace)
{
	struct probe_info probes[PROBES_MAX];
	struct filter_text filters = {.count = 0};
	struct utsname system;
	struct start_info info = {
		.seq = session_next_seq(trace->session),
		.time_ns = boot_ns(),
		.version = REUSETRACE_VERSION,
		.policy = tracer_policy(trace->tracer),
		.probes = probes,
		.filters = filters.list,
	};

	uname(&system);
	info.host = system.nodename;
	info.kernel = system.release;
	info.probe_count = tracer_probes(trace->tracer, probes, PROBES_MAX);
	tell_of_calls(trace, &info);
	tell_of_kprobes(trace);
	filter_text(trace->config, &filters);
	info.filter_count = filters.count;
	return trace->view->ops->start(trace->view, &info);
}

static int show_event(void *context, const struct event *event)
{
	struct trace *trace = context;
	bool attempt = event_is_attempt(event);
	bool life = !attempt && event->type != EVENT_HOLDER && event->type != EVENT_FINDING &&
		    event->type != EVENT_DELIVERY && event->type != EVENT_GAP;

	if (trace->config->limit && trace->events >= trace->config->limit)
		return 0;
	/* Text is for reading along: the rest of a socket's life only with -v, or where it is news of a
	 * refusal. */
	if (life && !trace->sink && !trace->config->json && !trace->config->verbose && !event->after_attempt)
		return 0;
	if (event->type != EVENT_HOLDER)
		trace->events++;
	trace->printed++;
	if (attempt)
		summary_add(&trace->summary, event);
	trace->rejected |= attempt && event->result < 0;
	if (attempt && trace->config->compare) {
		struct event compared = *event; /* its holders stay the session's */

		compare_event(&compared, (enum system_id)trace->config->compare);
		return trace->view->ops->event(trace->view, &compared);
	}
	return trace->view->ops->event(trace->view, event);
}

struct descent {
	struct trace *trace;
	bool grown;
};

static int add_tree(void *context, uint32_t pid)
{
	struct descent *descent = context;
	int added = tracer_add_process(descent->trace->tracer, pid, 0);

	if (added < 0)
		return added;
	descent->grown |= added > 0;
	return process_children(pid, add_tree, context);
}

/* Existing descendants, until a pass finds no new one: the fork hook sees the rest. */
static int add_pids(struct trace *trace)
{
	struct descent descent = {.trace = trace, .grown = true};
	int err = 0;

	for (int i = 0; descent.grown && i < DESCENT_TRIES && !err; i++) {
		descent.grown = false;
		for (size_t n = 0; n < trace->config->pids.count && !err; n++)
			err = add_tree(&descent, trace->config->pids.pids[n]);
	}
	return err;
}

/*
 * The trace of a command ends with its last process: the first signal is the
 * command's (it has had a terminal's ^C already), a second one ends the trace.
 */
static bool interrupted(struct trace *trace)
{
	int signal_number = stop, err = 0;
	struct signal_look look = {.pid = trace->command.pid, .number = signal_number};

	if (!signal_number || !trace->config->command || trace->command.ended || trace->passed_on)
		return signal_number;
	if (signal_number != SIGINT)
		err = looker_look(trace->looker, LOOK_SIGNAL, &look);
	if (err) {
		fprintf(stderr,
			"reusetrace: COMMAND, process %d, did not get the signal and goes on untraced: %s\n",
			(int)look.pid, strerror(-err));
		return true;
	}
	trace->passed_on = true;
	stop = 0;
	return false;
}

static bool finished(struct trace *trace, uint64_t end_ns)
{
	const struct config *config = trace->config;

	command_reap(&trace->command);
	if (config->command && trace->command.ended && !tracer_tree_size(trace->tracer))
		return true;
	return interrupted(trace) || (end_ns && boot_ns() >= end_ns) ||
	       (config->limit && trace->events >= config->limit);
}

/* An interrupted wait is none; events that were read are all shown. */
static int poll_once(struct trace *trace, int timeout_ms)
{
	int n = session_poll(trace->session, timeout_ms, show_event, trace);

	if (looker_is_gone(trace->looker) && !trace->told_of_looker) {
		trace->told_of_looker = true;
		fputs("reusetrace: the process for look-ups, reusetrace-look, has ended: executables, paths "
		      "and other network namespaces may stay unknown\n",
		      stderr);
	}
	if (trace->sink)
		trace->sink->idle(trace->sink->context);
	view_idle(trace->view);
	return n == -EINTR ? 0 : n;
}

/* At the end nothing new is taken up, and what is in the ring is read to its end. */
static int loop(struct trace *trace)
{
	uint64_t end_ns = trace->config->duration_ns ? boot_ns() + trace->config->duration_ns : 0;
	int n = 0;

	while (n >= 0 && !finished(trace, end_ns))
		n = poll_once(trace, POLL_MS);
	tracer_stop(trace->tracer);
	for (int i = 0; n >= 0 && (i < LAST_POLLS || n > 0); i++)
		n = poll_once(trace, 0);
	return n < 0 ? n : 0;
}

static int show_end(struct trace *trace)
{
	struct end_info info = {.seq = session_next_seq(trace->session), .time_ns = boot_ns()};
	char lost[256];
	int err;

	tracer_counts(trace->tracer, &info);
	info.lost_decode = session_undecoded(trace->session);
	info.deliveries = session_deliveries(trace->session, &info.delivery_count);
	info.printed = trace->printed;
	lost_text(&info, lost, sizeof(lost));
	if (lost[0]) {
		fprintf(stderr, "reusetrace: %s\n", lost);
		err = trace->view->ops->lost(trace->view, &info);
		if (err)
			return err;
		info.seq = session_next_seq(trace->session);
	}
	err = deliveries_text(info.deliveries, info.delivery_count, stderr);
	if (err)
		return err;
	if (trace->config->summary)
		summary_print(&trace->summary, stderr);
	return trace->view->ops->end(trace->view, &info);
}

/* What is ignored (nohup, a shell's background) stays so. */
static void handle_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!sigaction(numbers[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static void warn_of_root(const struct config *config)
{
	if (config->command && !config->run_as.name && getenv("SUDO_USER"))
		fprintf(stderr,
			"reusetrace: COMMAND runs as root, which changes verdicts: "
			"--run-as %s runs it as you\n",
			getenv("SUDO_USER"));
}

/* Attach, snapshot, ready, go, in that order. */
static int run(struct trace *trace)
{
	const struct config *config = trace->config;
	int err;

	err = tracer_start(trace->tracer);
	if (err == -ENOTCONN)
		fputs("reusetrace: a hook is attached but stays silent: binds may be missed "
		      "(probes in the start object of -j say which)\n",
		      stderr);
	else if (err)
		fprintf(stderr, "reusetrace: self-test on loopback: %s; hooks are unproven\n",
			strerror(-err));
	err = session_new(trace->tracer, trace->looker, config->deliveries, &trace->session);
	if (!err && config->containers)
		err = session_ask_runtimes(trace->session);
	if (!err && config->command)
		err = command_fork(&trace->command, config->command,
				   config->run_as.name ? config->run_as.uid : (uid_t)-1);
	if (!err)
		err = add_pids(trace);
	if (!err)
		err = trace_give_up_rights(config, trace->sink, trace->tracer);
	if (!err)
		err = show_start(trace);
	if (!err)
		err = session_snapshot(trace->session, show_event, trace);
	if (err)
		return err;
	fputs("ready\n", stderr);
	if (config->command)
		command_go(&trace->command);
	err = loop(trace);
	return err ? err : show_end(trace);
}

static int exit_status(const struct trace *trace)
{
	int status = EXIT_OK;

	if (trace->config->command)
		status = trace->command.ended ? trace->command.status : stop ? 128 + stop : EXIT_OK;

	return !status && trace->rejected && trace->config->fail_on_reject ? EXIT_REJECTED : status;
}

static int attach(struct trace *trace)
{
	char reason[512] = "out of memory";
	int err = tracer_new(&trace->options.tracer, &trace->tracer, reason, sizeof(reason));

	if (!err)
		return EXIT_OK;
	fprintf(stderr, "reusetrace: %s\n", reason);
	return err == -EPERM ? EXIT_NOT_PERMITTED : EXIT_NO_KERNEL;
}

static int start_looker(struct trace *trace)
{
	int err = looker_new(trace->config->command, &trace->looker);

	return err ? complain_errno("look-ups", err) : EXIT_OK;
}

int trace_to(const struct config *config, const struct trace_sink *sink)
{
	struct trace trace = {.config = config, .sink = sink, .command = COMMAND_INIT};
	int status, err = 0;

	status = trace_options_fill(config, &trace.options);
	handle_signals();
	if (!status)
		status = start_looker(&trace);
	if (!status)
		status = open_output(&trace);
	if (!status)
		status = attach(&trace);
	if (!status)
		status = open_view(&trace);
	if (!status) {
		warn_of_root(config);
		err = run(&trace);
		status = exit_status(&trace);
	}
	command_drop(&trace.command);
	view_free(trace.view);
	err = output_close(config, trace.out, err);
	session_free(trace.session);
	tracer_free(trace.tracer);
	looker_free(trace.looker);
	return ended_with(config->output ? config->output : "trace", status, err);
}

static int trace_run(const struct config *config)
{
	return trace_to(config, NULL);
}

const struct command_info trace_command = {
	.bit = COMMAND_TRACE,
	.help_head = "Usage: reusetrace [OPTIONS] [PORTS] [-- COMMAND [ARG...]]\n"
		     "\n"
		     "Explain why each bind() was accepted or refused, and name the socket in the way.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace                     every attempt to bind or listen, until ^C\n"
		     "  reusetrace 8080                only port 8080 (the same as -P 8080)\n"
		     "  reusetrace -x -u www-data      what is refused to one user\n"
		     "  reusetrace -- python3 app.py   a command and everything that it starts\n"
		     "  reusetrace -j -o binds.ndjson  a recording\n",
	.help_tail = "\n"
		     "FLAGS: F freebind, T transparent, N bind_address_no_port, R SO_REUSEADDR,\n"
		     "       r SO_REUSEPORT, 6 IPV6_V6ONLY, D bound to a device, ! forced reuse\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, 2 usage, 3 not permitted, 4 the kernel lacks something,\n"
		     "10 --fail-on-reject saw a refusal; with a COMMAND, the command's own.\n",
	.operand = {.name = "PORTS",
		    .type = &type_ports,
		    .offset = offsetof(struct config, ports),
		    .most = 1,
		    .one = "one port list is enough",
		    .hint = "a COMMAND goes behind --"},
	.runs_program = true,
	.run = trace_run,
};
