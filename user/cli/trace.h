/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live trace, for commands that do something else with its events. */
#ifndef REUSETRACE_CLI_TRACE_H
#define REUSETRACE_CLI_TRACE_H

#include "cli/options.h"

/* Where events go instead of a file: all of them, as JSON shows them. */
struct trace_sink {
	void *context;
	struct view *(*open)(void *context, const struct view_config *config); /* NULL: no memory */
	void (*idle)(void *context);					       /* after each batch */
};

/* Traces until it is told to stop; the exit status.  sink NULL: text or JSON, as the config says. */
int trace_to(const struct config *config, const struct trace_sink *sink);

#endif
