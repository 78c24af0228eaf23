/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --excluded FILE: what netsh listed when a capture was made. */
#ifndef REUSETRACE_CLI_EXCLUDED_H
#define REUSETRACE_CLI_EXCLUDED_H

#include "cli/options.h"
#include "recording/recording.h"

/* Before the first event.  0 or an exit status, after a line on standard error. */
int excluded_read(const struct path_list *files, struct recording *recording);

#endif
