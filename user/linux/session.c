/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode.h"
#include "linux/place.h"
#include "linux/refusal.h"
#include "linux/seek.h"
#include "linux/session_parts.h"
#include "model/connections.h"
#include "model/handover.h"
#include "rules/rules.h"

#define BATCH_MAX 512

/* A release this soon after a refusal is said to have come too late for it. */
#define TOO_LATE_NS 2000000000ULL

int session_new(struct tracer *tracer, struct looker *looker, bool deliveries, struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->tracer = tracer;
	session->looker = looker;
	session->sockets = sockets_new();
	session->places = places_new(looker);
	session->refusals = refusal_lookup_new(looker);
	session->seek = seek_new();
	session->unix_sockets = unix_lookup_new(tracer, looker);
	session->connections = connections_new();
	session->handovers = handovers_new();
	session->batch = calloc(BATCH_MAX, sizeof(*session->batch));
	if (deliveries)
		session->deliveries = deliveries_new();
	if ((deliveries && !session->deliveries) || !session->sockets || !session->places ||
	    !session->refusals || !session->seek || !session->unix_sockets || !session->connections ||
	    !session->handovers || !session->batch) {
		session_free(session);
		return -ENOMEM;
	}
	*ret_session = session;
	return 0;
}

static void pending_clear(struct pending *pending)
{
	event_clear(&pending->event);
	free(pending->unix_record);
	pending->unix_record = NULL;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	for (size_t i = 0; i < session->count; i++)
		pending_clear(&session->batch[i]);
	sockets_free(session->sockets);
	deliveries_free(session->deliveries);
	places_free(session->places);
	refusal_lookup_free(session->refusals);
	seek_free(session->seek);
	unix_lookup_free(session->unix_sockets);
	connections_free(session->connections);
	handovers_free(session->handovers);
	free(session->batch);
	free(session);
}

int session_ask_runtimes(struct session *session)
{
	return places_ask_runtimes(session->places);
}

uint64_t session_undecoded(const struct session *session)
{
	return session->undecoded;
}

uint64_t session_next_seq(struct session *session)
{
	return ++session->seq;
}

void session_owner(const struct proc_info *process, int fd, struct owner *ret_owner)
{
	*ret_owner = (struct owner){.pid = process->pid,
				    .nspid = process->nspid,
				    .ppid = process->ppid,
				    .fd = fd,
				    .cgroup_id = process->cgroup_id,
				    .start_ns = process->start_ns};
	memcpy(ret_owner->comm, process->comm, sizeof(ret_owner->comm));
	memcpy(ret_owner->exe, process->exe, sizeof(ret_owner->exe));
}

/* A socket from before the trace has no known binder: who holds it may have let it go. */
static void release_by_owner(const struct session *session, struct event *event,
			     const struct socket_entry *entry)
{
	struct holder holder = {.kind = KIND_UNKNOWN};

	if (!entry->bound_by.pid && owners_of(session->sockets, entry->key, entry->inode, &holder) > 0 &&
	    holder.owners[0].pid != event->process.pid) {
		event->process = (struct proc_info){
			.pid = holder.owners[0].pid, .tid = holder.owners[0].pid, .uid = UID_NONE};
		memcpy(event->process.comm, holder.owners[0].comm, sizeof(event->process.comm));
	}
	free(holder.owners);
}

/* First pass, in order: bindings and releases, so that later look-ups know them. */
static void note_event(struct session *session, struct pending *pending)
{
	struct event *event = &pending->event;
	struct socket_entry *entry = NULL;

	if (event->type == EVENT_DELIVERY)
		return;
	if (pending->key)
		entry = sockets_get(session->sockets, pending->key, event->sock.inode);
	if (entry && event->release == RELEASE_TIME_WAIT_BEGIN)
		sockets_renew(session->sockets,
			      entry); /* minisocks use the same few addresses over and over */
	if (entry && event->type == EVENT_RELEASE)
		release_by_owner(session, event, entry);
	/* Most records of a socket's life come from its binder, whose path is known. */
	if (entry && entry->bound_by.pid == event->process.pid && !event->process.exe[0])
		memcpy(event->process.exe, entry->bound_by.exe, sizeof(event->process.exe));
	session_find_exe(session, &event->process);
	places_fill(session->places, &event->process);
	if (!entry)
		return;
	event->sock.id = entry->id;
	switch (event->type) {
	case EVENT_LISTEN:
	case EVENT_BIND:
	case EVENT_AUTOBIND:
		if (event->result || !event->sock.port || entry->bound_ns)
			break;
		entry->bound_ns = event->time_ns;
		entry->released_ns = 0;
		session_owner(&event->process, -1, &entry->bound_by);
		break;
	case EVENT_RELEASE:
		if (event->release != RELEASE_TIME_WAIT_BEGIN)
			entry->released_ns = event->time_ns;
		else
			session_owner(&event->process, -1, &entry->bound_by);
		entry->held = false;
		break;
	default:
		break;
	}
}

/* Without memory the holders are unknown. */
static void finish_unix(struct session *session, struct pending *pending)
{
	struct event *event = &pending->event;

	(void)unix_complete(session->unix_sockets, pending->unix_record, event);
	for (size_t i = 0; i < event->holder_count; i++)
		(void)session_name_places(session, &event->holders[i]);
	refusal_complete(session->refusals, session->tracer, session->places, event);
	judge(event, tracer_policy(session->tracer));
}

/* Second pass, once owners are known: kinds, verdict, and who came too late. */
static void finish_event(struct session *session, struct pending *pending)
{
	struct event *event = &pending->event;
	struct socket_entry *entry;

	if (event->type == EVENT_RELEASE) {
		entry = sockets_find(session->sockets, pending->key, event->sock.inode);
		if (entry && entry->refused_seq && event->time_ns - entry->refused_ns < TOO_LATE_NS) {
			event->after_attempt = entry->refused_seq;
			event->delta_ns = event->time_ns - entry->refused_ns;
			event->refused.pid = entry->refused.pid;
			memcpy(event->refused.comm, entry->refused.comm, sizeof(event->refused.comm));
		}
		return;
	}
	if (!event_is_attempt(event))
		return;
	if (pending->unix_record) {
		finish_unix(session, pending);
		return;
	}
	session_resolve(session, pending);
	refusal_complete(session->refusals, session->tracer, session->places, event);
	judge(event, tracer_policy(session->tracer));
	entry = sockets_find(session->sockets, pending->key, event->sock.inode);
	if (!event->result && event->sock.port && entry)
		sockets_note_port(session->sockets, &event->sock, &entry->bound_by, event->listening);
	refused_note(&session->refused, event);
	if (event->verdict.culprit < 0 || !event->result)
		return;
	for (size_t i = 0; i < event->holder_count; i++) {
		entry = sockets_find(session->sockets, pending->keys[i],
				     event->holders[event->verdict.culprit].sock.inode);
		if (!entry || entry->id != event->holders[event->verdict.culprit].sock.id)
			continue;
		entry->refused_seq = event->seq;
		entry->refused_ns = event->time_ns;
		session_owner(&event->process, -1, &entry->refused);
	}
}

static struct pending *batch_add(struct session *session, int err)
{
	if (err) {
		session->undecoded++;
		return NULL;
	}
	session->batch[session->count].unix_record = NULL;
	return &session->batch[session->count++];
}

/* Contenders are looked up for attempts alone; TIME_WAIT and orphans have no process. */
static bool needs_owners(const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].kind == KIND_UNKNOWN || event->holders[i].kind == KIND_KERNEL)
			return true;
	return false;
}

_Static_assert(offsetof(struct rt_attempt, binder) == offsetof(struct rt_life, sock),
	       "every record has its socket in the same place");

static int collect(void *context, const void *record, size_t size)
{
	struct session *session = context;
	const struct rt_attempt *attempt = record;
	struct pending *pending;
	size_t options = decode_option_count(record, size);

	for (size_t i = 0; i < options; i++) {
		pending = batch_add(session,
				    decode_option(record, size, i, &session->batch[session->count].event));
		if (pending)
			pending->key = attempt->binder.key;
	}
	pending = batch_add(session, decode_record(record, size, tracer_policy(session->tracer),
						   &session->batch[session->count].event));
	if (pending) {
		pending->key = attempt->binder.key;
		for (size_t i = 0; i < pending->event.holder_count; i++)
			pending->keys[i] = attempt->contenders[i].key;
		session->unresolved |= needs_owners(&pending->event);
		pending->unix_record = unix_record_copy(record, size);
	}
	return session->count > BATCH_MAX - RT_MAX_OPTIONS - 2 ? -ECANCELED : 0;
}

/* One event, and what follows from it. */
static int show(struct session *session, struct pending *pending, event_fn fn, void *context)
{
	struct event *event = &pending->event;
	int err;

	if (event->type == EVENT_DELIVERY && !session_delivered(session, pending))
		return 0;
	event->seq = session_next_seq(session);
	finish_event(session, pending);
	err = session_note_members(session, pending);
	if (err)
		return err;
	err = fn(context, event);
	if (!err)
		err = session_tell_sharing(session, event, fn, context);
	return err ? err : session_tell_handover(session, event, fn, context);
}

static int flush(struct session *session, event_fn fn, void *context)
{
	int err = 0;

	if (session->unresolved || session_has_unknown_member(session))
		err = session_refresh(session);
	session->unresolved = false;
	refusal_lookup_renew(session->refusals);
	session_forget_exes(session);
	unix_lookup_renew(session->unix_sockets);
	for (size_t i = 0; i < session->count; i++)
		note_event(session, &session->batch[i]);
	for (size_t i = 0; i < session->count; i++) {
		if (!err)
			err = show(session, &session->batch[i], fn, context);
		pending_clear(&session->batch[i]);
	}
	session->count = 0;
	return err;
}

int session_poll(struct session *session, int timeout_ms, event_fn fn, void *context)
{
	int n = tracer_poll(session->tracer, timeout_ms, collect, session), err;

	err = flush(session, fn, context);
	if (!err)
		err = session_tell_lives_on(session, fn, context);
	if (err)
		return err;
	return n == -ECANCELED ? BATCH_MAX : n;
}

struct snapshot_view {
	struct session *session;
	event_fn fn;
	void *context;
};

/* Connections are no holders of their own: only what was bound or listens. */
static int show_holder(void *context, const void *record, size_t size)
{
	struct snapshot_view *view = context;
	struct session *session = view->session;
	const struct rt_life *life = record;
	struct socket_entry *entry;
	struct event event;
	int err = session_note_owner(session, record, size);

	if (!err)
		err = decode_record(record, size, tracer_policy(session->tracer), &event);
	if (err)
		return err;
	entry = sockets_get(session->sockets, life->sock.key, life->sock.inode);
	event.sock.id = entry ? entry->id : 0;
	if (entry)
		entry->held = true;
	err = session_note_member(session, life, &event);
	/* What was bound since the hooks are there has an event of its own. */
	if (!err && event.sock.peer.family == FAMILY_NONE && life->wanted && !life->sock.bound_ns) {
		places_fill(session->places, &event.process);
		event.seq = session_next_seq(session);
		err = view->fn(view->context, &event);
		if (!err)
			err = session_tell_handover(session, &event, view->fn, view->context);
	}
	event_clear(&event);
	return err;
}

int session_snapshot(struct session *session, event_fn fn, void *context)
{
	struct snapshot_view view = {.session = session, .fn = fn, .context = context};
	int err;

	owners_clear(session->sockets);
	err = tracer_snapshot(session->tracer, true, show_holder, &view);
	return err ? err : session_settle_members(session);
}
