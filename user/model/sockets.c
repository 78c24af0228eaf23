/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/sockets.h"

#include <errno.h>
#include <stdlib.h>

#include "model/owned.h"

#define FIRST_CAPACITY 1024 /* a power of two */

/* Released sockets are forgotten first when the table would grow past this. */
#define ENTRIES_BOUND 262144

struct port_history {
	uint32_t netns;
	uint64_t inode; /* of the socket */
	bool listened;
	bool several;
	struct owner owner;
};

struct sockets {
	struct socket_entry *entries; /* open addressing, id 0: free */
	size_t capacity, count;
	uint64_t last_id;
	struct owned_table *owned;
	struct port_history *ports; /* touched pages only take memory */
};

struct sockets *sockets_new(void)
{
	struct sockets *sockets = calloc(1, sizeof(*sockets));

	if (!sockets)
		return NULL;
	sockets->entries = calloc(FIRST_CAPACITY, sizeof(*sockets->entries));
	sockets->ports = calloc(2 * 65536, sizeof(*sockets->ports));
	sockets->owned = owned_new();
	if (!sockets->entries || !sockets->ports || !sockets->owned) {
		sockets_free(sockets);
		return NULL;
	}
	sockets->capacity = FIRST_CAPACITY;
	return sockets;
}

void sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return;
	free(sockets->entries);
	owned_free(sockets->owned);
	free(sockets->ports);
	free(sockets);
}

static size_t slot_of(const struct sockets *sockets, uint64_t key, uint64_t inode)
{
	uint64_t hash = (key ^ inode * 0x9e3779b97f4a7c15ULL) * 0xff51afd7ed558ccdULL;
	size_t at = (hash >> 32) & (sockets->capacity - 1);

	while (sockets->entries[at].id &&
	       (sockets->entries[at].key != key || sockets->entries[at].inode != inode))
		at = (at + 1) & (sockets->capacity - 1);
	return at;
}

/* With too many, only those that have a port: refused binders and what was released go. */
static bool is_kept(const struct socket_entry *entry, bool forget)
{
	return entry->id && (!forget || entry->held || (entry->bound_ns && !entry->released_ns));
}

/*
 * Once the bound is reached, without what was released.  A quarter full at
 * most, so that the next time is far off.
 */
static int rehash(struct sockets *sockets)
{
	struct socket_entry *old = sockets->entries;
	size_t old_capacity = sockets->capacity, capacity = old_capacity, kept = 0;
	bool forget = sockets->count >= ENTRIES_BOUND / 2;

	for (size_t i = 0; i < old_capacity; i++)
		kept += is_kept(&old[i], forget);
	while (kept > capacity / 4)
		capacity *= 2;
	sockets->entries = calloc(capacity, sizeof(*old));
	if (!sockets->entries) {
		sockets->entries = old;
		return -ENOMEM;
	}
	sockets->capacity = capacity;
	sockets->count = kept;
	for (size_t i = 0; i < old_capacity; i++)
		if (is_kept(&old[i], forget))
			sockets->entries[slot_of(sockets, old[i].key, old[i].inode)] = old[i];
	free(old);
	return 0;
}

struct socket_entry *sockets_find(const struct sockets *sockets, uint64_t key, uint64_t inode)
{
	struct socket_entry *entry = &sockets->entries[slot_of(sockets, key, inode)];

	return entry->id ? entry : NULL;
}

struct socket_entry *sockets_get(struct sockets *sockets, uint64_t key, uint64_t inode)
{
	struct socket_entry *entry = sockets_find(sockets, key, inode);

	if (entry)
		return entry;
	if (sockets->count >= sockets->capacity / 2 && rehash(sockets))
		return NULL;
	entry = &sockets->entries[slot_of(sockets, key, inode)];
	*entry = (struct socket_entry){.key = key, .inode = inode, .id = ++sockets->last_id};
	sockets->count++;
	return entry;
}

void sockets_renew(struct sockets *sockets, struct socket_entry *entry)
{
	*entry = (struct socket_entry){.key = entry->key, .inode = entry->inode, .id = ++sockets->last_id};
}

void owners_clear(struct sockets *sockets)
{
	owned_clear(sockets->owned);
}

int owners_add(struct sockets *sockets, uint64_t key, uint64_t inode, const struct owner *owner)
{
	return owned_add(sockets->owned, key, inode, owner);
}

bool owners_has(const struct sockets *sockets, uint64_t key, uint64_t inode)
{
	return owned_has(sockets->owned, key, inode);
}

int owners_of(const struct sockets *sockets, uint64_t key, uint64_t inode, struct holder *holder)
{
	return owned_copy(sockets->owned, key, inode, holder);
}

bool owners_has_inode(const struct sockets *sockets, uint64_t inode)
{
	uint64_t key;

	return owned_key_of_inode(sockets->owned, inode, &key);
}

int owners_of_holder(const struct sockets *sockets, uint64_t key, struct holder *holder)
{
	int n = owners_of(sockets, key, holder->sock.inode, holder);

	if (n || !holder->sock.subflow || !owned_key_of_inode(sockets->owned, holder->sock.inode, &key))
		return n;
	return owners_of(sockets, key, holder->sock.inode, holder);
}

/* Other protocols leave no remnants that an owner is looked for. */
static bool has_history(const struct sock_info *sock)
{
	return sock->protocol == PROTO_TCP || sock->protocol == PROTO_MPTCP || sock->protocol == PROTO_UDP;
}

/* One entry a port and protocol; another namespace on the same port takes the place over. */
static struct port_history *history_of(const struct sockets *sockets, const struct sock_info *sock)
{
	return &sockets->ports[(sock->protocol == PROTO_UDP ? 65536 : 0) + sock->port];
}

void sockets_note_port(struct sockets *sockets, const struct sock_info *sock, const struct owner *owner,
		       bool listens)
{
	struct port_history *history = history_of(sockets, sock);

	if (!has_history(sock))
		return;
	if (history->netns != sock->netns)
		*history = (struct port_history){.netns = sock->netns};
	history->listened |= listens;
	if (history->owner.pid && sock->inode && history->inode == sock->inode)
		return; /* a fork of the first one that was seen has it too */
	history->several |= history->owner.pid && history->owner.pid != owner->pid;
	history->inode = sock->inode;
	history->owner = *owner;
}

bool sockets_listened(const struct sockets *sockets, const struct sock_info *sock)
{
	const struct port_history *history = history_of(sockets, sock);

	return has_history(sock) && history->netns == sock->netns && history->listened;
}

const struct owner *sockets_last_owner(const struct sockets *sockets, const struct sock_info *sock)
{
	const struct port_history *history = history_of(sockets, sock);

	if (!has_history(sock) || history->netns != sock->netns || history->several)
		return NULL;
	return history->owner.pid ? &history->owner : NULL;
}
