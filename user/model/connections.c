/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/connections.h"

#include <stdlib.h>
#include <string.h>

#include "model/address.h"

#define PLACES 16384 /* a power of two */

struct connection {
	enum protocol protocol;
	uint32_t netns;
	uint16_t port, peer_port;
	struct address address, peer;
	struct owner owner; /* pid 0: free */
};

struct connections {
	struct connection *places; /* touched pages only take memory */
};

struct connections *connections_new(void)
{
	struct connections *connections = calloc(1, sizeof(*connections));

	if (!connections)
		return NULL;
	connections->places = calloc(PLACES, sizeof(*connections->places));
	if (!connections->places) {
		free(connections);
		return NULL;
	}
	return connections;
}

void connections_free(struct connections *connections)
{
	if (!connections)
		return;
	free(connections->places);
	free(connections);
}

/* An MPTCP subflow's minisock is a TCP one. */
static enum protocol wire_protocol(const struct sock_info *sock)
{
	return sock->protocol == PROTO_MPTCP ? PROTO_TCP : sock->protocol;
}

static struct connection *place_of(const struct connections *connections, const struct sock_info *sock)
{
	uint64_t hash = (uint64_t)sock->port << 48 | (uint64_t)sock->peer_port << 32 | sock->netns;

	for (size_t i = 0; i < sizeof(sock->peer.bytes); i++)
		hash = (hash ^ sock->peer.bytes[i]) * 0x9e3779b97f4a7c15ULL;
	return &connections->places[(hash >> 40) & (PLACES - 1)];
}

void connections_note(struct connections *connections, const struct sock_info *sock,
		      const struct owner *owner)
{
	*place_of(connections, sock) = (struct connection){
		.protocol = wire_protocol(sock),
		.netns = sock->netns,
		.port = sock->port,
		.peer_port = sock->peer_port,
		.address = sock->address,
		.peer = sock->peer,
		.owner = *owner,
	};
}

const struct owner *connections_owner(const struct connections *connections, const struct sock_info *sock)
{
	const struct connection *place = place_of(connections, sock);

	if (!place->owner.pid || place->protocol != wire_protocol(sock) || place->netns != sock->netns ||
	    place->port != sock->port || place->peer_port != sock->peer_port ||
	    !address_equal(&place->address, &sock->address) || !address_equal(&place->peer, &sock->peer))
		return NULL;
	return &place->owner;
}
