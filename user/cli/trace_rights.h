/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a live trace gives up once everything is attached. */
#ifndef REUSETRACE_CLI_TRACE_RIGHTS_H
#define REUSETRACE_CLI_TRACE_RIGHTS_H

#include <stdbool.h>

#include "cli/command.h"
#include "linux/tracer.h"

/*
 * Of this process and for good; a kernel without seccomp filters is told.
 * records: the recorder's file is written.  0 or a negative errno.
 */
int trace_give_up_rights(const struct config *config, bool records, struct tracer *tracer);

#endif
