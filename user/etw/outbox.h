/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way out, in order.  The kernel's record of a call comes
 * before Winsock's, which knows the handle and what the application got: an
 * event waits for it a moment, and so do those behind it.
 */
#ifndef REUSETRACE_ETW_OUTBOX_H
#define REUSETRACE_ETW_OUTBOX_H

#include "etw/correlate.h"
#include "etw/decode.h"

#define OUTBOX_WAIT_NS	1000000000u
#define OUTBOX_WAIT_MAX 1024 /* events that wait at once */

struct outgoing {
	struct event event;
	enum etw_message awaits; /* of the same thread; MESSAGE_NONE: ready */
	uint64_t endpoint;	 /* sock.id */
	uint32_t tid;
	struct outgoing *next;
};

struct outbox {
	struct outgoing *first, **last;
	size_t count;
};

void outbox_init(struct outbox *outbox);
void outbox_free(struct outbox *outbox);

/* Takes event's holders.  NULL without memory, and the holders are freed. */
struct outgoing *outbox_add(struct outbox *outbox, struct event *event, enum etw_message awaits,
			    uint64_t endpoint);

/* The next one that may leave at now_ns, NULL if there is none: the caller's to free, with event_clear(). */
struct outgoing *outbox_take(struct outbox *outbox, uint64_t now_ns);

#endif
