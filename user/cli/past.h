/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the recorder saw, judged again and shown: `history`, and the end of `why`. */
#ifndef REUSETRACE_CLI_PAST_H
#define REUSETRACE_CLI_PAST_H

#include <stdio.h>

#include "cli/options.h"
#include "cli/target.h"

#define PAST_ERROR_LEN 512

/* What it points to stays the caller's and outlives it. */
struct past_request {
	const struct config *config; /* filters, --since, --limit and how it is shown */
	const char *path;	     /* the recorder's file */
	const struct target *target; /* NULL: all */
	const char *heading;	     /* above the text's titles, if there is something to show; NULL: none */
	unsigned int last;	     /* looks only at so many events of the port, the last ones; 0: all */
};

struct past;

/* Negative errno with a line in error[] that is safe to print; -EINVAL: a filter makes no sense. */
int past_open(const struct past_request *request, struct past **ret_past, char error[PAST_ERROR_LEN]);
void past_free(struct past *past); /* NULL is allowed */

/* 0 and how many were shown; or a negative errno, -EPIPE where the output's reader went away. */
int past_show(struct past *past, FILE *out, uint64_t *ret_events, char error[PAST_ERROR_LEN]);

#endif
