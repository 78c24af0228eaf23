/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two sockets and one question, for systems other than the one that runs:
 * would the second bind() pass while the first socket has its port?
 *
 * The case is computed once as a set of bits; a system is a table of rows
 * that name the bits they need, each row with the source it was taken from.
 */
#ifndef REUSETRACE_RULES_PAIR_H
#define REUSETRACE_RULES_PAIR_H

#include "model/event.h"

enum v6_mode { V6_DEFAULT /* the system's own */, V6_ONLY, V6_DUAL };

/*
 * A socket as somebody describes it.  sock.options.v6only is not looked at;
 * sock.winsock_options.exclusive is SO_EXCLBIND, too.
 */
struct claim {
	struct sock_info sock; /* state BOUND, LISTEN, ESTABLISHED or TIME_WAIT */
	bool multicast;	       /* joined a multicast group */
	enum v6_mode v6;
};

/* What a system makes of a claim. */
enum trait {
	TRAIT_REUSEPORT = 1 << 0,   /* knows SO_REUSEPORT */
	TRAIT_EXCLUSIVE = 1 << 1,   /* knows an exclusive bind */
	TRAIT_V6ONLY = 1 << 2,	    /* IPV6_V6ONLY is the default */
	TRAIT_V6ONLY_FIXED = 1 << 3 /* ... and cannot be cleared */
};

enum pair_bit {
	/* where the two are; the first one that holds */
	P_OTHER_PROTOCOL = 1 << 0,
	P_OTHER_PORT = 1 << 1,
	P_OTHER_FAMILY = 1 << 2,  /* no address family in common */
	P_OTHER_ADDRESS = 1 << 3, /* two specific addresses */
	P_SAME = 1 << 4,	  /* one address, or two wildcards */
	P_NEW_WIDER = 1 << 5,	  /* the second is a wildcard, the first is not */
	P_OLD_WIDER = 1 << 6,
	/* besides SAME, NEW_WIDER and OLD_WIDER */
	P_ANY = 1 << 7,	    /* SAME: two wildcards */
	P_MIXED = 1 << 8,   /* a dual-stack wildcard and an IPv4 socket */
	P_NEW_SIX = 1 << 9, /* the second is an IPv6 socket */
	P_OLD_SIX = 1 << 10,
	P_MULTICAST = 1 << 11, /* the second is bound to a multicast address */
	P_GROUP = 1 << 12,     /* both take part in multicast */
	/* options, as far as the system knows them */
	P_NEW_ADDR = 1 << 13,
	P_OLD_ADDR = 1 << 14,
	P_NEW_PORT = 1 << 15,
	P_OLD_PORT = 1 << 16,
	P_NEW_EXCL = 1 << 17,
	P_OLD_EXCL = 1 << 18,
	/* the rest */
	P_TCP = 1 << 19,
	P_USERS = 1 << 20,    /* two users */
	P_NEW_ROOT = 1 << 21, /* the second is uid 0's */
	P_OLD_ROOT = 1 << 22,
	P_LISTENS = 1 << 23, /* the state of the first */
	P_CONNECTED = 1 << 24,
	P_TIME_WAIT = 1 << 25,
	P_NEW_ANY = 1 << 26, /* a wildcard, whatever the other is */
	P_OLD_ANY = 1 << 27,
	P_NEW_DUAL = 1 << 28, /* MIXED: the dual-stack wildcard is the second */
};

/* bits of enum pair_bit; traits of enum trait */
uint32_t pair_bits(const struct claim *first, const struct claim *second, unsigned int traits);

enum reply {
	REPLY_ACCEPTED,
	REPLY_INUSE,	    /* EADDRINUSE, WSAEADDRINUSE */
	REPLY_ACCESS,	    /* WSAEACCES */
	REPLY_REFUSED,	    /* INUSE or ACCESS: the sources disagree */
	REPLY_INVALID,	    /* the second setsockopt() fails with WSAEINVAL */
	REPLY_UNDOCUMENTED, /* no source says */
	REPLY_MAX
};

/* A row of a system; the first that fits is the answer. */
struct pair_row {
	uint32_t need, deny; /* enum pair_bit */
	enum reply reply;
	const char *rule;
	const char *because;  /* "this socket" is the second, "the holder" the first */
	const char *delivery; /* NULL: nobody shares */
	const char *source;
};

/* NULL if no row fits. */
const struct pair_row *pair_find(const struct pair_row *rows, size_t count, uint32_t bits);

/* Rows that every system has: what keeps two sockets apart. */
const struct pair_row *pair_apart(uint32_t bits);

#endif
