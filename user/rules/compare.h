/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another system would have answered to an attempt that Linux has answered. */
#ifndef REUSETRACE_RULES_COMPARE_H
#define REUSETRACE_RULES_COMPARE_H

#include "rules/systems.h"

/*
 * Fill event->comparison from the judged event.  Left alone: what is no bind
 * to a port asked for by number and no refused listen(), what the port did not
 * decide, and a port that nobody else has, since all systems agree there.
 */
void compare_event(struct event *event, enum system_id system);

#endif
