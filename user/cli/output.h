/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_CLI_OUTPUT_H
#define REUSETRACE_CLI_OUTPUT_H

#include <stdio.h>

#include "cli/options.h"

/* The view that the options ask for: text, JSON or a mapping.  NULL without memory. */
struct view *output_view(const struct config *config, FILE *out, const struct view_config *view_config);

/* Closes what -o named; NULL and standard output stay.  Returns err, or if that is 0 what closing said. */
int output_close(const struct config *config, FILE *out, int err);

#endif
