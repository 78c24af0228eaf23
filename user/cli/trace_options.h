/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of the command line as the tracer takes them, their names looked up on this machine. */
#ifndef REUSETRACE_CLI_TRACE_OPTIONS_H
#define REUSETRACE_CLI_TRACE_OPTIONS_H

#include "cli/options.h"
#include "linux/tracer.h"

#define TRACE_CGROUP_LEN 256

/* It points into itself and into the config. */
struct trace_options {
	struct tracer_options tracer;
	char cgroup[TRACE_CGROUP_LEN];
};

/* EXIT_OK, or another exit status after a line on standard error. */
int trace_options_fill(const struct config *config, struct trace_options *options);

#endif
