/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a recording: a stable number for each, who bound it and
 * when, who holds it now, and which refusal it caused.
 *
 * Sockets are told apart by an opaque key of the source and the inode, so an
 * address that is used again does not become the old socket.
 */
#ifndef REUSETRACE_MODEL_SOCKETS_H
#define REUSETRACE_MODEL_SOCKETS_H

#include "model/event.h"

struct sockets;

struct socket_entry {
	uint64_t key, inode;
	uint64_t id;
	uint64_t bound_ns;     /* 0: before the trace, or not seen */
	struct owner bound_by; /* pid 0: unknown */
	uint64_t refused_seq;  /* the last refusal it was the culprit of, 0: none */
	uint64_t refused_ns;
	struct owner refused; /* whose attempt it was */
	bool held;	      /* bound before the trace, not released since */
	uint64_t released_ns; /* 0: has its port */
};

struct sockets *sockets_new(void);
void sockets_free(struct sockets *sockets);

/* Finds or makes the entry; NULL without memory.  Valid until the next call. */
struct socket_entry *sockets_get(struct sockets *sockets, uint64_t key, uint64_t inode);
struct socket_entry *sockets_find(const struct sockets *sockets, uint64_t key, uint64_t inode);

/* The same key and inode, but another socket from now on. */
void sockets_renew(struct sockets *sockets, struct socket_entry *entry);

/* Who holds what now: replaced as a whole by each snapshot. */
void owners_clear(struct sockets *sockets);
int owners_add(struct sockets *sockets, uint64_t key, uint64_t inode, const struct owner *owner);

/* Whether anybody has this socket. */
bool owners_has(const struct sockets *sockets, uint64_t key, uint64_t inode);

/* ... or another one with the same file: a subflow of an MPTCP socket has its inode. */
bool owners_has_inode(const struct sockets *sockets, uint64_t inode);

/* Fills holder->owners with copies; returns their number or -ENOMEM. */
int owners_of(const struct sockets *sockets, uint64_t key, uint64_t inode, struct holder *holder);

/* The same of a holder's socket; a snapshot finds the first subflow of an MPTCP socket only. */
int owners_of_holder(const struct sockets *sockets, uint64_t key, struct holder *holder);

/*
 * The last socket seen to have a port, and whether it listened: what a
 * TIME_WAIT or an orphan on that port is left of.
 */
void sockets_note_port(struct sockets *sockets, const struct sock_info *sock, const struct owner *owner,
		       bool listens);
bool sockets_listened(const struct sockets *sockets, const struct sock_info *sock);
/* NULL also where several processes have had the port: no guess is made. */
const struct owner *sockets_last_owner(const struct sockets *sockets, const struct sock_info *sock);

#endif
