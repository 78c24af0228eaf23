/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/event_names.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const char *const event_type_names[] = {
	[EVENT_HOLDER] = "holder",   [EVENT_SOCKET] = "socket",	    [EVENT_OPTION] = "option",
	[EVENT_BIND] = "bind",	     [EVENT_LISTEN] = "listen",	    [EVENT_AUTOBIND] = "autobind",
	[EVENT_CONNECT] = "connect", [EVENT_ACCEPT] = "accept",	    [EVENT_CLOSE] = "close",
	[EVENT_RELEASE] = "release", [EVENT_DELIVERY] = "delivery", [EVENT_FINDING] = "finding",
	[EVENT_GAP] = "gap",	     [EVENT_WHY] = "why",
};

static const char *const family_names[] = {
	[FAMILY_IPV4] = "ipv4",
	[FAMILY_IPV6] = "ipv6",
	[FAMILY_OTHER] = "other",
	[FAMILY_UNIX] = "unix",
};

static const char *const protocol_names[] = {
	[PROTO_TCP] = "tcp",   [PROTO_UDP] = "udp", [PROTO_MPTCP] = "mptcp", [PROTO_SCTP] = "sctp",
	[PROTO_PING] = "ping", [PROTO_RAW] = "raw", [PROTO_UNIX] = "unix",   [PROTO_OTHER] = "other",
};

static const char *const state_names[] = {
	[STATE_BOUND] = "bound",
	[STATE_LISTEN] = "listen",
	[STATE_SYN_SENT] = "syn-sent",
	[STATE_SYN_RECV] = "syn-recv",
	[STATE_ESTABLISHED] = "established",
	[STATE_FIN_WAIT1] = "fin-wait-1",
	[STATE_FIN_WAIT2] = "fin-wait-2",
	[STATE_TIME_WAIT] = "time-wait",
	[STATE_CLOSE_WAIT] = "close-wait",
	[STATE_LAST_ACK] = "last-ack",
	[STATE_CLOSING] = "closing",
};

static const char *const kind_names[] = {
	[KIND_UNKNOWN] = "unknown", [KIND_PROCESS] = "process", [KIND_TIME_WAIT] = "time-wait",
	[KIND_ORPHAN] = "orphan",   [KIND_KERNEL] = "kernel",	[KIND_IN_FLIGHT] = "in-flight",
	[KIND_GONE] = "gone",
};

static const char *const stage_names[] = {
	[STAGE_SYSCALL] = "syscall", [STAGE_SECCOMP] = "seccomp", [STAGE_LSM] = "lsm",
	[STAGE_CGROUP] = "cgroup",   [STAGE_ADDRESS] = "address", [STAGE_PRIVILEGE] = "privilege",
	[STAGE_STATE] = "state",     [STAGE_PORT] = "port",	  [STAGE_POST_BIND] = "post-bind",
	[STAGE_LISTEN] = "listen",
};

static const char *const release_names[] = {
	[RELEASE_PORT] = "port",
	[RELEASE_TIME_WAIT_BEGIN] = "time-wait-begin",
	[RELEASE_TIME_WAIT_END] = "time-wait-end",
};

static const char *const finding_kind_names[] = {
	[FINDING_SHARED_PORT] = "shared-port",
	[FINDING_LIVES_ON] = "lives-on",
};

static const char *const takeover_names[] = {
	[TAKEOVER_REUSEPORT] = "reuseport",
	[TAKEOVER_INHERITED] = "inherited",
};

static const char *const unix_type_names[] = {
	[UNIX_STREAM] = "stream",
	[UNIX_DATAGRAM] = "dgram",
	[UNIX_SEQPACKET] = "seqpacket",
};

static const char *const obstacle_names[] = {
	[OBSTACLE_NONE] = "none",	    [OBSTACLE_SOCKET] = "socket", [OBSTACLE_FILE] = "file",
	[OBSTACLE_DIRECTORY] = "directory", [OBSTACLE_LINK] = "symlink",  [OBSTACLE_OTHER] = "other",
};

static const char *const path_fault_names[] = {
	[FAULT_MISSING] = "missing", [FAULT_NOT_DIRECTORY] = "not-directory", [FAULT_SEARCH] = "search",
	[FAULT_WRITE] = "write",     [FAULT_READ_ONLY] = "read-only",
};

static const char *name_at(const char *const names[], size_t count, size_t index)
{
	return index < count ? names[index] : NULL;
}

static int index_of(const char *const names[], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && !strcmp(names[i], name))
			return (int)i;
	}
	return -EINVAL;
}

#define DEFINE_NAMES(prefix, type)                                                                           \
	const char *prefix##_name(type value)                                                                \
	{                                                                                                    \
		return name_at(prefix##_names, ARRAY_SIZE(prefix##_names), (size_t)value);                   \
	}                                                                                                    \
	int prefix##_from_name(const char *name)                                                             \
	{                                                                                                    \
		return index_of(prefix##_names, ARRAY_SIZE(prefix##_names), name);                           \
	}

DEFINE_NAMES(event_type, enum event_type)
DEFINE_NAMES(family, enum family)
DEFINE_NAMES(protocol, enum protocol)
DEFINE_NAMES(state, enum sock_state)
DEFINE_NAMES(kind, enum holder_kind)
DEFINE_NAMES(stage, enum stage)
DEFINE_NAMES(release, enum release)
DEFINE_NAMES(finding_kind, enum finding_kind)
DEFINE_NAMES(takeover, enum takeover)
DEFINE_NAMES(unix_type, enum unix_type)
DEFINE_NAMES(obstacle, enum obstacle)
DEFINE_NAMES(path_fault, enum path_fault)
