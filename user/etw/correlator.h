/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the correlation share: correlate.c, winsock.c, afd.c and tcpip.c only. */
#ifndef REUSETRACE_ETW_CORRELATOR_H
#define REUSETRACE_ETW_CORRELATOR_H

#include "etw/correlate.h"
#include "etw/decode.h"
#include "etw/endpoints.h"
#include "etw/index.h"
#include "etw/outbox.h"
#include "etw/status.h"

#define RESERVATIONS_MAX 1024

struct reservation {
	enum protocol protocol;
	uint16_t first, last;
	bool by_admin;
	enum provenance from;
};

/* What a thread is in the middle of; all ids are sock.id. */
struct thread {
	uint32_t tid;
	uint64_t made;		  /* AFD made this for it, Winsock has not named it yet */
	uint64_t underway;	  /* it is in bind() or listen() of this */
	struct outgoing *waiting; /* for Winsock's word */
	struct thread *next;
};

struct correlator {
	correlator_sink sink;
	void *context;
	struct correlator_info info;
	struct processes *processes;
	struct endpoints *endpoints;
	struct outbox outbox;
	struct index threads;
	struct thread *all_threads;
	struct reservation reservations[RESERVATIONS_MAX];
	size_t reservation_count;
	uint64_t seq;
	bool lossy;
};

/* One decoded record. */
struct call {
	struct correlator *correlator;
	const struct etw_record *record;
	const struct etw_facts *facts;
	struct thread *thread;
	uint32_t pid; /* who made the call */
	enum provenance pid_from;
};

/* 0 or -ENOMEM */
int winsock_call(struct call *call); /* Winsock-Sockets */
int afd_call(struct call *call);
int tcpip_call(struct call *call);

/* The event's process, socket and time; endpoint may be NULL. */
int call_event(const struct call *call, enum event_type type, const struct endpoint *endpoint,
	       struct event *ret_event);

/* On its way; it waits if awaits is not MESSAGE_NONE.  Takes the holders. */
int call_send(const struct call *call, struct event *event, enum etw_message awaits, uint64_t endpoint);

/* The thread goes on: what waited for Winsock's word of its last call waits no more. */
void call_settle(const struct call *call);

/*
 * An attempt has ended: endpoint gets its port if result is 0, event the
 * holders and what reservation there is.
 */
int call_attempt(const struct call *call, struct event *event, struct endpoint *endpoint,
		 const struct address *address, uint16_t port);

static inline uint32_t call_status(const struct etw_facts *facts)
{
	return (uint32_t)facts->value[SLOT_STATUS];
}

static inline bool call_failed(const struct etw_facts *facts)
{
	return ntstatus_to_winsock(call_status(facts)) != 0;
}

/* The result of an attempt as the kernel logged it; of two that Winsock may make of it, both. */
void attempt_status(struct event *event, const struct etw_facts *facts, enum windows_cause cause);

/* The socket's options, where they are known, decide which of the two it was. */
void attempt_choose(struct event *event);

/* release and close events, then endpoint is gone. */
int call_close(const struct call *call, struct endpoint *endpoint);

/* An option of bind time; ignored once the socket is bound. */
void endpoint_option(struct endpoint *endpoint, enum winsock_option option, uint64_t value);

struct thread *thread_get(struct correlator *correlator, uint32_t tid);

#endif
