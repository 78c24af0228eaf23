/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has the sockets that are in the way of an attempt. */
#include "linux/session_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode.h"
#include "linux/place.h"
#include "linux/process.h"
#include "linux/seek.h"
#include "model/connections.h"
#include "model/owner.h"

/* One socket of a snapshot. */
int session_note_owner(void *context, const void *record, size_t size)
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
	return err ? err : seek_run(session->seek, tracer_seek, session->tracer, session->sockets);
}

int session_refresh(struct session *session)
{
	int err;

	owners_clear(session->sockets);
	err = tracer_snapshot(session->tracer, false, session_note_owner, session);
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
	const struct sock_info *best = NULL;
	uint64_t key = 0;
	int fits = 0;

	for (size_t i = 0; i < pending->event.holder_count && fits < 2; i++) {
		const struct sock_info *sock = &pending->event.holders[i].sock;

		if (listener_fits(sock, &holder->sock) <= fits)
			continue;
		fits = listener_fits(sock, &holder->sock);
		best = sock;
		key = pending->keys[i];
	}
	if (best)
		owners_of(session->sockets, key, best->inode, holder);
	for (size_t n = 0; n < holder->owner_count; n++)
		holder->owners[n].how = OWNER_LISTENER;
	return holder->owner_count;
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

/* Another process may have its number by now. */
static bool has_ended(const struct owner *binder)
{
	if (!binder->pid || !process_shows_all())
		return false;
	return !process_exists(binder->pid) ||
	       (binder->start_ns && !process_lives(binder->pid, binder->start_ns));
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
	} else if (owners_of_holder(session->sockets, pending->keys[i], holder) > 0) {
		holder->kind = owned_kind(holder);
		holder->older |= holder->kind == KIND_IN_FLIGHT && !holder->since_ns;
		holder->sock.kernel = false; /* an MPTCP subflow is the kernel's, and its process's */
	} else {
		holder->kind = hidden_kind(session, pending->keys[i], holder);
		holder->older |= holder->kind != KIND_GONE && !holder->since_ns; /* all binds are seen */
		holder->sock.kernel = holder->kind == KIND_KERNEL;
	}
	owners_judge(holder);
	owners_relate(holder, &pending->event.process);
	holder->binder_ended = has_ended(&holder->bound_by);
	entry = sockets_find(session->sockets, pending->keys[i], holder->sock.inode);
	if (holder->kind == KIND_GONE && entry && entry->released_ns > pending->event.time_ns)
		holder->released_after_ns = entry->released_ns - pending->event.time_ns;
}

/* Unit and container of those who hold it, of who bound it and of where it was made. */
int session_name_places(struct session *session, struct holder *holder)
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

void session_resolve(struct session *session, struct pending *pending)
{
	for (size_t i = 0; i < pending->event.holder_count; i++) {
		resolve_holder(session, pending, i);
		(void)session_name_places(session, &pending->event.holders[i]); /* without memory: unknown */
	}
	resolve_origin(session, &pending->event);
}
