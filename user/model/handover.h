/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a port changes hands: how long nobody served it, or that somebody took
 * it over while it was served.
 *
 * To serve is to listen, or to have a UDP port that was asked for by number.
 * A port is one at all its addresses: while somebody serves it at one of them
 * there is no gap.  What is bounded away is not claimed: a port at which a
 * socket could not be noted is passed over.
 *
 * Times are those of the events; nothing here reads a clock.
 */
#ifndef REUSETRACE_MODEL_HANDOVER_H
#define REUSETRACE_MODEL_HANDOVER_H

#include "model/event.h"

#define HANDOVER_SOCKETS 4096 /* that serve */
#define HANDOVER_PORTS	 4096 /* that are served or were; the one that is unchanged for longest goes first */

struct handovers;

/* NULL without memory. */
struct handovers *handovers_new(void);
void handovers_free(struct handovers *handovers); /* NULL is allowed */

/*
 * An event, in order.  Whether the port changed hands with it, from one process
 * to another: then *ret_gap is an EVENT_GAP of the new hands, at the same time,
 * without seq and text.  It owns nothing.
 */
bool handover_note(struct handovers *handovers, const struct event *event, struct event *ret_gap);

#endif
