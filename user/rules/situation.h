/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is the case in one judged attempt, computed once as a set of bits, so
 * that sentences and remedies are rows that name the bits they need.
 */
#ifndef REUSETRACE_RULES_SITUATION_H
#define REUSETRACE_RULES_SITUATION_H

#include "rules/rules.h"

enum situation_bit {
	/* the attempt */
	S_TCP = 1 << 0,
	S_INET = 1 << 1,	/* TCP, MPTCP or UDP: judged by these rules */
	S_LISTEN_CALL = 1 << 2, /* listen(), not bind() */
	S_CONNECT = 1 << 3,	/* connect() or sendto() wanted the port */
	S_TRUNCATED = 1 << 4,
	S_HOLDERS = 1 << 5, /* at least one contender */
	S_NEW_ANY = 1 << 6, /* the binder's address is a wildcard */
	/* the holder that the sentence is about */
	S_LISTENS = 1 << 7,
	S_CONNECTED = 1 << 8,
	S_PEER = 1 << 11,
	S_LEFT = 1 << 12,	 /* when its TIME_WAIT ends is known */
	S_ONE_GROUP = 1 << 13,	 /* both are or become members of one reuseport group */
	S_PROGRAM = 1 << 14,	 /* a BPF program selects in that group */
	S_NEW_WIDER = 1 << 15,	 /* only the binder has a wildcard */
	S_OLD_WIDER = 1 << 16,	 /* only the holder has one */
	S_MIXED = 1 << 17,	 /* an IPv4 and an IPv6 socket */
	S_UID_DIFFERS = 1 << 19, /* as the kernel compares them */
	S_ROOT_ORPHAN = 1 << 20, /* ... only because an orphan counts as root's */
	S_OWN_GROUP = 1 << 21,	 /* nothing but the binder's own group forbids sharing by SO_REUSEPORT */
	S_LACKS = 1 << 22,	 /* an option is missing on some side */
	/* remedies: each is true of every socket in the way, not only of the named one */
	S_FIX_STOP = 1 << 23,
	S_FIX_CLOSE_OWN = 1 << 24, /* the caller's own process has it */
	S_FIX_ADDR_NEW = 1 << 25,  /* SO_REUSEADDR on the new socket is enough */
	S_FIX_ADDR_OLD = 1 << 26,
	S_FIX_ADDR_BOTH = 1 << 27,
	S_FIX_PORT_NEW = 1 << 28, /* the same for SO_REUSEPORT */
	S_FIX_PORT_OLD = 1 << 29,
	S_FIX_PORT_BOTH = 1 << 30,
};

/* enum constants are ints: the rest of the 64 bits are macros */
#define S_FIX_PORT_UID	 (UINT64_C(1) << 31) /* SO_REUSEPORT, and one user */
#define S_FIX_UID	 (UINT64_C(1) << 32) /* one user is enough */
#define S_FIX_PROGRAM	 (UINT64_C(1) << 33) /* attaching the program later is enough */
#define S_FIX_V6ONLY	 (UINT64_C(1) << 34) /* IPV6_V6ONLY on the new socket */
#define S_FIX_V6ONLY_OLD (UINT64_C(1) << 35)
#define S_FIX_ADDRESS	 (UINT64_C(1) << 36) /* another address */
#define S_FIX_WAIT	 (UINT64_C(1) << 37) /* all of them are TIME_WAIT with a known end */
#define S_FIX_STOP_WAIT	 (UINT64_C(1) << 39) /* ending processes is enough, but TIME_WAIT follows */
#define S_OUTGOING	 (UINT64_C(1) << 40) /* the rule is outgoing-connection */
#define S_ACCEPTED	 (UINT64_C(1) << 41) /* the kernel said yes */
#define S_PING		 (UINT64_C(1) << 42) /* an ICMP datagram socket: identifiers, not ports */
#define S_OWN_RANGE	 (UINT64_C(1) << 43) /* the binder has IP_LOCAL_PORT_RANGE */
#define S_FIX_INHERIT	 (UINT64_C(1) << 38) /* the remnants lack SO_REUSEADDR: next time */

#define S_FIX_DOWN	 (UINT64_C(1) << 48) /* all of them are the kernel's, for one net device */
#define S_FIX_CLOEXEC	 (UINT64_C(1) << 49) /* whoever has it now got it by exec, unasked: next time */
#define S_FIX_PARENT	 (UINT64_C(1) << 50) /* the parent has the only one, and could hand it down */
#define S_FIX_UNIT	 (UINT64_C(1) << 51) /* systemd made the only one for a socket unit */
#define S_FIX_UNIT_STOP	 (UINT64_C(1) << 52) /* ... and nobody else has it yet */

struct situation {
	const struct event *event;
	const struct policy *policy;
	const struct holder *holder; /* NULL: the sentence is about none */
	enum rule_id rule;
	uint64_t bits;
	uint64_t refusal;  /* enum refusal_bit */
	const char *lacks; /* event->verdict.lacks */
};

/* judged holders: event->holders[].reason is set */
void situation_init(struct situation *situation, const struct event *event, const struct policy *policy,
		    enum rule_id rule, const struct holder *holder);

#endif
