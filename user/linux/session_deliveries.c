/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --deliveries: members of shared ports, and what they get. */
#include "linux/session_parts.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "linux/place.h"

int session_note_member(struct session *session, const struct rt_life *life, const struct event *event)
{
	struct owner owner;

	if (!session->deliveries)
		return 0;
	session_owner(&event->process, life->fd, &owner);
	return deliveries_holder(session->deliveries, life->sock.key, &event->sock, &owner);
}

static int share_port(void *context, const struct sock_info *sock)
{
	struct session *session = context;

	return tracer_share_port(session->tracer, sock->netns,
				 sock->protocol == PROTO_UDP ? IPPROTO_UDP : IPPROTO_TCP, sock->port);
}

int session_settle_members(struct session *session)
{
	return session->deliveries ? deliveries_settle(session->deliveries, share_port, session) : 0;
}

int session_note_members(struct session *session, const struct pending *pending)
{
	if (!session->deliveries)
		return 0;
	return deliveries_attempt(session->deliveries, &pending->event, pending->key, pending->keys);
}

/* Its member's process is looked up once. */
bool session_delivered(struct session *session, struct pending *pending)
{
	uint64_t inode = pending->event.sock.inode;
	struct holder holder = {.kind = KIND_UNKNOWN};

	if (!session->deliveries)
		return false;
	if (deliveries_unknown(session->deliveries, pending->key, inode)) {
		(void)owners_of(session->sockets, pending->key, inode, &holder);
		deliveries_owner(session->deliveries, pending->key, inode,
				 holder.owner_count ? holder.owners : NULL);
		free(holder.owners);
	}
	if (!deliveries_count(session->deliveries, pending->key, &pending->event))
		return false;
	places_fill(session->places, &pending->event.process);
	return true;
}

bool session_has_unknown_member(const struct session *session)
{
	for (size_t i = 0; i < session->count; i++) {
		const struct pending *pending = &session->batch[i];

		if (pending->event.type == EVENT_DELIVERY && session->deliveries &&
		    deliveries_unknown(session->deliveries, pending->key, pending->event.sock.inode))
			return true;
	}
	return false;
}

const struct delivery_total *session_deliveries(struct session *session, size_t *ret_count)
{
	*ret_count = 0;
	return session->deliveries ? deliveries_totals(session->deliveries, ret_count) : NULL;
}
