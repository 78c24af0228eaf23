/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode.h"
#include "linux/place.h"
#include "linux/refusal.h"
#include "linux/process.h"
#include "linux/seek.h"
#include "linux/session_parts.h"
#include "model/connections.h"
#include "model/owner.h"
#include "rules/rules.h"

#define BATCH_MAX 512

/* A release this soon after a refusal is said to have come too late for it. */
#define TOO_LATE_NS 2000000000ULL

int session_new(struct tracer *tracer, bool deliveries, struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->tracer = tracer;
	session->sockets = sockets_new();
	session->places = places_new();
	session->refusals = refusal_lookup_new();
	session->seek = seek_new();
	session->connections = connections_new();
	session->batch = calloc(BATCH_MAX, sizeof(*session->batch));
	if (deliveries)
		session->deliveries = deliveries_new();
	if ((deliveries && !session->deliveries) || !session->sockets || !session->places ||
	    !session->refusals || !session->seek || !session->connections || !session->batch) {
		session_free(session);
		return -ENOMEM;
	}
	*ret_session = session;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	for (size_t i = 0; i < session->count; i++)
		event_clear(&session->batch[i].event);
	sockets_free(session->sockets);
	deliveries_free(session->deliveries);
	places_free(session->places);
	refusal_lookup_free(session->refusals);
	seek_free(session->seek);
	connections_free(session->connections);
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
	*ret_owner = (struct owner){
		.pid = process->pid, .nspid = process->nspid, .fd = fd, .cgroup_id = process->cgroup_id};
	memcpy(ret_owner->comm, process->comm, sizeof(ret_owner->comm));
	memcpy(ret_owner->exe, process->exe, sizeof(ret_owner->exe));
}

/* One socket of a snapshot. */
static int note_owner(void *context, const void *record, size_t size)
{
	struct session *session = context;
	const struct rt_holder *holder = record;
	const struct rt_life *life = &holder->life;
	struct proc_info process;
	struct sock_info sock;
	struct owner owner;

	if (size < sizeof(*holder))
		return -EBADMSG;
	decode_process(&life->header.process, &process);
	decode_exe(holder->exe, process.exe, sizeof(process.exe));
	session_owner(&process, life->fd, &owner);
	owner.survives_exec = !life->cloexec;
	owner.start_ns = life->header.process.start_ns;
	decode_sock(&life->sock, &sock);
	refused_socket(&session->refused, owner.pid, &sock);
	if (sock.peer.family == FAMILY_NONE)
		sockets_note_port(session->sockets, &sock, &owner, sock.state == STATE_LISTEN);
	else
		connections_note(session->connections, &sock, &owner);
	return owners_add(session->sockets, life->sock.key, life->sock.inode, &owner);
}

static bool may_be_hidden(const struct holder *holder)
{
	return (holder->kind == KIND_UNKNOWN || holder->kind == KIND_KERNEL) && !holder->sock.unaccepted;
}

/* Sockets that no process has a descriptor of are looked for elsewhere. */
static int seek_hidden(struct session *session)
{
	int err = 0;

	seek_clear(session->seek);
	for (size_t i = 0; i < session->count && !err; i++) {
		struct pending *pending = &session->batch[i];

		for (size_t n = 0; n < pending->event.holder_count && !err; n++) {
			struct holder *holder = &pending->event.holders[n];

			if (may_be_hidden(holder) &&
			    !owners_has(session->sockets, pending->keys[n], holder->sock.inode))
				err = seek_add(session->seek, pending->keys[n], &holder->sock);
		}
	}
	return err ? err : seek_run(session->seek, session->tracer, session->sockets);
}

int session_refresh(struct session *session)
{
	int err;

	owners_clear(session->sockets);
	err = tracer_snapshot(session->tracer, false, note_owner, session);
	return err ? err : seek_hidden(session);
}

/* What is remembered of a socket besides what the kernel says of it now. */
static void resolve_entry(struct session *session, uint64_t key, struct holder *holder)
{
	struct socket_entry *entry = sockets_get(session->sockets, key, holder->sock.inode);

	if (!entry)
		return;
	holder->sock.id = entry->id;
	if (entry->bound_by.pid)
		holder->bound_by = entry->bound_by;
	if (!holder->since_ns)
		holder->since_ns = entry->bound_ns;
}

/* What accept() has not taken yet belongs to whoever listens. */
static int listener_owners(struct session *session, const struct pending *pending, struct holder *holder)
{
	for (size_t i = 0; i < pending->event.holder_count; i++) {
		const struct sock_info *sock = &pending->event.holders[i].sock;

		if (sock->state != STATE_LISTEN || sock->netns != holder->sock.netns)
			continue;
		owners_of(session->sockets, pending->keys[i], sock->inode, holder);
		for (size_t n = 0; n < holder->owner_count; n++)
			holder->owners[n].how = OWNER_LISTENER;
		return holder->owner_count;
	}
	return 0;
}

/* No process has a descriptor of it, and it is not waiting to be accepted. */
static enum holder_kind hidden_kind(struct session *session, uint64_t key, struct holder *holder)
{
	if (!seek_found(session->seek, key, holder))
		return holder->kind == KIND_KERNEL ? KIND_KERNEL : KIND_GONE;
	/* nfsd takes sockets over from processes: then it is called when data comes */
	if (holder->kind == KIND_KERNEL ||
	    (holder->kernel.function[0] && strcmp(holder->kernel.function, "sock_def_readable")))
		return KIND_KERNEL;
	holder->outside = !process_sees_all();
	return holder->outside ? KIND_PROCESS : KIND_UNKNOWN;
}

static enum holder_kind owned_kind(const struct holder *holder)
{
	for (size_t i = 0; i < holder->owner_count; i++)
		if (holder->owners[i].how != OWNER_QUEUE)
			return KIND_PROCESS;
	return KIND_IN_FLIGHT;
}

/* All subflows of an MPTCP socket have its inode; the snapshot finds the first one. */
static int owners_of_holder(const struct session *session, uint64_t key, struct holder *holder)
{
	int n = owners_of(session->sockets, key, holder->sock.inode, holder);

	return n || !holder->sock.subflow ? n : owners_of_inode(session->sockets, holder->sock.inode, holder);
}

static void resolve_holder(struct session *session, const struct pending *pending, size_t i)
{
	struct holder *holder = &pending->event.holders[i];
	const struct socket_entry *entry;
	const struct owner *last;

	resolve_entry(session, pending->keys[i], holder);
	last = connections_owner(session->connections, &holder->sock);
	if (!last)
		last = sockets_last_owner(session->sockets, &holder->sock);
	if ((holder->kind == KIND_TIME_WAIT || holder->kind == KIND_ORPHAN) && !holder->bound_by.pid && last)
		holder->bound_by = *last;
	if (holder->kind != KIND_UNKNOWN && holder->kind != KIND_KERNEL)
		return;
	if (holder->sock.unaccepted) {
		if (listener_owners(session, pending, holder) > 0)
			holder->kind = KIND_PROCESS;
	} else if (owners_of_holder(session, pending->keys[i], holder) > 0) {
		holder->kind = owned_kind(holder);
		holder->older |= holder->kind == KIND_IN_FLIGHT && !holder->since_ns;
		holder->sock.kernel = false; /* an MPTCP subflow is the kernel's, and its process's */
	} else {
		holder->kind = hidden_kind(session, pending->keys[i], holder);
		holder->older |= holder->kind != KIND_GONE && !holder->since_ns; /* all binds are seen */
		holder->sock.kernel = holder->kind == KIND_KERNEL;
	}
	owners_judge(holder);
	holder->binder_ended =
		holder->bound_by.pid && process_sees_all() && !process_exists(holder->bound_by.pid);
	entry = sockets_find(session->sockets, pending->keys[i], holder->sock.inode);
	if (holder->kind == KIND_GONE && entry && entry->released_ns > pending->event.time_ns)
		holder->released_after_ns = entry->released_ns - pending->event.time_ns;
}

/* Unit and container of those who hold it, of who bound it and of where it was made. */
static int name_places(struct session *session, struct holder *holder)
{
	size_t n = holder->owner_count;

	holder->places = calloc(n + 2, sizeof(*holder->places));
	if (!holder->places)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		places_of_owner(session->places, &holder->owners[i], &holder->places[i]);
		holder->owners[i].place = &holder->places[i];
	}
	places_of_cgroup(session->places, holder->bound_by.cgroup_id, &holder->places[n]);
	holder->bound_by.place = &holder->places[n];
	places_of_cgroup(session->places, holder->sock.cgroup_id, &holder->places[n + 1]);
	holder->made_in = &holder->places[n + 1];
	return 0;
}

/* Where the kernel did not say whether a connection was accepted: a port that listened has children. */
static void resolve_origin(struct session *session, struct event *event)
{
	bool listener = sockets_listened(session->sockets, &event->sock);

	for (size_t i = 0; i < event->holder_count; i++)
		listener |= event->holders[i].sock.state == STATE_LISTEN;
	for (size_t i = 0; listener && i < event->holder_count; i++) {
		struct sock_info *sock = &event->holders[i].sock;

		if (sock->peer.family != FAMILY_NONE && sock->port_chosen && !sock->connect_bound &&
		    !sock->minisock && !event->holders[i].bound_by.pid)
			sock->accepted = true;
	}
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
	for (size_t i = 0; i < event->holder_count; i++) {
		resolve_holder(session, pending, i);
		(void)name_places(session, &event->holders[i]); /* without memory: unknown */
	}
	resolve_origin(session, event);
	refusal_complete(session->refusals, session->places, event);
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
	if (err)
		session->undecoded++;
	else
		session->count++;
	return err ? NULL : &session->batch[session->count - 1];
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
	return err ? err : session_tell_sharing(session, event, fn, context);
}

static int flush(struct session *session, event_fn fn, void *context)
{
	int err = 0;

	if (session->unresolved || session_has_unknown_member(session))
		err = session_refresh(session);
	session->unresolved = false;
	refusal_lookup_renew(session->refusals);
	for (size_t i = 0; i < session->count; i++)
		note_event(session, &session->batch[i]);
	for (size_t i = 0; i < session->count; i++) {
		if (!err)
			err = show(session, &session->batch[i], fn, context);
		event_clear(&session->batch[i].event);
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
	int err = note_owner(session, record, size);

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
