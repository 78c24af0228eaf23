/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals that no other socket caused: which rule it was, what is the case
 * as bits, and the words, which are rows that name the bits they need.
 */
#ifndef REUSETRACE_RULES_REFUSAL_H
#define REUSETRACE_RULES_REFUSAL_H

#include "rules/table.h"
#include "rules/words.h"

enum refusal_bit {
	/* security modules */
	R_MODULE = 1 << 0,  /* the one that refused is known */
	R_MODULES = 1 << 1, /* the active ones are known */
	R_LABEL = 1 << 2,   /* the process's profile or context is known */
	R_APPARMOR = 1 << 3,
	R_SELINUX = 1 << 4,
	R_LANDLOCK = 1 << 5,
	R_BPF_MODULE = 1 << 6,
	/* programs on cgroups */
	R_PROGRAM = 1 << 7,    /* at least one is known */
	R_PROGRAMS = 1 << 8,   /* more than one: which of them it was is not known */
	R_SYSTEMD = 1 << 9,    /* systemd's own, of SocketBindAllow= and SocketBindDeny= */
	R_REWRITTEN = 1 << 10, /* a program changed the address */
	/* privilege */
	R_CAPABLE = 1 << 11,  /* the process has the capability */
	R_OTHER_NS = 1 << 12, /* ... in another user namespace than the network namespace's owner */
	/* the address */
	R_LENGTH = 1 << 13,	/* too short, too long or negative */
	R_UNREADABLE = 1 << 14, /* not in the process's memory */
	R_FAMILY = 1 << 15,	/* of another family than the socket */
	R_MULTICAST = 1 << 16,
	R_V6ONLY = 1 << 17,	  /* an IPv4 address for a socket with IPV6_V6ONLY */
	R_UNSCOPED = 1 << 18,	  /* link-local, and no interface is named */
	R_LISTED = 1 << 19,	  /* interfaces were looked at */
	R_OTHERS = 1 << 20,	  /* ... and other network namespaces */
	R_HERE = 1 << 21,	  /* one in this network namespace has it ... */
	R_DOWN = 1 << 22,	  /* none has it because lo is down */
	R_OTHER_DEVICE = 1 << 23, /* ... but of another device or VRF than the socket */
	R_FAILED = 1 << 24,	  /* ... but duplicate address detection found another host with it */
	R_THERE = 1 << 25,	  /* one in another has it */
	R_NONLOCAL = 1 << 26,	  /* ip_nonlocal_bind, IP_FREEBIND or IP_TRANSPARENT is set */
	/* the rest */
	R_NO_FD = 1 << 27, /* the descriptor is not open */
	R_FD = 1 << 28,	   /* its number is known */
	R_LISTENS = 1 << 29,
	R_CONNECTED = 1 << 30,
};

/* enum constants are ints: the rest of the 64 bits are macros */
#define R_OWN_RANGE  (UINT64_C(1) << 31) /* IP_LOCAL_PORT_RANGE is set */
#define R_RESERVED   (UINT64_C(1) << 32) /* ports of the range are reserved */
#define R_KEEPS_PORT (UINT64_C(1) << 33) /* the refused socket still has the port */
#define R_TAKEN	     (UINT64_C(1) << 35) /* ... and another socket has the port, too */
#define R_UNIX	     (UINT64_C(1) << 36) /* a socket of AF_UNIX: no port */
#define R_GROUP	     (UINT64_C(1) << 37) /* there is a group of SO_REUSEPORT that it could share with */
#define R_FULL	     (UINT64_C(1) << 38) /* ... with as many members as one can have */
#define R_ROOT	     (UINT64_C(1) << 39) /* ... of root */
#define R_QUESTION   (UINT64_C(1) << 34) /* nobody's attempt: it is asked what it would get */

/* The rule of a refusal that no other socket caused, RULE_NONE if another did or may have. */
enum rule_id refusal_rule(const struct event *event);

uint64_t refusal_bits(const struct event *event);

extern const struct phrase_table table_refusals, table_refusal_remedies;

/* Said behind the sentence of any verdict. */
extern const struct phrase_table table_notes;

/* NULL: there is no slot of this name. */
const struct slot *refusal_slot(const char *name, size_t len);

#endif
