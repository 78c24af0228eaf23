/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/outbox.h"

#include <stdlib.h>

void outbox_init(struct outbox *outbox)
{
	*outbox = (struct outbox){.last = &outbox->first};
}

void outbox_free(struct outbox *outbox)
{
	struct outgoing *outgoing;

	while ((outgoing = outbox_take(outbox, UINT64_MAX))) {
		event_clear(&outgoing->event);
		free(outgoing);
	}
}

struct outgoing *outbox_add(struct outbox *outbox, struct event *event, enum etw_message awaits,
			    uint64_t endpoint)
{
	struct outgoing *outgoing = malloc(sizeof(*outgoing));

	if (!outgoing) {
		event_clear(event);
		return NULL;
	}
	*outgoing = (struct outgoing){.event = *event, .awaits = awaits, .endpoint = endpoint};
	*outbox->last = outgoing;
	outbox->last = &outgoing->next;
	outbox->count++;
	return outgoing;
}

struct outgoing *outbox_take(struct outbox *outbox, uint64_t now_ns)
{
	struct outgoing *first = outbox->first;

	if (!first || (first->awaits != MESSAGE_NONE && outbox->count <= OUTBOX_WAIT_MAX &&
		       now_ns < first->event.time_ns + OUTBOX_WAIT_NS))
		return NULL;
	outbox->first = first->next;
	if (!outbox->first)
		outbox->last = &outbox->first;
	outbox->count--;
	first->next = NULL;
	return first;
}
