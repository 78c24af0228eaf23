/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/decode.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode_refusal.h"
#include "linux/decode_unix.h"

struct option_row {
	int level, name;
	const char *text;
};

static const struct option_row option_rows[] = {
	{SOL_SOCKET, 2, "SO_REUSEADDR"},
	{SOL_SOCKET, 15, "SO_REUSEPORT"},
	{SOL_SOCKET, 25, "SO_BINDTODEVICE"},
	{SOL_SOCKET, 49, "SO_INCOMING_CPU"},
	{SOL_SOCKET, 51, "SO_ATTACH_REUSEPORT_CBPF"},
	{SOL_SOCKET, 52, "SO_ATTACH_REUSEPORT_EBPF"},
	{SOL_SOCKET, 62, "SO_BINDTOIFINDEX"},
	{SOL_SOCKET, 68, "SO_DETACH_REUSEPORT_BPF"},
	{IPPROTO_IP, 15, "IP_FREEBIND"},
	{IPPROTO_IP, 19, "IP_TRANSPARENT"},
	{IPPROTO_IP, 24, "IP_BIND_ADDRESS_NO_PORT"},
	{IPPROTO_IP, 51, "IP_LOCAL_PORT_RANGE"},
	{IPPROTO_IPV6, 26, "IPV6_V6ONLY"},
	{IPPROTO_IPV6, 75, "IPV6_TRANSPARENT"},
	{IPPROTO_IPV6, 78, "IPV6_FREEBIND"},
	{IPPROTO_TCP, 19, "TCP_REPAIR"},
	{IPPROTO_TCP, 31, "TCP_ULP"},
};

static const enum event_type event_types[RT_TYPE_MAX] = {
	[RT_BIND] = EVENT_BIND,		[RT_LISTEN] = EVENT_LISTEN,	[RT_AUTOBIND] = EVENT_AUTOBIND,
	[RT_CONNECT] = EVENT_AUTOBIND,	[RT_SOCKET] = EVENT_SOCKET,	[RT_OPTION] = EVENT_OPTION,
	[RT_CONNECTED] = EVENT_CONNECT, [RT_ACCEPT] = EVENT_ACCEPT,	[RT_CLOSE] = EVENT_CLOSE,
	[RT_RELEASE] = EVENT_RELEASE,	[RT_TW_BEGIN] = EVENT_RELEASE,	[RT_TW_END] = EVENT_RELEASE,
	[RT_HOLDER] = EVENT_HOLDER,	[RT_DELIVERY] = EVENT_DELIVERY, [RT_UNIX_BIND] = EVENT_BIND,
};

const char *option_name(int level, int name)
{
	for (size_t i = 0; i < sizeof(option_rows) / sizeof(option_rows[0]); i++)
		if (option_rows[i].level == level && option_rows[i].name == name)
			return option_rows[i].text;
	return NULL;
}

/* The kernel side sends the components last first. */
void decode_exe(const char *parts, char *ret_path, size_t size)
{
	const char *starts[RT_EXE_LEN / 2];
	size_t n = 0, at = 0, length = 0;

	ret_path[0] = '\0';
	while (at < RT_EXE_LEN - 1 && parts[at]) {
		starts[n++] = parts + at;
		at += strnlen(parts + at, RT_EXE_LEN - 1 - at) + 1;
	}
	while (n-- > 0 && length < size) {
		int room = RT_EXE_LEN - (int)(starts[n] - parts);

		length += snprintf(ret_path + length, size - length, "/%.*s", room - 1, starts[n]);
	}
}

void decode_process(const struct rt_process *process, struct proc_info *ret_info)
{
	*ret_info = (struct proc_info){
		.pid = process->tgid,
		.tid = process->tid,
		.ppid = process->ppid,
		.nspid = process->nspid,
		.uid = process->uid,
		.cgroup_id = process->cgroup,
		.start_ns = process->start_ns,
	};
	memcpy(ret_info->comm, process->comm, COMM_LEN);
	ret_info->comm[COMM_LEN - 1] = '\0';
}

/* Past LSM and cgroup, before get_port(): the address, the privilege, the state.  The rest is a cgroup's
 * program that was not seen. */
static enum stage address_stage(const struct event *event)
{
	static const struct {
		int error;
		enum stage stage;
	} rows[] = {
		{-EADDRNOTAVAIL, STAGE_ADDRESS},
		{-ENODEV, STAGE_ADDRESS},
		{-EAFNOSUPPORT, STAGE_ADDRESS},
		{-EINVAL, STAGE_ADDRESS},
	};

	if (event->result == -EACCES && event->requested_port &&
	    event->requested_port < event->unprivileged_start)
		return STAGE_PRIVILEGE;
	if (event->result == -EINVAL && event->entry_port)
		return STAGE_STATE;
	if (event->type == EVENT_LISTEN)
		return STAGE_LISTEN;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == event->result)
			return rows[i].stage;
	return STAGE_CGROUP;
}

static enum stage decode_stage(const struct rt_attempt *attempt, const struct event *event)
{
	if (!event->result)
		return STAGE_NONE;
	if (attempt->stage == RT_AT_SYSCALL)
		return attempt->refusal.flags & RT_REFUSED_SECCOMP ? STAGE_SECCOMP : STAGE_SYSCALL;
	if (attempt->stage == RT_AT_CGROUP)
		return STAGE_CGROUP;
	if (attempt->stage == RT_AT_PORT)
		return STAGE_PORT;
	if (attempt->stage == RT_AT_POST)
		return event->type == EVENT_LISTEN ? STAGE_LISTEN : STAGE_POST_BIND;
	return attempt->stage == RT_AT_ADDRESS ? address_stage(event) : STAGE_LSM;
}

/* inet_autobind() makes EAGAIN of whatever get_port() says. */
static int call_result(const struct rt_attempt *attempt)
{
	if (attempt->header.type == RT_AUTOBIND && attempt->result && !attempt->kernel_call)
		return -EAGAIN;
	return attempt->result;
}

static int decode_attempt(const struct rt_attempt *attempt, const struct policy *policy, struct event *event)
{
	decode_sock(&attempt->binder, &event->sock);
	event->took_ns = attempt->took_ns;
	event->fd = attempt->fd;
	event->result = call_result(attempt);

	event->requested_port = attempt->requested_port;
	if (attempt->addrlen >= 0)
		decode_address(attempt->requested_family, attempt->requested_addr, attempt->requested_scope,
			       &event->requested);
	event->listening = event->type == EVENT_LISTEN;
	event->by_connect = attempt->header.type == RT_CONNECT;
	event->range_lo = attempt->range_lo;
	event->range_hi = attempt->range_hi;
	event->unprivileged_start = attempt->unprivileged_start;
	event->entry_port = attempt->entry_port;
	event->explicit_port = attempt->stage >= RT_AT_PORT ? attempt->asked_port != 0
			       : event->listening	    ? event->entry_port != 0
							    : event->requested_port != 0;
	event->autobind_reuse = attempt->autobind_reuse;
	event->l3mdev_accept = attempt->l3mdev_accept;
	event->kernel_call = attempt->kernel_call;
	event->truncated = attempt->truncated;
	event->holders_total = attempt->contenders_total;
	decode_bucket(&attempt->bucket, &event->bucket);
	event->sock.vrf = attempt->bucket.l3mdev;
	event->stage = decode_stage(attempt, event);
	decode_refusal(attempt, event);
	event->asked = attempt->stage >= RT_AT_PORT;
	if (!attempt->contender_count)
		return 0;
	event->holders = calloc(attempt->contender_count, sizeof(*event->holders));
	if (!event->holders)
		return -ENOMEM;
	event->holder_count = attempt->contender_count;
	for (size_t i = 0; i < event->holder_count; i++) {
		decode_holder(&attempt->contenders[i], &event->holders[i]);
		event->holders[i].place = (uint32_t)i;
		event->holders[i].sock.vrf = attempt->bucket.l3mdev;
		decode_origin(&attempt->contenders[i], &attempt->bucket, attempt->range_lo, attempt->range_hi,
			      policy, &event->holders[i].sock);
	}
	return 0;
}

static void decode_change(const struct rt_option *option, struct event *event)
{
	const char *name = option_name(option->level, option->name);

	event->option.value = option->value;
	event->option.result = option->result;
	event->option.time_ns = option->time_ns;
	if (name)
		snprintf(event->option.name, sizeof(event->option.name), "%s", name);
	else
		snprintf(event->option.name, sizeof(event->option.name), "%d/%d", option->level,
			 option->name);
	event->result = option->result;
	event->time_ns = option->time_ns;
}

/* Ports are released by whoever runs at the time, often a softirq: name the one that bound it. */
static void decode_binder(const struct rt_sock *sock, struct proc_info *ret_process)
{
	if (ret_process->pid == sock->bound_tgid)
		return;
	*ret_process = (struct proc_info){.pid = sock->bound_tgid, .tid = sock->bound_tgid, .uid = UID_NONE};
	memcpy(ret_process->comm, sock->bound_comm, COMM_LEN);
	ret_process->comm[COMM_LEN - 1] = '\0';
}

static void decode_life(const struct rt_life *life, struct event *event)
{
	decode_sock(&life->sock, &event->sock);
	event->result = life->result;
	event->fd = life->fd;
	event->release = life->header.type == RT_TW_BEGIN ? RELEASE_TIME_WAIT_BEGIN
			 : life->header.type == RT_TW_END ? RELEASE_TIME_WAIT_END
							  : RELEASE_PORT;
	if (event->type == EVENT_RELEASE && life->sock.flags & RT_SK_KNOWN && life->sock.bound_tgid)
		decode_binder(&life->sock, &event->process);
	if (life->header.type == RT_OPTION)
		decode_change(&life->option, event);
}

static void decode_delivery(const struct rt_delivery *delivery, struct event *event)
{
	decode_sock(&delivery->sock, &event->sock);
	decode_address(delivery->family, delivery->from, 0, &event->sock.peer);
	event->sock.peer_port = delivery->from_port;
	decode_address(delivery->family, delivery->to, 0, &event->delivery.to);
	event->delivery.to_port = delivery->to_port;
}

static bool is_attempt(const struct rt_header *header)
{
	return header->type >= RT_BIND && header->type <= RT_CONNECT;
}

/* Of what is no attempt. */
static size_t least_size(const struct rt_header *header)
{
	if (header->type == RT_DELIVERY)
		return sizeof(struct rt_delivery);
	if (header->type == RT_UNIX_BIND)
		return sizeof(struct rt_unix);
	return header->type == RT_HOLDER ? sizeof(struct rt_holder) : sizeof(struct rt_life);
}

const void *decode_whole(const void *record, size_t size, struct rt_attempt *scratch, size_t *ret_size)
{
	const struct rt_attempt *attempt = record;
	size_t options;

	*ret_size = size;
	if (size < RT_ATTEMPT_SHORT || size >= RT_ATTEMPT_FIXED || !is_attempt(&attempt->header) ||
	    attempt->option_count > RT_MAX_OPTIONS || attempt->exe_room > RT_EXE_LEN)
		return record;
	options = attempt->option_count * sizeof(struct rt_option);
	if (size != RT_ATTEMPT_SHORT + attempt->exe_room + options)
		return record;
	memcpy(scratch, attempt, RT_ATTEMPT_SHORT + attempt->exe_room);
	memset(scratch->exe + attempt->exe_room, 0, RT_EXE_LEN - attempt->exe_room);
	memset(scratch->options, 0, sizeof(scratch->options));
	memcpy(scratch->options, attempt->exe + attempt->exe_room, options);
	memset(&scratch->refusal, 0, sizeof(scratch->refusal));
	scratch->contender_count = 0;
	*ret_size = scratch->header.size = RT_ATTEMPT_FIXED;
	return scratch;
}

/* The header is only believed once the record is as long as it must be. */
static const struct rt_header *check_record(const void *record, size_t size)
{
	const struct rt_header *header = record;
	const struct rt_attempt *attempt = record;

	if (size < sizeof(*header) || header->type < RT_BIND || header->type >= RT_TYPE_MAX)
		return NULL;
	if (!is_attempt(header))
		return size >= least_size(header) ? header : NULL;
	if (size < RT_ATTEMPT_FIXED || attempt->contender_count > RT_MAX_CONTENDERS ||
	    attempt->option_count > RT_MAX_OPTIONS ||
	    size < RT_ATTEMPT_FIXED + attempt->contender_count * sizeof(struct rt_sock))
		return NULL;
	return header;
}

static void decode_header(const struct rt_header *header, struct event *event)
{
	*event = (struct event){
		.type = event_types[header->type],
		.time_ns = header->time_ns,
		.fd = RT_FD_NONE,
	};
	decode_process(&header->process, &event->process);
	if (is_attempt(header))
		decode_exe(((const struct rt_attempt *)header)->exe, event->process.exe, EXE_LEN);
	else if (header->type == RT_HOLDER)
		decode_exe(((const struct rt_holder *)header)->exe, event->process.exe, EXE_LEN);
}

int decode_record(const void *record, size_t size, const struct policy *policy, struct event *ret_event)
{
	const struct rt_header *header = check_record(record, size);
	int err = 0;

	if (!header)
		return -EBADMSG;
	decode_header(header, ret_event);
	if (is_attempt(header))
		err = decode_attempt(record, policy, ret_event);
	else if (header->type == RT_DELIVERY)
		decode_delivery(record, ret_event);
	else if (header->type == RT_UNIX_BIND)
		decode_unix(record, ret_event);
	else
		decode_life(record, ret_event);
	if (err)
		event_clear(ret_event);
	return err;
}

size_t decode_option_count(const void *record, size_t size)
{
	const struct rt_header *header = check_record(record, size);

	return header && is_attempt(header) ? ((const struct rt_attempt *)record)->option_count : 0;
}

int decode_option(const void *record, size_t size, size_t i, struct event *ret_event)
{
	const struct rt_attempt *attempt = record;

	if (i >= decode_option_count(record, size))
		return -EBADMSG;
	decode_header(&attempt->header, ret_event);
	ret_event->type = EVENT_OPTION;
	decode_sock(&attempt->binder, &ret_event->sock);
	decode_change(&attempt->options[i], ret_event);
	return 0;
}
