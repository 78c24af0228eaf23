/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that were refused a port that is in use, until it is time to see
 * what became of them: a server that goes on without its listener tells nobody.
 *
 * An entry is one process and the endpoint that it was refused.  Times are
 * CLOCK_BOOTTIME nanoseconds and passed in; nothing here reads a clock.
 */
#ifndef REUSETRACE_MODEL_REFUSED_H
#define REUSETRACE_MODEL_REFUSED_H

#include "model/event.h"

#define REFUSED_MAX	 128	       /* the oldest goes first */
#define REFUSED_GRACE_NS 3000000000ULL /* how long a process may take to try again or to end */

struct refused_entry {
	struct event event; /* the last refusal, without its holders */
	uint64_t due_ns;    /* the first refusal and the grace */
	bool told;
	bool checking;
	bool has_socket; /* found in the snapshot */
};

struct refused {
	struct refused_entry entries[REFUSED_MAX];
	size_t count;
};

/* One more refusal; anything but EADDRINUSE to a process's bind() or listen() is ignored. */
void refused_note(struct refused *refused, const struct event *event);

/* Begins a check of all that are due; their number.  Between two of these come the sockets of a snapshot. */
size_t refused_check(struct refused *refused, uint64_t now_ns);

/* Some process has this socket: is it the one an entry under check lacks? */
void refused_socket(struct refused *refused, uint32_t pid, const struct sock_info *sock);

/* The next entry under check that has no socket, NULL after the last; those that have one are forgotten. */
const struct refused_entry *refused_next(struct refused *refused);

#endif
