/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "etw/correlator.h"

struct correlator *correlator_new(correlator_sink sink, void *context)
{
	struct correlator *correlator = calloc(1, sizeof(*correlator));

	if (!correlator)
		return NULL;
	outbox_init(&correlator->outbox);
	correlator->sink = sink;
	correlator->context = context;
	correlator->processes = processes_new();
	if (correlator->processes)
		correlator->endpoints = endpoints_new(correlator->processes);
	if (!correlator->endpoints) {
		correlator_free(correlator);
		return NULL;
	}
	return correlator;
}

void correlator_free(struct correlator *correlator)
{
	struct thread *thread, *next;

	if (!correlator)
		return;
	for (thread = correlator->all_threads; thread; thread = next) {
		next = thread->next;
		free(thread);
	}
	index_free(&correlator->threads);
	outbox_free(&correlator->outbox);
	endpoints_free(correlator->endpoints);
	processes_free(correlator->processes);
	free(correlator);
}

const struct correlator_info *correlator_info(const struct correlator *correlator)
{
	return &correlator->info;
}

void correlator_lossy(struct correlator *correlator)
{
	correlator->lossy = true;
}

int correlator_exclude(struct correlator *correlator, enum protocol protocol, uint16_t first, uint16_t last,
		       bool by_admin, enum provenance from)
{
	if (correlator->reservation_count == RESERVATIONS_MAX)
		return -ENOMEM;
	correlator->reservations[correlator->reservation_count++] = (struct reservation){
		.protocol = protocol,
		.first = first,
		.last = last,
		.by_admin = by_admin,
		.from = from,
	};
	return 0;
}

struct thread *thread_get(struct correlator *correlator, uint32_t tid)
{
	struct thread *thread = index_get(&correlator->threads, tid, 0);

	if (thread)
		return thread;
	thread = calloc(1, sizeof(*thread));
	if (!thread || index_put(&correlator->threads, tid, 0, thread)) {
		free(thread);
		return NULL;
	}
	thread->tid = tid;
	thread->next = correlator->all_threads;
	correlator->all_threads = thread;
	return thread;
}

/* ---- events */

int call_event(const struct call *call, enum event_type type, const struct endpoint *endpoint,
	       struct event *ret_event)
{
	struct process *process = process_get(call->correlator->processes, call->pid);

	if (!process)
		return -ENOMEM;
	*ret_event = (struct event){
		.type = type,
		.time_ns = call->record->time_ns,
		.process = {.pid = call->pid,
			    .tid = call->record->tid,
			    .ppid = process->ppid,
			    .uid = process->uid},
		.sock = {.uid = UID_NONE, .winsock = true},
		.fd = -1,
		.kernel_call = call->pid == WINDOWS_SYSTEM_PID,
		.windows = {.present = true, .lossy = call->correlator->lossy},
	};
	memcpy(ret_event->process.comm, process->name, COMM_LEN - 1);
	memcpy(ret_event->process.exe, process->name, EXE_LEN);
	if (endpoint) {
		ret_event->sock = endpoint_sock(endpoint, process->uid);
		if (endpoint->handle && endpoint->handle <= INT32_MAX)
			ret_event->fd = (int)endpoint->handle;
	}
	ret_event->sock.from[FACT_PROCESS] = (uint8_t)call->pid_from;
	return 0;
}

void correlator_judged(struct correlator *correlator, const struct event *event)
{
	int culprit = event->has_verdict && event->result < 0 ? event->verdict.culprit : -1;
	struct endpoint *endpoint;

	if (culprit < 0 || (size_t)culprit >= event->holder_count)
		return;
	endpoint = endpoint_by_id(correlator->endpoints, event->holders[culprit].sock.id);
	if (endpoint) {
		endpoint->refused_seq = event->seq;
		endpoint->refused_ns = event->time_ns;
	}
}

static int deliver(struct correlator *correlator, uint64_t now_ns)
{
	struct outgoing *outgoing;
	int err = 0;

	while (!err && (outgoing = outbox_take(&correlator->outbox, now_ns))) {
		struct thread *thread = thread_get(correlator, outgoing->tid);

		if (thread && thread->waiting == outgoing)
			thread->waiting = NULL;
		outgoing->event.seq = ++correlator->seq;
		err = correlator->sink(correlator->context, &outgoing->event);
		event_clear(&outgoing->event);
		free(outgoing);
	}
	return err;
}

int call_send(const struct call *call, struct event *event, enum etw_message awaits, uint64_t endpoint)
{
	struct outgoing *outgoing;

	if (event->kernel_call)
		awaits = MESSAGE_NONE;
	outgoing = outbox_add(&call->correlator->outbox, event, awaits, endpoint);
	if (!outgoing)
		return -ENOMEM;
	outgoing->tid = call->thread->tid;
	if (awaits != MESSAGE_NONE) {
		call_settle(call);
		call->thread->waiting = outgoing;
	}
	return 0;
}

void call_settle(const struct call *call)
{
	if (call->thread->waiting)
		call->thread->waiting->awaits = MESSAGE_NONE;
	call->thread->waiting = NULL;
}

/* ---- attempts */

static void find_reservation(const struct correlator *correlator, struct event *event, uint16_t port)
{
	for (size_t i = 0; port && i < correlator->reservation_count; i++) {
		const struct reservation *reservation = &correlator->reservations[i];

		if (reservation->protocol != event->sock.protocol || port < reservation->first ||
		    port > reservation->last)
			continue;
		event->windows.reserved = true;
		event->windows.reserved_by_admin = reservation->by_admin;
		event->windows.reserved_lo = reservation->first;
		event->windows.reserved_hi = reservation->last;
		event->windows.reservation = reservation->from;
		return;
	}
}

/* How far a refused attempt got, by what TCPIP said of it. */
static enum stage stage_of(const struct event *event)
{
	static const enum stage stages[CAUSE_MAX] = {
		[CAUSE_NONE] = STAGE_SYSCALL,	      [CAUSE_RESOLUTION] = STAGE_ADDRESS,
		[CAUSE_COMPLETE] = STAGE_PORT,	      [CAUSE_PORT] = STAGE_PORT,
		[CAUSE_INSPECTION] = STAGE_POST_BIND,
	};
	int error = -event->result;

	if (event->windows.cause != CAUSE_NONE)
		return stages[event->windows.cause];
	if (error == WINSOCK_EADDRNOTAVAIL)
		return STAGE_ADDRESS;
	return error == WINSOCK_EADDRINUSE || error == WINSOCK_EACCES ? STAGE_PORT : STAGE_SYSCALL;
}

int call_attempt(const struct call *call, struct event *event, struct endpoint *endpoint,
		 const struct address *address, uint16_t port)
{
	struct endpoints *endpoints = call->correlator->endpoints;
	bool listening = event->type == EVENT_LISTEN;
	int err = 0;

	event->entry_port = endpoint->sock.port;
	if (event->result >= 0 && listening)
		endpoint->sock.state = STATE_LISTEN;
	else if (event->result >= 0)
		err = endpoint_bind(endpoints, endpoint, address, port, call->record->time_ns);
	if (err)
		return err;
	if (event->result >= 0 && !listening && !call->correlator->lossy)
		endpoint_infer_sharing(endpoints, endpoint);
	event->sock = endpoint_sock(endpoint, event->process.uid);
	if (!event->sock.port) {
		event->sock.address = *address;
		event->sock.port = port;
	}
	if (event->sock.family == FAMILY_NONE)
		event->sock.family = event->sock.address.family;
	event->listening = listening;
	event->explicit_port = !listening && event->requested_port;
	event->stage = event->result < 0 ? stage_of(event) : STAGE_NONE;
	event->asked = event->result >= 0 || event->stage == STAGE_PORT;
	find_reservation(call->correlator, event, event->sock.port);
	err = event->sock.port ? endpoint_holders(endpoints, endpoint, event->sock.port, event) : 0;
	if (err)
		event_clear(event);
	return err;
}

void attempt_status(struct event *event, const struct etw_facts *facts, enum windows_cause cause)
{
	uint32_t status = call_status(facts);

	event->result = -ntstatus_to_winsock(status);
	event->windows.result = FROM_INFERRED;
	event->windows.has_ntstatus = true;
	event->windows.ntstatus = status;
	event->windows.cause = cause;
	if (event->type == EVENT_BIND && ntstatus_is_rewritten(status))
		event->windows.other_result = -WINSOCK_EACCES;
}

void attempt_choose(struct event *event)
{
	if (!event->windows.other_result || event->sock.from[FACT_OPTIONS] == FROM_ASSUMED)
		return;
	if (event->sock.options.reuseaddr)
		event->result = event->windows.other_result;
	event->windows.other_result = 0;
}

int call_close(const struct call *call, struct endpoint *endpoint)
{
	struct event event;
	bool had_port = endpoint->has_port;
	int err = call_event(call, EVENT_CLOSE, endpoint, &event);

	if (!err)
		err = call_send(call, &event, MESSAGE_NONE, 0);
	if (!err && had_port)
		err = call_event(call, EVENT_RELEASE, endpoint, &event);
	if (!err && had_port) {
		event.release = RELEASE_PORT;
		event.after_attempt = endpoint->refused_seq;
		if (endpoint->refused_seq)
			event.delta_ns = (int64_t)(event.time_ns - endpoint->refused_ns);
		err = call_send(call, &event, MESSAGE_NONE, 0);
	}
	endpoint_remove(call->correlator->endpoints, endpoint);
	return err;
}

void endpoint_option(struct endpoint *endpoint, enum winsock_option option, uint64_t value)
{
	struct sock_info *sock = &endpoint->sock;
	bool on = (uint32_t)value != 0;
	bool *const flags[] = {
		[OPTION_REUSEADDR] = &sock->options.reuseaddr,
		[OPTION_EXCLUSIVE] = &sock->winsock_options.exclusive,
		[OPTION_RANDOMIZE_PORT] = &sock->winsock_options.randomize_port,
		[OPTION_PORT_SCALABILITY] = &sock->winsock_options.port_scalability,
		[OPTION_REUSE_UNICASTPORT] = &sock->winsock_options.reuse_unicastport,
		[OPTION_REUSE_MULTICASTPORT] = &sock->winsock_options.reuse_multicastport,
		[OPTION_V6ONLY] = &sock->options.v6only,
	};

	if (option == OPTION_UNKNOWN || endpoint->has_port)
		return;
	*flags[option] = on;
	if (option == OPTION_V6ONLY)
		sock->from[FACT_V6ONLY] = FROM_OBSERVED;
	else if (option == OPTION_REUSEADDR || option == OPTION_EXCLUSIVE)
		sock->from[FACT_OPTIONS] = FROM_OBSERVED;
}

/* ---- records */

int correlator_survey(struct correlator *correlator, const struct etw_record *record)
{
	int taken = process_record(correlator->processes, record, true);

	return taken < 0 ? taken : 0;
}

/* What the header says of the process: its user, and whether the pid is another's by now. */
static int note_header(struct call *call)
{
	const struct etw_record *record = call->record;
	struct process *process = process_get(call->correlator->processes, record->pid);

	if (!process)
		return -ENOMEM;
	if (record->start_key && process->start_key && record->start_key != process->start_key) {
		process->generation++;
		process->name[0] = '\0';
		process->uid = UID_NONE;
		process->winsock_seen = false;
	}
	if (record->start_key)
		process->start_key = record->start_key;
	if (record->sid_size)
		process->uid = process_user(call->correlator->processes, record->sid, record->sid_size);
	return 0;
}

static int feed_decoded(struct correlator *correlator, const struct etw_record *record,
			const struct etw_facts *facts)
{
	static int (*const parts[PROVIDER_MAX])(struct call * call) = {
		[PROVIDER_SOCKETS] = winsock_call,
		[PROVIDER_AFD] = afd_call,
		[PROVIDER_TCPIP] = tcpip_call,
	};
	enum etw_provider provider = facts->layout->provider;
	struct call call = {
		.correlator = correlator,
		.record = record,
		.facts = facts,
		.thread = thread_get(correlator, record->tid),
		.pid = record->pid,
	};
	int err = call.thread ? 0 : -ENOMEM;

	correlator->info.decoded++;
	correlator->info.sockets |= provider == PROVIDER_SOCKETS;
	correlator->info.afd |= provider == PROVIDER_AFD;
	correlator->info.tcpip |= provider == PROVIDER_TCPIP;
	if (!err && provider == PROVIDER_SOCKETS)
		err = note_header(&call);
	if (!err)
		err = parts[provider](&call);
	return err;
}

int correlator_feed(struct correlator *correlator, const struct etw_record *record)
{
	struct etw_facts facts;
	int err = 0;

	if (record->kind == ETW_MANIFEST)
		err = etw_decode(record, &facts);
	else
		err = process_record(correlator->processes, record, false) < 0 ? -ENOMEM : -ENOENT;

	if (!err)
		err = feed_decoded(correlator, record, &facts);
	else if (err == -ENOTSUP)
		correlator->info.unknown_version++;
	else if (err == -EBADMSG)
		correlator->info.damaged++;
	if (err == -ENOMEM)
		return err;
	return deliver(correlator, record->time_ns);
}

int correlator_advance(struct correlator *correlator, uint64_t now_ns)
{
	return deliver(correlator, now_ns);
}

int correlator_end(struct correlator *correlator)
{
	return deliver(correlator, UINT64_MAX);
}
