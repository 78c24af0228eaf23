/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Microsoft-Windows-TCPIP: why a bind went as it did, sockets of the kernel
 * itself, reservations of ports.
 */
#include <errno.h>

#include "etw/correlator.h"
#include "model/address.h"

#define INSPECT_DENY 1

/* The attempt that the thread is in, or the only trace of one in another thread: its endpoint. */
static struct endpoint *underway_of(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	const struct endpoints *endpoints = call->correlator->endpoints;
	struct endpoint *endpoint = endpoint_by_tcpip(endpoints, facts->value[SLOT_ENDPOINT]);

	if (endpoint && endpoint->underway.open)
		return endpoint;
	endpoint = endpoint_by_id(endpoints, call->thread->underway);
	if (!endpoint || !endpoint->underway.open)
		return NULL;
	if (facts->address.family != FAMILY_NONE && endpoint->underway.requested.family != FAMILY_NONE &&
	    (!address_equal(&facts->address, &endpoint->underway.requested) ||
	     (endpoint->underway.port && facts->port != endpoint->underway.port)))
		return NULL;
	return endpoint;
}

/* AFD's socket has this name in TCPIP; what TCPIP had told of it before is its, too. */
static int name_tcpip(const struct call *call, struct endpoint *endpoint, uint64_t pointer)
{
	struct endpoints *endpoints = call->correlator->endpoints;
	struct endpoint *known = endpoint_by_tcpip(endpoints, pointer);

	if (known && known != endpoint && !known->afd)
		return endpoint_merge(endpoints, endpoint, known);
	return endpoint_name_tcpip(endpoints, endpoint, pointer);
}

/* A socket that only TCPIP tells of: the kernel's own (http.sys), or AFD is not traced. */
static int tcpip_endpoint(const struct call *call, struct endpoint **ret_endpoint)
{
	const struct etw_facts *facts = call->facts;
	struct endpoints *endpoints = call->correlator->endpoints;
	uint64_t pointer = facts->value[SLOT_ENDPOINT];
	struct endpoint *endpoint = endpoint_by_tcpip(endpoints, pointer);

	if (!endpoint) {
		endpoint = endpoint_add(endpoints, call->pid);
		if (!endpoint || endpoint_name_tcpip(endpoints, endpoint, pointer))
			return -ENOMEM;
	}
	if (facts->layout->protocol != PROTO_NONE)
		endpoint->sock.protocol = facts->layout->protocol;
	if (etw_has(facts, SLOT_FAMILY))
		endpoint->sock.family = etw_family(facts->value[SLOT_FAMILY]);
	*ret_endpoint = endpoint;
	return 0;
}

static int on_create(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *made = endpoint_by_id(call->correlator->endpoints, call->thread->made), *endpoint;

	if (call_failed(facts) || !facts->value[SLOT_ENDPOINT])
		return 0;
	if (made && !made->tcpip && made->sock.protocol == facts->layout->protocol)
		return name_tcpip(call, made, facts->value[SLOT_ENDPOINT]);
	return tcpip_endpoint(call, &endpoint);
}

/* An attempt that AFD did not tell of. */
static int send_attempt(const struct call *call, enum event_type type, struct endpoint *endpoint)
{
	const struct etw_facts *facts = call->facts;
	struct call caller = *call;
	struct event event;
	int err = 0;

	caller.pid = endpoint->pid;
	if (type == EVENT_LISTEN && !call_failed(facts) && !endpoint->has_port)
		err = endpoint_bind(call->correlator->endpoints, endpoint, &facts->address, facts->port,
				    call->record->time_ns);
	if (err)
		return err;
	err = call_event(&caller, type, endpoint, &event);
	if (err)
		return err;
	event.requested = facts->address;
	event.requested_port = facts->port;
	attempt_status(&event, facts, facts->layout->cause);
	err = call_attempt(&caller, &event, endpoint, &facts->address, facts->port);
	if (err)
		return err;
	attempt_choose(&event);
	if (!endpoint->tcpip) /* nothing to know it by later */
		endpoint_remove(call->correlator->endpoints, endpoint);
	return call_send(&caller, &event, type == EVENT_BIND ? SOCKETS_BIND : SOCKETS_LISTEN, event.sock.id);
}

/* Version 0 does not name its endpoint: its failures are shown if AFD, which would, is not traced. */
static bool is_told_by_afd(const struct call *call)
{
	uint64_t pointer = call->facts->value[SLOT_ENDPOINT];
	const struct endpoint *endpoint = endpoint_by_tcpip(call->correlator->endpoints, pointer);

	if (!pointer)
		return call->correlator->info.afd || !call_failed(call->facts);
	return endpoint && endpoint->afd;
}

static int on_bind(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *endpoint = underway_of(call);

	if (!endpoint && is_told_by_afd(call))
		return 0;
	if (!endpoint) {
		int err = tcpip_endpoint(call, &endpoint);

		return err ? err : send_attempt(call, EVENT_BIND, endpoint);
	}
	endpoint->underway.cause = facts->layout->cause;
	if (endpoint->sock.protocol == PROTO_NONE)
		endpoint->sock.protocol = facts->layout->protocol;
	return name_tcpip(call, endpoint, facts->value[SLOT_ENDPOINT]);
}

/* The kernel's own listeners, and those of AFD, which it tells of itself. */
static int on_listener(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *endpoint = underway_of(call);
	int err;

	if (endpoint) {
		endpoint->underway.cause = facts->layout->cause;
		return 0;
	}
	endpoint = endpoint_on_port(call->correlator->endpoints, call->pid, &facts->address, facts->port);
	if (endpoint && endpoint->afd)
		return 0;
	err = endpoint ? 0 : tcpip_endpoint(call, &endpoint);
	return err ? err : send_attempt(call, EVENT_LISTEN, endpoint);
}

static int on_inspect(const struct call *call)
{
	struct endpoint *endpoint = underway_of(call);

	if (endpoint && call->facts->value[SLOT_INSPECTION] == INSPECT_DENY)
		endpoint->underway.cause = CAUSE_INSPECTION;
	return 0;
}

static int on_close(const struct call *call)
{
	struct endpoints *endpoints = call->correlator->endpoints;
	struct endpoint *endpoint = endpoint_by_tcpip(endpoints, call->facts->value[SLOT_ENDPOINT]);

	if (!endpoint) { /* one from before the session has an address only */
		endpoint = endpoint_on_port(endpoints, call->pid, &call->facts->address, call->facts->port);
		return endpoint && endpoint->queried ? call_close(call, endpoint) : 0;
	}
	if (!endpoint->afd && !endpoint->handle)
		return call_close(call, endpoint);
	endpoint_forget_tcpip(endpoints, endpoint);
	return 0;
}

/* A full table only means that a later refusal does not name its range. */
static int on_reservation(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	uint64_t first = facts->value[SLOT_PORT], count = facts->value[SLOT_PORTS];
	enum protocol protocol = facts->layout->protocol;

	if (etw_has(facts, SLOT_PROTOCOL))
		protocol = etw_protocol(facts->value[SLOT_PROTOCOL], 0);
	if (call_failed(facts) || !first || !count || first + count > 65536)
		return 0;
	(void)correlator_exclude(call->correlator, protocol, (uint16_t)first, (uint16_t)(first + count - 1),
				 /* by_admin= */ false, FROM_OBSERVED);
	return 0;
}

static int on_option(const struct call *call)
{
	const struct etw_facts *facts = call->facts;
	struct endpoint *endpoint =
		endpoint_by_tcpip(call->correlator->endpoints, facts->value[SLOT_ENDPOINT]);
	const struct winsock_option_row *row =
		winsock_option((int32_t)facts->value[SLOT_LEVEL], (int32_t)facts->value[SLOT_OPTION]);

	if (endpoint && row && etw_has(facts, SLOT_VALUE))
		endpoint_option(endpoint, row->option, facts->value[SLOT_VALUE]);
	return 0;
}

int tcpip_call(struct call *call)
{
	static int (*const handlers[MESSAGE_MAX])(const struct call *call) = {
		[TCPIP_CREATE] = on_create,	      [TCPIP_BIND] = on_bind,
		[TCPIP_LISTENER] = on_listener,	      [TCPIP_CLOSE] = on_close,
		[TCPIP_INSPECT] = on_inspect,	      [TCPIP_OPTION] = on_option,
		[TCPIP_RESERVATION] = on_reservation,
	};
	const struct etw_facts *facts = call->facts;

	if (etw_has(facts, SLOT_PID) && facts->value[SLOT_PID])
		call->pid = (uint32_t)facts->value[SLOT_PID];
	return handlers[facts->layout->message](call);
}
