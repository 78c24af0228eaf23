/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live trace as events with verdicts: records are collected in batches,
 * holders are looked up once a batch, after its last record, so that whoever
 * has no process by then is really gone.
 */
#ifndef REUSETRACE_LINUX_SESSION_H
#define REUSETRACE_LINUX_SESSION_H

#include "linux/looker.h"
#include "linux/tracer.h"
#include "model/event.h"

struct session;

/* Given a judged event, with its seq; a negative return ends the batch and is returned. */
typedef int (*event_fn)(void *context, const struct event *event);

/* Tracer and looker stay the caller's.  Deliveries only if its hooks are attached. */
int session_new(struct tracer *tracer, struct looker *looker, bool deliveries, struct session **ret_session);
void session_free(struct session *session);

/* --containers: ask container runtimes for names.  0 or -ENOMEM. */
int session_ask_runtimes(struct session *session);

/* Every socket that is bound now, as EVENT_HOLDER, those of the filters only. */
int session_snapshot(struct session *session, event_fn fn, void *context);

/* Waits up to timeout_ms.  Number of records or a negative errno. */
int session_poll(struct session *session, int timeout_ms, event_fn fn, void *context);

/* Records that could not be decoded so far. */
uint64_t session_undecoded(const struct session *session);
/* Who got how many deliveries; valid until the next poll. */
const struct delivery_total *session_deliveries(struct session *session, size_t *ret_count);

uint64_t session_next_seq(struct session *session);

#endif
