/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --journal and --metrics-file: where events go besides the output. */
#ifndef REUSETRACE_CLI_FLEET_H
#define REUSETRACE_CLI_FLEET_H

#include "cli/options.h"

/* Replaces *view, which may be NULL, by one that does that as well.  0 or a negative errno; the view stays.
 */
int fleet_view(const struct config *config, const struct view_config *view_config, struct view **view);

#endif
