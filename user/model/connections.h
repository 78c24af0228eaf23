/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has been seen with a connection: what a TIME_WAIT remnant or an orphan
 * with the same two ends is left of.
 */
#ifndef REUSETRACE_MODEL_CONNECTIONS_H
#define REUSETRACE_MODEL_CONNECTIONS_H

#include "model/event.h"

struct connections;

struct connections *connections_new(void); /* NULL without memory */
void connections_free(struct connections *connections);

/* The last owner of a connection wins.  Only so many are kept: a new one may push out another. */
void connections_note(struct connections *connections, const struct sock_info *sock,
		      const struct owner *owner);

/* NULL if it was never seen, or pushed out. */
const struct owner *connections_owner(const struct connections *connections, const struct sock_info *sock);

#endif
