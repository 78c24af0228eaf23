/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft-Windows-Winsock-AFD: the life of every socket of a process.
 *
 * One bind() is: AFD 1030 on entry, TCPIP's events, AFD 1029 or 1030 at the
 * end, Winsock's own.  The end may come from another thread, so AFD's two are
 * paired by endpoint.
 */
#include <errno.h>

#include "etw/correlator.h"

enum { AFD_ENTER = 0, AFD_EXIT = 1 };
#define AFD_OPTION_V6ONLY 0xd

/* ---- whose call it is */

/*
 * Places in afd.sys ("Location") that run in the caller's thread, so that the
 * header's pid is its.  Elsewhere it is whoever was interrupted.
 */
static bool is_callers_thread(uint64_t location)
{
	static const uint16_t locations[] = {
		1002, 1006, 1012, 1013, 1015, /* create */
		2000, 2001,		      /* close */
		5023, 5031, 5502,	      /* connect */
		7010, 7022,		      /* bind */
		8000, 8004,		      /* abort */
	};

	for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++)
		if (locations[i] == location)
			return true;
	return false;
}

static int find_caller(struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct processes *processes = call->correlator->processes;
	uint64_t object = facts->value[SLOT_PROCESS];

	if (facts->layout->message == AFD_CREATE && etw_has(facts, SLOT_PID))
		call->pid = (uint32_t)facts->value[SLOT_PID];
	else if (!is_callers_thread(facts->value[SLOT_LOCATION]))
		call->pid_from =
			process_of_object(processes, object, &call->pid) ? FROM_OBSERVED : FROM_ASSUMED;
	if (!object || call->pid_from == FROM_ASSUMED)
		return 0;
	return process_note_object(processes, object, call->pid);
}

/* ---- AFD */

/* The socket, made known if it is older than the trace. */
static int afd_endpoint(const struct call *call, struct endpoint **ret_endpoint)
{
	uint64_t pointer = call->facts->value[SLOT_ENDPOINT];
	struct endpoint *endpoint = endpoint_by_afd(call->correlator->endpoints, pointer);

	if (!endpoint) {
		endpoint = endpoint_add(call->correlator->endpoints, call->pid);
		if (!endpoint || endpoint_name_afd(call->correlator->endpoints, endpoint, pointer))
			return -ENOMEM;
	}
	*ret_endpoint = endpoint;
	return 0;
}

/* A new socket, even if an old one had this pointer. */
static int make_endpoint(const struct call *call, struct endpoint **ret_endpoint)
{
	struct endpoint *old =
		endpoint_by_afd(call->correlator->endpoints, call->facts->value[SLOT_ENDPOINT]);

	if (old)
		endpoint_remove(call->correlator->endpoints, old);
	return afd_endpoint(call, ret_endpoint);
}

static int on_create(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	bool is_exit = facts->value[SLOT_ENTER_EXIT] != AFD_ENTER;
	struct endpoint *endpoint;
	struct event event;
	int err = is_exit ? afd_endpoint(call, &endpoint) : make_endpoint(call, &endpoint);

	if (err)
		return err;
	call_settle(call);
	if (etw_has(facts, SLOT_PROTOCOL)) {
		endpoint->sock.family = etw_family(facts->value[SLOT_FAMILY]);
		endpoint->sock.protocol = etw_protocol(facts->value[SLOT_PROTOCOL], facts->value[SLOT_TYPE]);
	}
	call->thread->made = endpoint->sock.id;
	if (!is_exit && !call_failed(facts))
		return 0;
	err = call_event(call, EVENT_SOCKET, endpoint, &event);
	if (err)
		return err;
	attempt_status(&event, facts, CAUSE_NONE);
	if (event.result < 0)
		endpoint_remove(call->correlator->endpoints, endpoint);
	return call_send(call, &event, SOCKETS_CREATE, event.sock.id);
}

static int on_close(const struct call *call)
{
	struct endpoint *endpoint =
		endpoint_by_afd(call->correlator->endpoints, call->facts->value[SLOT_ENDPOINT]);

	call_settle(call);
	return endpoint ? call_close(call, endpoint) : 0;
}

static int begin(const struct call *call, struct endpoint *endpoint)
{
	call_settle(call);
	call->thread->made = 0;
	call->thread->underway = endpoint->sock.id;
	endpoint->underway = (struct underway){
		.open = true,
		.listening = call->facts->layout->message == AFD_LISTEN,
		.since_ns = call->record->time_ns,
		.tid = call->record->tid,
		.requested = call->facts->address,
		.port = call->facts->port,
	};
	return 0;
}

static int finish(const struct call *call, struct endpoint *endpoint)
{
	const struct etw_facts *facts = call->facts;
	enum event_type type = facts->layout->message == AFD_LISTEN ? EVENT_LISTEN : EVENT_BIND;
	enum etw_message awaits = facts->layout->message == AFD_LISTEN ? SOCKETS_LISTEN : SOCKETS_BIND;
	struct underway underway = endpoint->underway;
	struct call caller = *call;
	struct event event;
	bool has_actual;
	int err;

	endpoint->underway = (struct underway){.open = false};
	if (!underway.open) {
		underway.requested = facts->address;
		underway.port = facts->port;
		underway.since_ns = call->record->time_ns;
	} else {
		caller.thread = thread_get(call->correlator, underway.tid);
		if (!caller.thread)
			return -ENOMEM;
		caller.thread->underway = 0;
		caller.pid = endpoint->pid;
	}
	call_settle(&caller);
	err = call_event(&caller, type, endpoint, &event);
	if (err)
		return err;
	event.process.tid = caller.thread->tid;
	event.took_ns = event.time_ns - underway.since_ns;
	if (type == EVENT_BIND) {
		event.requested = underway.requested;
		event.requested_port = underway.port;
	}
	attempt_status(&event, facts, underway.cause);
	has_actual = event.result >= 0 && facts->address.family != FAMILY_NONE;
	err = call_attempt(&caller, &event, endpoint, has_actual ? &facts->address : &underway.requested,
			   has_actual ? facts->port : underway.port);
	if (err)
		return err;
	attempt_choose(&event);
	return call_send(&caller, &event, awaits, endpoint->sock.id);
}

static int on_attempt(const struct call *call)
{
	struct endpoint *endpoint;
	int err = afd_endpoint(call, &endpoint);

	if (err)
		return err;
	if (call->facts->value[SLOT_ENTER_EXIT] == AFD_ENTER && !call_failed(call->facts))
		return begin(call, endpoint);
	return finish(call, endpoint);
}

/* A bind to port 0 that Winsock did not report was connect()'s own. */
static void name_implicit_bind(const struct call *call, const struct endpoint *endpoint)
{
	struct outgoing *waiting = call->thread->waiting;
	const struct process *process = process_get(call->correlator->processes, call->pid);

	if (!waiting || waiting->awaits != SOCKETS_BIND || waiting->endpoint != endpoint->sock.id ||
	    !process || !process->winsock_seen || waiting->event.requested_port)
		return;
	waiting->event.type = EVENT_AUTOBIND;
	waiting->event.by_connect = endpoint->sock.protocol == PROTO_TCP;
	waiting->event.windows.result = FROM_INFERRED;
}

static int on_connect(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *endpoint;
	struct event event;
	int err = afd_endpoint(call, &endpoint);

	if (err)
		return err;
	if (facts->address.family != FAMILY_NONE) {
		endpoint->sock.peer = facts->address;
		endpoint->sock.peer_port = facts->port;
	}
	name_implicit_bind(call, endpoint);
	call_settle(call);
	if (facts->value[SLOT_ENTER_EXIT] == AFD_ENTER && !call_failed(facts))
		return 0;
	if (!call_failed(facts))
		endpoint->sock.state = STATE_ESTABLISHED;
	err = call_event(call, EVENT_CONNECT, endpoint, &event);
	if (err)
		return err;
	attempt_status(&event, facts, CAUSE_NONE);
	event.stage = event.result < 0 ? STAGE_SYSCALL : STAGE_NONE;
	return call_send(call, &event, SOCKETS_CONNECT, endpoint->sock.id);
}

static int on_accept(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoints *endpoints = call->correlator->endpoints;
	uint64_t pointer = facts->value[SLOT_ACCEPTED];
	struct endpoint *listener, *accepted;
	struct event event;
	int err = afd_endpoint(call, &listener);

	if (err)
		return err;
	call_settle(call);
	if (call_failed(facts) || facts->value[SLOT_ENTER_EXIT] != AFD_EXIT || !pointer ||
	    pointer == listener->afd)
		return 0;
	accepted = endpoint_by_afd(endpoints, pointer);
	if (!accepted) {
		accepted = endpoint_add(endpoints, listener->pid);
		if (!accepted || endpoint_name_afd(endpoints, accepted, pointer))
			return -ENOMEM;
	}
	endpoint_accept(accepted, listener, &facts->address, facts->port);
	err = call_event(call, EVENT_ACCEPT, accepted, &event);
	return err ? err : call_send(call, &event, SOCKETS_ACCEPT, accepted->sock.id);
}

static int on_option(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *endpoint;
	int err = afd_endpoint(call, &endpoint);

	if (!err && facts->value[SLOT_OPTION] == AFD_OPTION_V6ONLY && !call_failed(facts))
		endpoint_option(endpoint, OPTION_V6ONLY, facts->value[SLOT_VALUE]);
	return err;
}

static int on_abort(const struct call *call)
{
	(void)call;
	return 0;
}

int afd_call(struct call *call)
{
	static int (*const handlers[MESSAGE_MAX])(const struct call *call) = {
		[AFD_CREATE] = on_create, [AFD_CLOSE] = on_close,  [AFD_CONNECT] = on_connect,
		[AFD_ACCEPT] = on_accept, [AFD_BIND] = on_attempt, [AFD_LISTEN] = on_attempt,
		[AFD_OPTION] = on_option, [AFD_ABORT] = on_abort,
	};
	int err = find_caller(call);

	return err ? err : handlers[call->facts->layout->message](call);
}
