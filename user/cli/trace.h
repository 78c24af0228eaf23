/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_CLI_TRACE_H
#define REUSETRACE_CLI_TRACE_H

#include "cli/options.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_PERMITTED = 3,
	EXIT_NO_KERNEL = 4,
	EXIT_REJECTED = 10,
};

/* The trace command: returns the exit status. */
int trace_run(const struct config *config);

#endif
