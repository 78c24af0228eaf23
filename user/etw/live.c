/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a live session is told by its machine, not by events. */
#include <errno.h>
#include <string.h>

#include "etw/correlator.h"

int correlator_process(struct correlator *correlator, uint32_t pid, uint32_t ppid, const char *name)
{
	struct process *process = process_get(correlator->processes, pid);
	size_t length = strnlen(name, EXE_LEN - 1);

	if (!process)
		return -ENOMEM;
	memset(process->name, 0, sizeof(process->name));
	memcpy(process->name, name, length);
	process->ppid = ppid;
	return 0;
}

uint64_t correlator_next_seq(struct correlator *correlator)
{
	return ++correlator->seq;
}

bool correlator_wants_name(const struct correlator *correlator, uint32_t pid)
{
	const struct process *process = process_get(correlator->processes, pid);

	return process && !process->name[0];
}

int correlator_holder(struct correlator *correlator, const struct sock_info *sock, uint32_t pid,
		      uint64_t time_ns)
{
	struct endpoint *endpoint = endpoint_add(correlator->endpoints, pid);
	const struct etw_record record = {.pid = pid, .time_ns = time_ns};
	struct call call = {
		.correlator = correlator, .record = &record, .pid = pid, .pid_from = FROM_QUERIED};
	struct event event;
	int err = endpoint ? 0 : -ENOMEM;

	if (err)
		return err;
	endpoint->queried = true;
	endpoint->sock.protocol = sock->protocol;
	endpoint->sock.family = sock->family;
	endpoint->sock.kernel = pid == WINDOWS_SYSTEM_PID;
	for (int fact = FACT_PROTOCOL; fact <= FACT_ADDRESS; fact++)
		endpoint->sock.from[fact] = FROM_QUERIED;
	err = endpoint_bind(correlator->endpoints, endpoint, &sock->address, sock->port, 0);
	endpoint->sock.state = sock->state;
	if (!err)
		err = call_event(&call, EVENT_HOLDER, endpoint, &event);
	if (err)
		return err;
	event.seq = ++correlator->seq;
	return correlator->sink(correlator->context, &event);
}
