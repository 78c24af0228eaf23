/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From ETW records to struct event: puts together what Winsock-Sockets (the
 * process), AFD and TCPIP (the kernel) say of one call, and remembers every
 * socket so that an attempt is shown with those that have its port.
 *
 * Records come in the order of their time, from a file or a live session.
 * sock.from says how each fact became known; options that nobody told of are
 * FROM_ASSUMED.  Winsock-Sockets exists since Windows 11 and Server 2022, and
 * any process can write its events: where AFD is traced too and did not
 * confirm one, windows.unconfirmed is set.
 */
#ifndef REUSETRACE_ETW_CORRELATE_H
#define REUSETRACE_ETW_CORRELATE_H

#include "etw/record.h"
#include "model/event.h"

struct correlator;

struct correlator_info {
	uint64_t decoded;
	uint64_t unknown_version; /* of the three providers, in a layout that is not known */
	uint64_t damaged;
	bool sockets, afd, tcpip; /* the provider was heard */
};

/*
 * Gets each event in order, with seq set; it is cleared afterwards, unless the
 * sink took its holders.  A negative errno ends the feeding.
 */
typedef int (*correlator_sink)(void *context, struct event *event);

struct correlator *correlator_new(correlator_sink sink, void *context);
void correlator_free(struct correlator *correlator); /* NULL is allowed */

/* Learns names of processes only: for a file, all records before the first is fed. */
int correlator_survey(struct correlator *correlator, const struct etw_record *record);

/* Events are missing from what follows: nothing is concluded from what was not seen. */
void correlator_lossy(struct correlator *correlator);

/* A range of ports that nobody may bind, as netsh lists it.  protocol: TCP or UDP. */
int correlator_exclude(struct correlator *correlator, enum protocol protocol, uint16_t first, uint16_t last,
		       bool by_admin, enum provenance from);

/*
 * Of a live session, what its machine was asked before the first record: the
 * name of a process, and a socket that has its port already (protocol, family,
 * address, port and state of *sock), which leaves as EVENT_HOLDER.  0, -ENOMEM
 * or what the sink returned.
 */
int correlator_process(struct correlator *correlator, uint32_t pid, uint32_t ppid, const char *name);
int correlator_holder(struct correlator *correlator, const struct sock_info *sock, uint32_t pid,
		      uint64_t time_ns);

/* A number for an object that is not the correlator's: a start, a finding, an end. */
uint64_t correlator_next_seq(struct correlator *correlator);

/* Whether the name of a process is still to be asked for. */
bool correlator_wants_name(const struct correlator *correlator, uint32_t pid);

/* No record before now_ns will come any more: what waited for one leaves. */
int correlator_advance(struct correlator *correlator, uint64_t now_ns);

/* 0, -ENOMEM or what the sink returned. */
int correlator_feed(struct correlator *correlator, const struct etw_record *record);

/* The culprit of this refusal is known now: its release will name the refusal. */
void correlator_judged(struct correlator *correlator, const struct event *event);

/* Nothing more will come: what still waits leaves. */
int correlator_end(struct correlator *correlator);

const struct correlator_info *correlator_info(const struct correlator *correlator);

#endif
