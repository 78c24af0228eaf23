/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/decode_unix.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "linux/decode.h"
#include "linux/decode_refusal.h"

_Static_assert(UNIX_PATH_LEN > RT_UNIX_LEN, "a path has a NUL behind it");

static const enum unix_type types[] = {
	[SOCK_STREAM] = UNIX_STREAM,
	[SOCK_DGRAM] = UNIX_DATAGRAM,
	[SOCK_SEQPACKET] = UNIX_SEQPACKET,
};

/* enum sock_state by the kernel's TCP_ numbers, which unix sockets use too. */
static enum sock_state decode_state(uint8_t state)
{
	return state == 10 ? STATE_LISTEN : state == 1 ? STATE_ESTABLISHED : STATE_BOUND;
}

static void decode_unix_sock(const struct rt_sock *sock, struct sock_info *ret_info)
{
	*ret_info = (struct sock_info){
		.unix_type = sock->protocol < sizeof(types) / sizeof(types[0]) ? types[sock->protocol]
									       : UNIX_OTHER,
		.inode = sock->inode,
		.netns = sock->netns,
		.uid = sock->uid,
		.protocol = PROTO_UNIX,
		.family = FAMILY_UNIX,
		.state = decode_state(sock->state),
	};
}

/* Up to the first NUL; of an abstract name all of it, each NUL as '@'. */
static void decode_name(const char *name, size_t length, struct unix_facts *facts)
{
	if (length > RT_UNIX_LEN)
		length = RT_UNIX_LEN;
	facts->abstract = length && !name[0];
	for (size_t i = 0; i < length && (facts->abstract || name[i]); i++)
		facts->path[i] = name[i] ? name[i] : '@';
}

/*
 * -EINVAL is of the length or of the socket's state.  Of a path the file is made
 * before the state is looked at (unix_bind() up to 5.11, unix_bind_bsd() since).
 */
static enum stage decode_stage(const struct rt_unix *record)
{
	if (!record->result)
		return STAGE_NONE;
	if (!record->passed)
		return STAGE_LSM;
	if (record->result == -EINVAL)
		return record->bound ? STAGE_STATE : STAGE_ADDRESS;
	return record->result == -EADDRINUSE ? STAGE_PORT : STAGE_ADDRESS;
}

void decode_unix(const struct rt_unix *record, struct event *event)
{
	decode_exe(record->exe, event->process.exe, EXE_LEN);
	decode_unix_sock(&record->sock, &event->sock);
	event->result = record->result;
	event->asked = record->passed;
	event->stage = decode_stage(record);
	event->unix_facts.bound = record->bound;
	event->unix_facts.fsuid = record->fsuid;
	event->unix_facts.overrides = record->overrides == RT_OVERRIDES_ALL;
	event->refusal = (struct refusal_facts){
		.present = record->result < 0, .addrlen = record->addrlen, .sa_family = AF_UNIX};
	if (event->stage == STAGE_LSM)
		decode_module(record->lsm, event->refusal.lsm);
	decode_name(record->name, record->length, &event->unix_facts);
}

void decode_unix_holder(const struct rt_unix_holder *record, struct holder *ret_holder,
			struct owner *ret_owner)
{
	struct proc_info process;

	decode_process(&record->header.process, &process);
	*ret_holder = (struct holder){.kind = KIND_PROCESS, .expires_ms = -1, .released_after_ns = -1};
	decode_unix_sock(&record->sock, &ret_holder->sock);
	*ret_owner = (struct owner){.pid = process.pid,
				    .fd = record->fd,
				    .nspid = process.nspid,
				    .cgroup_id = process.cgroup_id,
				    .start_ns = process.start_ns};
	memcpy(ret_owner->comm, process.comm, COMM_LEN);
	decode_exe(record->exe, ret_owner->exe, EXE_LEN);
}
