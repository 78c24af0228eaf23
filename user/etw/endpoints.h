/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of a capture, each known by up to three names: a handle of its
 * process (Winsock-Sockets), AFD's endpoint and TCPIP's endpoint.
 *
 * Names are used again as soon as a socket is closed: a name leads to at most
 * one socket, the newest, and a socket that is gone is found by none.  What
 * outlives a call keeps sock.id, which is never used again.
 */
#ifndef REUSETRACE_ETW_ENDPOINTS_H
#define REUSETRACE_ETW_ENDPOINTS_H

#include "etw/processes.h"
#include "model/event.h"

/* A bind() or listen() that has begun. */
struct underway {
	bool open;
	bool listening;
	uint64_t since_ns;
	uint32_t tid;
	struct address requested; /* family NONE: none was logged */
	uint16_t port;
	enum windows_cause cause; /* what TCPIP said meanwhile */
};

struct endpoint {
	struct sock_info sock;
	uint32_t pid;
	uint32_t generation;	     /* of the process */
	uint64_t handle, afd, tcpip; /* 0: not known by this name */
	bool whole;		     /* Winsock-Sockets saw it made: unset options are known to be unset */
	bool has_port;
	bool queried; /* was there before the session, and has no name */
	uint64_t bound_ns;
	uint64_t refused_seq, refused_ns; /* the last refusal it was the culprit of */
	struct underway underway;
	struct endpoint *next_on_port, **link_on_port;
};

struct endpoints;

struct endpoints *endpoints_new(struct processes *processes);
void endpoints_free(struct endpoints *endpoints); /* NULL is allowed */

/* A socket with defaults for options; NULL without memory. */
struct endpoint *endpoint_add(struct endpoints *endpoints, uint32_t pid);
void endpoint_remove(struct endpoints *endpoints, struct endpoint *endpoint);

/* NULL if there is none, or for 0. */
struct endpoint *endpoint_by_id(const struct endpoints *endpoints, uint64_t id);
struct endpoint *endpoint_by_handle(const struct endpoints *endpoints, uint32_t pid, uint64_t handle);
struct endpoint *endpoint_by_afd(const struct endpoints *endpoints, uint64_t pointer);
struct endpoint *endpoint_by_tcpip(const struct endpoints *endpoints, uint64_t pointer);

/* As an event shows it: uid is the process's; an IPv4 socket has no IPV6_V6ONLY. */
struct sock_info endpoint_sock(const struct endpoint *endpoint, uint32_t uid);

/* Another socket that had the name loses it.  0 or -ENOMEM; a name of 0 is none. */
int endpoint_name_handle(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t handle);
int endpoint_name_afd(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t pointer);
int endpoint_name_tcpip(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t pointer);
void endpoint_forget_handle(struct endpoints *endpoints, struct endpoint *endpoint);
void endpoint_forget_tcpip(struct endpoints *endpoints, struct endpoint *endpoint);

/* The two turn out to be one: what only `from` knows goes to `into`, `from` is removed. */
int endpoint_merge(struct endpoints *endpoints, struct endpoint *into, struct endpoint *from);

/* It is a connection that listener accepted: the port is the listener's. */
void endpoint_accept(struct endpoint *endpoint, const struct endpoint *listener, const struct address *peer,
		     uint16_t peer_port);

/* It is called id from now on, which is no other socket's. */
int endpoint_renumber(struct endpoints *endpoints, struct endpoint *endpoint, uint64_t id);

/* It has this address and port from now on.  0 or -ENOMEM. */
int endpoint_bind(struct endpoints *endpoints, struct endpoint *endpoint, const struct address *address,
		  uint16_t port, uint64_t time_ns);

/* A socket of this process with exactly this address and port, or NULL. */
struct endpoint *endpoint_on_port(const struct endpoints *endpoints, uint32_t pid,
				  const struct address *address, uint16_t port);

/*
 * Who has the port of the protocol, binder left out: into event->holders,
 * holders_total and truncated.  0 or -ENOMEM.
 */
int endpoint_holders(const struct endpoints *endpoints, const struct endpoint *binder, uint16_t port,
		     struct event *event);

/*
 * Two sockets that have exactly one address and port both have SO_REUSEADDR
 * (Windows Server 2003 and later), unless an option was observed that explains
 * it: infers that of endpoint and of its companions.
 */
void endpoint_infer_sharing(struct endpoints *endpoints, struct endpoint *endpoint);

#endif
