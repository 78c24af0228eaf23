/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft-Windows-Winsock-Sockets: what the process called and got.  Only
 * the events at the end of each call are read, so the kernel's come before.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etw/correlator.h"
#include "model/address.h"

/* Normally a Winsock error; an NTSTATUS is taken as what Winsock makes of it. */
static int result_of(const struct etw_facts *facts)
{
	uint32_t error = (uint32_t)facts->value[SLOT_ERROR];

	if (error >> 30 == 3)
		return -ntstatus_to_winsock(error);
	return error <= INT32_MAX ? -(int)error : -WINSOCK_ESYSCALL;
}

/* Is this the word that the event waits for? */
static bool is_of(const struct outgoing *outgoing, const struct etw_facts *facts)
{
	const struct event *event = &outgoing->event;

	if (outgoing->awaits != facts->layout->message)
		return false;
	if (outgoing->awaits == SOCKETS_CONNECT) /* one that does not block says WSAEWOULDBLOCK */
		return true;
	if ((facts->value[SLOT_ERROR] == 0) != (event->result >= 0))
		return false;
	if (outgoing->awaits != SOCKETS_BIND || facts->address.family == FAMILY_NONE ||
	    event->requested.family == FAMILY_NONE)
		return true;
	return event->requested_port == facts->port && address_equal(&event->requested, &facts->address);
}

/* Ends the waiting of the thread's last event; that event if this is its word. */
static struct outgoing *claim(const struct call *call)
{
	struct outgoing *waiting = call->thread->waiting;
	bool is_mine = waiting && is_of(waiting, call->facts);

	call_settle(call);
	return is_mine ? waiting : NULL;
}

static int add_endpoint(const struct call *call, uint64_t handle, struct endpoint **ret_endpoint)
{
	struct endpoint *endpoint = endpoint_add(call->correlator->endpoints, call->pid);
	int err = endpoint ? endpoint_name_handle(call->correlator->endpoints, endpoint, handle) : -ENOMEM;

	if (!err)
		*ret_endpoint = endpoint;
	return err;
}

/*
 * The socket with this handle: the one the kernel's event is about, which gets
 * the handle now, or one that only Winsock knows.
 */
static int find_endpoint(const struct call *call, struct outgoing **waiting, uint64_t handle,
			 struct endpoint **ret_endpoint)
{
	struct endpoints *endpoints = call->correlator->endpoints;
	struct endpoint *known = endpoint_by_handle(endpoints, call->pid, handle);
	struct endpoint *kernel = *waiting ? endpoint_by_id(endpoints, (*waiting)->endpoint) : NULL;
	int err;

	if (kernel && kernel->handle && kernel != known) { /* another socket's event */
		*waiting = NULL;
		kernel = NULL;
	}
	if (!kernel && known) {
		*ret_endpoint = known;
		return 0;
	}
	if (!kernel)
		return add_endpoint(call, handle, ret_endpoint);
	if (known == kernel) {
		*ret_endpoint = kernel;
		return 0;
	}
	kernel->pid = call->pid;
	if (known && known->afd) { /* it was closed unseen: the handle is another socket's by now */
		endpoint_forget_handle(endpoints, known);
		known = NULL;
	}
	if (known) { /* events had its number already */
		uint64_t id = known->sock.id;

		err = endpoint_merge(endpoints, kernel, known);
		if (!err)
			err = endpoint_renumber(endpoints, kernel, id);
	} else {
		err = endpoint_name_handle(endpoints, kernel, handle);
	}
	if (!err)
		*ret_endpoint = kernel;
	return err;
}

/* A socket that Winsock alone knew turns out to be this one: it is not in its own way. */
static void drop_self(struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++) {
		struct holder *holder = &event->holders[i];

		if (holder->sock.id != event->sock.id)
			continue;
		free(holder->owners);
		event->holder_count--;
		event->holders_total--;
		memmove(holder, holder + 1, (event->holder_count - i) * sizeof(*holder));
		return;
	}
}

/* What is known of the socket since it has a handle, into an event that is still here. */
static void complete(const struct call *call, struct outgoing *waiting, const struct endpoint *endpoint)
{
	struct event *event = &waiting->event;
	struct address address = event->sock.address;
	uint16_t port = event->sock.port;
	int result = result_of(call->facts);

	event->sock = endpoint_sock(endpoint, event->process.uid);
	event->sock.address = address;
	event->sock.port = port;
	event->process.pid = call->pid;
	if (event->type == EVENT_BIND && event->requested.family == FAMILY_NONE) {
		event->requested = call->facts->address;
		event->requested_port = call->facts->port;
	}
	if (event->type == EVENT_BIND && event->sock.address.family == FAMILY_NONE) {
		event->sock.address = event->requested;
		event->sock.port = event->requested_port;
	}
	event->fd = endpoint->handle <= INT32_MAX ? (int)endpoint->handle : -1;
	event->result = result;
	event->windows.result = FROM_OBSERVED;
	event->windows.other_result = 0;
	drop_self(event);
}

static void fill_identity(struct endpoint *endpoint, const struct etw_facts *facts)
{
	if (etw_has(facts, SLOT_FAMILY))
		endpoint->sock.family = etw_family(facts->value[SLOT_FAMILY]);
	if (etw_has(facts, SLOT_TYPE))
		endpoint->sock.protocol = etw_protocol(facts->value[SLOT_PROTOCOL], facts->value[SLOT_TYPE]);
}

/* Its whole life is seen from here on, so what is not set is known not to be. */
static void see_birth(const struct call *call, struct endpoint *endpoint)
{
	enum provenance from = call->correlator->lossy ? FROM_INFERRED : FROM_OBSERVED;

	endpoint->sock.from[FACT_OPTIONS] = (uint8_t)from;
	endpoint->sock.from[FACT_V6ONLY] = (uint8_t)from;
}

static int on_create(const struct call *call)
{
	struct endpoints *endpoints = call->correlator->endpoints;
	struct outgoing *waiting = claim(call);
	uint64_t handle = call->facts->value[SLOT_SOCKET];
	struct endpoint *stale = endpoint_by_handle(endpoints, call->pid, handle), *endpoint = NULL;
	struct event event;
	int err = 0;

	call->thread->made = 0;
	if (result_of(call->facts) >= 0 && handle) {
		if (stale)
			endpoint_forget_handle(endpoints, stale);
		if (stale && !stale->afd)
			endpoint_remove(endpoints, stale);
		err = find_endpoint(call, &waiting, handle, &endpoint);
		if (err)
			return err;
		fill_identity(endpoint, call->facts);
		see_birth(call, endpoint);
	}
	if (waiting && endpoint) {
		complete(call, waiting, endpoint);
		return 0;
	}
	if (waiting)
		return 0;
	err = call_event(call, EVENT_SOCKET, endpoint, &event);
	if (err)
		return err;
	event.result = result_of(call->facts);
	event.sock.family = etw_family(call->facts->value[SLOT_FAMILY]);
	event.sock.protocol = etw_protocol(call->facts->value[SLOT_PROTOCOL], call->facts->value[SLOT_TYPE]);
	return call_send(call, &event, MESSAGE_NONE, 0);
}

/* The kernel's events of the socket's end are enough, where there are any. */
static int on_close(const struct call *call)
{
	struct endpoint *endpoint =
		endpoint_by_handle(call->correlator->endpoints, call->pid, call->facts->value[SLOT_SOCKET]);

	call_settle(call);
	if (!endpoint || result_of(call->facts) < 0)
		return 0;
	if (!endpoint->afd)
		return call_close(call, endpoint);
	endpoint_forget_handle(call->correlator->endpoints, endpoint);
	return 0;
}

static int on_accept(const struct call *call)
{
	struct outgoing *waiting = claim(call);
	const struct endpoint *listener;
	struct endpoint *endpoint;
	struct event event;
	uint64_t handle = call->facts->value[SLOT_ACCEPTED];
	int err;

	if (result_of(call->facts) < 0 || !handle)
		return 0;
	err = find_endpoint(call, &waiting, handle, &endpoint);
	if (err)
		return err;
	see_birth(call, endpoint);
	if (waiting) {
		complete(call, waiting, endpoint);
		return 0;
	}
	listener =
		endpoint_by_handle(call->correlator->endpoints, call->pid, call->facts->value[SLOT_SOCKET]);
	if (listener && listener != endpoint)
		endpoint_accept(endpoint, listener, &call->facts->address, call->facts->port);
	err = call_event(call, EVENT_ACCEPT, endpoint, &event);
	return err ? err : call_send(call, &event, MESSAGE_NONE, 0);
}

static int on_option(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	int32_t level = (int32_t)facts->value[SLOT_LEVEL], number = (int32_t)facts->value[SLOT_OPTION];
	const struct winsock_option_row *row = winsock_option(level, number);
	struct outgoing *none = NULL;
	struct endpoint *endpoint;
	struct event event;
	int err;

	call_settle(call);
	err = find_endpoint(call, &none, facts->value[SLOT_SOCKET], &endpoint);
	if (err)
		return err;
	if (row && etw_has(facts, SLOT_VALUE) && result_of(facts) >= 0)
		endpoint_option(endpoint, row->option, facts->value[SLOT_VALUE]);
	err = call_event(call, EVENT_OPTION, endpoint, &event);
	if (err)
		return err;
	event.option.value = (int64_t)(uint32_t)facts->value[SLOT_VALUE];
	event.option.result = result_of(facts);
	event.option.time_ns = event.time_ns;
	if (row)
		snprintf(event.option.name, sizeof(event.option.name), "%s", row->name);
	else
		snprintf(event.option.name, sizeof(event.option.name), "%ld:%ld", (long)level, (long)number);
	return call_send(call, &event, MESSAGE_NONE, 0);
}

/*
 * AFD's status says "in use" and the application was told "access denied":
 * AFD does that to a binder with SO_REUSEADDR (AfdTLBindComplete2).
 */
static void infer_reuse(struct outgoing *waiting, struct endpoint *endpoint)
{
	struct event *event = &waiting->event;

	if (!event->windows.has_ntstatus || !ntstatus_is_rewritten(event->windows.ntstatus) ||
	    event->result != -WINSOCK_EACCES || endpoint->sock.from[FACT_OPTIONS] != FROM_ASSUMED)
		return;
	endpoint->sock.options.reuseaddr = true;
	endpoint->sock.from[FACT_OPTIONS] = FROM_INFERRED;
	event->sock.options.reuseaddr = true;
	event->sock.from[FACT_OPTIONS] = FROM_INFERRED;
}

/* Nobody but the process said so, or AFD is not traced. */
static int send_alone(const struct call *call, struct endpoint *endpoint, enum event_type type)
{
	const struct etw_facts *facts = call->facts;
	struct event event;
	int err = call_event(call, type, endpoint, &event);

	if (err)
		return err;
	event.result = result_of(facts);
	event.windows.unconfirmed = call->correlator->info.afd;
	if (type == EVENT_BIND) {
		event.requested = facts->address;
		event.requested_port = facts->port;
	}
	err = call_attempt(call, &event, endpoint, &facts->address, facts->port);
	return err ? err : call_send(call, &event, MESSAGE_NONE, 0);
}

static int on_attempt(const struct call *call)
{
	struct outgoing *waiting = claim(call);
	struct endpoint *endpoint;
	int err = find_endpoint(call, &waiting, call->facts->value[SLOT_SOCKET], &endpoint);

	if (err)
		return err;
	if (!waiting)
		return send_alone(call, endpoint,
				  call->facts->layout->message == SOCKETS_BIND ? EVENT_BIND : EVENT_LISTEN);
	complete(call, waiting, endpoint);
	infer_reuse(waiting, endpoint);
	return 0;
}

static int on_connect(const struct call *call)
{
	struct outgoing *waiting = claim(call);
	struct endpoint *endpoint;
	struct event event;
	int err = find_endpoint(call, &waiting, call->facts->value[SLOT_SOCKET], &endpoint);

	if (err)
		return err;
	if (waiting) {
		int result = waiting->event.result;

		complete(call, waiting, endpoint);
		if (waiting->event.result == -WINSOCK_EWOULDBLOCK) /* it went on without the caller */
			waiting->event.result = result;
		return 0;
	}
	endpoint->sock.peer = call->facts->address;
	endpoint->sock.peer_port = call->facts->port;
	err = call_event(call, EVENT_CONNECT, endpoint, &event);
	if (err)
		return err;
	event.result = result_of(call->facts);
	event.stage = event.result < 0 ? STAGE_SYSCALL : STAGE_NONE;
	return call_send(call, &event, MESSAGE_NONE, 0);
}

int winsock_call(struct call *call)
{
	static int (*const handlers[MESSAGE_MAX])(const struct call *call) = {
		[SOCKETS_CREATE] = on_create,	[SOCKETS_CLOSE] = on_close,  [SOCKETS_ACCEPT] = on_accept,
		[SOCKETS_OPTION] = on_option,	[SOCKETS_BIND] = on_attempt, [SOCKETS_LISTEN] = on_attempt,
		[SOCKETS_CONNECT] = on_connect,
	};
	struct process *process = process_get(call->correlator->processes, call->pid);

	if (!process)
		return -ENOMEM;
	process->winsock_seen = true;
	if (call->facts->layout->message != SOCKETS_CREATE && !call->facts->value[SLOT_SOCKET]) {
		call_settle(call);
		return 0;
	}
	return handlers[call->facts->layout->message](call);
}
