/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A socket, of whatever system.  Absent is said, never guessed: port 0, family NONE, "". */
#ifndef REUSETRACE_MODEL_SOCKET_H
#define REUSETRACE_MODEL_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#define UID_NONE   UINT32_MAX
#define DEVICE_LEN 16

/* Address families by name, not by a system's number. */
enum family { FAMILY_NONE, FAMILY_IPV4, FAMILY_IPV6, FAMILY_OTHER, FAMILY_UNIX };

enum protocol {
	PROTO_NONE,
	PROTO_TCP,
	PROTO_UDP,
	PROTO_MPTCP,
	PROTO_SCTP,
	PROTO_PING,
	PROTO_RAW,
	PROTO_UNIX,
	PROTO_OTHER
};

enum sock_state {
	STATE_UNKNOWN,
	STATE_BOUND /* bound, neither listening nor connected */,
	STATE_LISTEN,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_CLOSING,
	STATE_MAX
};

struct address {
	enum family family;
	uint32_t scope;	   /* IPv6 scope id, 0 if none */
	uint8_t bytes[16]; /* IPv4: first four; a mapped address keeps family IPV6 */
};

struct sock_options {
	bool reuseaddr;
	bool reuseport;
	bool force_reuse; /* TCP_REPAIR's SK_FORCE_REUSE */
	bool v6only;
	bool freebind;
	bool transparent;
	bool bind_address_no_port;
};

/* How a fact became known.  Linux's are observed. */
enum provenance {
	FROM_OBSERVED, /* an event said so */
	FROM_QUERIED,  /* a table said so, at another time */
	FROM_INFERRED, /* it follows from what was observed */
	FROM_ASSUMED,  /* the default; nothing was seen */
	PROVENANCE_MAX
};

enum fact {
	FACT_PROTOCOL,
	FACT_ADDRESS,
	FACT_OPTIONS, /* reuseaddr and struct winsock_options */
	FACT_V6ONLY,
	FACT_USER,
	FACT_PROCESS,
	FACT_MAX
};

/* What Winsock has beyond struct sock_options (ws2def.h, mstcpip.h). */
struct winsock_options {
	bool exclusive;		  /* SO_EXCLUSIVEADDRUSE */
	bool randomize_port;	  /* SO_RANDOMIZE_PORT */
	bool port_scalability;	  /* SO_PORT_SCALABILITY */
	bool reuse_unicastport;	  /* SO_REUSE_UNICASTPORT */
	bool reuse_multicastport; /* SO_REUSE_MULTICASTPORT */
};

enum unix_type { UNIX_OTHER, UNIX_STREAM, UNIX_DATAGRAM, UNIX_SEQPACKET, UNIX_TYPE_MAX };

struct sock_info {
	uint64_t id;	    /* number of this recording ("s17"), 0 if none yet */
	uint64_t inode;	    /* 0: none */
	uint32_t netns;	    /* 0: unknown */
	uint64_t cgroup_id; /* of whoever made it, 0: unknown */
	uint32_t uid;	    /* of the socket (sk_uid), UID_NONE if unknown */
	enum protocol protocol;
	enum family family;
	enum sock_state state;
	struct address address; /* local */
	struct address peer;	/* family NONE: no peer */
	uint16_t port;		/* 0: none */
	uint16_t peer_port;
	uint32_t ifindex;	 /* bound device, 0: none */
	char device[DEVICE_LEN]; /* its name, "" if unknown */
	uint32_t vrf;		 /* ifindex of the VRF it belongs to, 0: none */
	struct sock_options options;
	enum unix_type unix_type; /* of AF_UNIX */
	bool blind;		  /* the options are not known, all are false */
	bool winsock;		  /* a socket of Windows: uid is the last part of its user's SID */
	struct winsock_options winsock_options;
	uint8_t from[FACT_MAX]; /* enum provenance */
	/* facts that decide sharing and are not options */
	bool orphan;	    /* no process can reach it: sk_socket is NULL */
	bool unaccepted;    /* orphan only because accept() has not taken it yet */
	bool kernel;	    /* made by the kernel for itself */
	bool subflow;	    /* a TCP socket that carries an MPTCP one */
	bool minisock;	    /* TIME_WAIT: no uid, no inode */
	bool fin_wait2;	    /* ... in substate FIN_WAIT2: the peer has not closed yet */
	bool port_chosen;   /* the port was not asked for by number (no SOCK_BINDPORT_LOCK) */
	bool connect_bound; /* the port was chosen by connect() */
	bool accepted;	    /* child of a listener: connected, not by connect() */
	bool group_own;	    /* has a sock_reuseport */
	bool group_program; /* ... with a BPF program that selects */
	bool group_closed;  /* ... with closed members (num_closed_socks) */
	uint32_t group_id;  /* 0: none */
	uint32_t group_size;
};

#endif
