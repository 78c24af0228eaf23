/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the loader tells the programs before they load, and what they count. */
#ifndef REUSETRACE_BPF_CONFIG_H
#define REUSETRACE_BPF_CONFIG_H

#include "../user/event.h"

#define RT_PORT_WORDS (65536 / 64)
#define RT_CGROUP_LEN 256

/* What ports are told apart by; protocols are below 65536. */
#define RT_PORT_KEY(netns, protocol, port) ((__u64)(netns) << 32 | (__u64)(port) << 16 | (protocol))

enum rt_filter {
	RT_FILTER_PORT = 1 << 0,
	RT_FILTER_TREE = 1 << 1, /* -p and COMMAND */
	RT_FILTER_COMM = 1 << 2,
	RT_FILTER_USER = 1 << 3,
	RT_FILTER_NETNS = 1 << 4,
	RT_FILTER_CGROUP = 1 << 5,
	RT_FILTER_FAILED = 1 << 6,
	RT_FILTER_IPV4 = 1 << 7, /* only IPv4 */
	RT_FILTER_IPV6 = 1 << 8, /* only IPv6 */
};

enum rt_proto_bit {
	RT_PROTO_TCP = 1 << 0,
	RT_PROTO_UDP = 1 << 1,
	RT_PROTO_MPTCP = 1 << 2,
	RT_PROTO_SCTP = 1 << 3, /* these are followed only when asked for */
	RT_PROTO_PING = 1 << 4,
	RT_PROTO_RAW = 1 << 5,
	RT_PROTO_UNIX = 1 << 6,
	RT_PROTO_USUAL = RT_PROTO_TCP | RT_PROTO_UDP | RT_PROTO_MPTCP,
};

struct rt_config {
	__u64 pidns_dev, pidns_ino; /* the tracer's pid namespace */
	__u64 ping_table;	    /* address of the kernel's, 0: unknown */
	__u32 tracer;		    /* its pid in there */
	__u32 filters;		    /* enum rt_filter */
	__u32 protocols;	    /* enum rt_proto_bit */
	__u32 uid;
	__u32 netns;
	__u32 cgroup_level;
	__u32 hz; /* ticks a second: the resolution of CLOCK_MONOTONIC_COARSE */
	__u32 pad0;
	__u8 connects;	 /* report implicit binds that passed */
	__u8 command;	 /* children of the tracer belong to the tree */
	__u8 calls;	 /* the return of every system call is seen: f_call_exit */
	__u8 verbose;	 /* report the whole life of sockets */
	__u8 deliveries; /* note ports that come to be shared */
	__u8 lsm_seen;	 /* the answers of the LSM hooks are */
	__u8 pad[2];
	char comm[RT_COMM_LEN];
	char cgroup_path[RT_CGROUP_LEN]; /* from the root of the hierarchy */
};

/* What is remembered of a socket that has a port. */
struct rt_known {
	__u64 bound_ns; /* 0: before the trace */
	__u64 inode;
	__u32 tgid;	/* who bound it, 0: unknown */
	__u16 reported; /* its bind passed the filters, so its release is reported too */
	__u16 accepted; /* by accept(), not bound by itself */
	char comm[RT_COMM_LEN];
};

/* A socket whose holder is asked for. */
struct rt_sought {
	__u64 key; /* 0: none */
	__u64 inode;
	__u16 port;
	__u16 pad[3];
};

#define RT_SOUGHT_MAX 1024 /* a power of two */

#define NO_SLOT	      0xffffffffU

/*
 * What a path that was read is known again by: the process pins the mount and
 * the names on the way to it until it executes another file.
 */
struct exe_key {
	__u64 start_ns, exec_id, mount, names;
};

/* Where a record is made; what it says of the executable serves the next one of the same process. */
struct slot {
	struct rt_attempt record;
	struct exe_key exe; /* all zero: unknown */
	__u64 walk[2];	    /* the next sockets of a bucket that is gone through */
};

/* One attempt in flight a thread. */
struct flight {
	__u64 sk;   /* the socket that asked; from get_port() on the one in the tables */
	__u64 bc;   /* last sk2 for which inet_bind_conflict() was true */
	__u64 eq;   /* last sk2 for which inet_rcv_saddr_equal() was true */
	__u32 slot; /* index into slots, NO_SLOT: not to be reported */
	__u32 port; /* as asked of get_port() */
	__s32 port_result;
	__u8 type;     /* enum rt_type */
	__u8 implicit; /* opened by get_port(), closed at its return */
	__u8 walked;
	__u8 bc_seen;
	__u16 requested; /* port */
	__u8 quiet;	 /* reported only if it fails */
	__u8 pad[5];
};

enum rt_counter {
	RT_COUNT_SENT,	   /* records handed to the ring */
	RT_COUNT_BYTES,	   /* ring bytes they took, headers and padding included */
	RT_COUNT_NO_RING,  /* ring full */
	RT_COUNT_NO_SLOT,  /* no room to follow an attempt */
	RT_COUNT_NO_KNOWN, /* no room to remember a socket */
	RT_COUNT_NO_TREE,  /* no room to follow a process */
	RT_COUNT_NO_EXIT,  /* an attempt whose end was not seen */
	RT_COUNT_OPTIONS,  /* a record lacks its socket's option changes: those of others pushed them out */
	RT_COUNTERS,
};

enum rt_hook {
	RT_HOOK_SECURITY_BIND,
	RT_HOOK_SECURITY_LISTEN,
	RT_HOOK_SECURITY_EXIT,
	RT_HOOK_BIND_EXIT,
	RT_HOOK_LISTEN_EXIT,
	RT_HOOK_TCP_GET_PORT,
	RT_HOOK_TCP_GET_PORT_EXIT,
	RT_HOOK_UDP_GET_PORT,
	RT_HOOK_UDP_GET_PORT_EXIT,
	RT_HOOK_CONFLICT,
	RT_HOOK_ANY_CONFLICT,
	RT_HOOK_PAIR_CONFLICT,
	RT_HOOK_ADDRESS_EQUAL,
	RT_HOOK_FASTREUSE,
	RT_HOOK_SETSOCKOPT,
	RT_HOOK_SETSOCKOPT_EXIT,
	RT_HOOK_CONNECT,
	RT_HOOK_PUT_PORT,
	RT_HOOK_UDP_UNHASH,
	RT_HOOK_TW_BEGIN,
	RT_HOOK_TW_END,
	RT_HOOKS,
};

#endif
