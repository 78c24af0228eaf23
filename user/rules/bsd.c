/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * in_pcbbind() of the BSDs: a socket with SO_REUSEADDR or SO_REUSEPORT is
 * compared with unconnected sockets on exactly its address only, one without
 * with every socket that overlaps; what is found must share SO_REUSEPORT.
 * The systems differ in whom they let bind over another user's socket.
 */
#include "rules/bsd.h"

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0])                                 \
	}

#define REUSE	     (P_NEW_ADDR | P_NEW_PORT)
#define BOTH_PORT    (P_NEW_PORT | P_OLD_PORT)
#define NO_SERVER    (P_CONNECTED | P_TIME_WAIT)
#define NEW_SPECIFIC "this socket gets what is sent to its address, the holder the rest"
#define OLD_SPECIFIC "the holder gets what is sent to its address, this socket the rest"
#define ALL_MEMBERS  "multicast and broadcast reach every socket"
#define BY_FAMILY    "the IPv4 socket gets IPv4, this socket IPv6"
#define NO_BALANCE   "undocumented: the manual promises no balance"

#define OTHER_USER   "the holder is another user's, and only root may bind over it"
#define NO_REUSE                                                                                             \
	"this socket has neither SO_REUSEADDR nor SO_REUSEPORT: every socket on the port that overlaps is "  \
	"in the way"
#define NOT_EXACT                                                                                            \
	"with SO_REUSEADDR on this socket only the exact address counts, and a wildcard is another one; "    \
	"the holder needs no option"
#define PORT_ON_BOTH "SO_REUSEPORT on both lets both have the address and listen on it"
#define AS_PORT	     "for a multicast address SO_REUSEADDR counts as SO_REUSEPORT"
#define BESIDE	     "a dual-stack wildcard may be bound beside an IPv4 wildcard"

static const struct pair_row macos[] = {
	/* in_pcbbind(): not for two wildcards; in6_pcbbind(): not if the holder has SO_REUSEPORT */
	{P_USERS, P_NEW_ROOT | P_MULTICAST | P_ANY | P_NEW_DUAL, REPLY_INUSE, "other-user", OTHER_USER, NULL,
	 NULL},
	{P_USERS | P_NEW_DUAL, P_NEW_ROOT | P_ANY | P_OLD_PORT, REPLY_INUSE, "other-user", OTHER_USER, NULL,
	 "xnu: in6_pcbbind()"},
	{P_USERS | P_ANY | P_NEW_SIX | P_OLD_SIX, P_NEW_ROOT | P_OLD_PORT | P_MIXED, REPLY_INUSE,
	 "other-user", OTHER_USER, NULL, "xnu: in6_pcbbind()"},
	{P_ANY | P_NEW_DUAL, 0, REPLY_ACCEPTED, "dual-stack", BESIDE, BY_FAMILY, "xnu: in6_pcbbind()"},
	{P_SAME | BOTH_PORT, P_GROUP | NO_SERVER, REPLY_ACCEPTED, "reuseport-both", PORT_ON_BOTH, NO_BALANCE,
	 "macOS: getsockopt(2)"},
};

static const struct pair_row freebsd[] = {
	{P_USERS, P_NEW_ROOT | P_MULTICAST | NO_SERVER, REPLY_INUSE, "other-user", OTHER_USER, NULL, NULL},
	/* of UDP also connected ones */
	{P_USERS, P_NEW_ROOT | P_MULTICAST | P_TCP, REPLY_INUSE, "other-user", OTHER_USER, NULL, NULL},
	{P_ANY | P_NEW_DUAL, 0, REPLY_ACCEPTED, "dual-stack", BESIDE, BY_FAMILY, "FreeBSD: in6_pcbbind()"},
	{P_SAME | BOTH_PORT, P_GROUP | NO_SERVER, REPLY_ACCEPTED, "reuseport-both", PORT_ON_BOTH,
	 "undocumented; SO_REUSEPORT_LB, since FreeBSD 12, is the option that balances",
	 "FreeBSD: getsockopt(2)"},
	/* there SO_REUSEPORT on this socket meets SO_REUSEADDR on the holder, too */
	{P_SAME | P_MULTICAST | P_NEW_PORT | P_OLD_ADDR, NO_SERVER, REPLY_ACCEPTED, "multicast", AS_PORT,
	 ALL_MEMBERS, NULL},
};

static const struct pair_row openbsd[] = {
	{P_USERS, P_NEW_ROOT, REPLY_INUSE, "other-user", OTHER_USER, NULL, NULL},
	{P_SAME | BOTH_PORT, P_GROUP | NO_SERVER, REPLY_ACCEPTED, "reuseport-both", PORT_ON_BOTH, NO_BALANCE,
	 "OpenBSD: getsockopt(2)"},
};

static const struct pair_row netbsd[] = {
	{P_USERS, P_NEW_ROOT | P_MULTICAST | P_ANY, REPLY_INUSE, "other-user", OTHER_USER, NULL, NULL},
	{P_USERS | P_ANY, P_NEW_ROOT | P_OLD_PORT, REPLY_INUSE, "other-user", OTHER_USER, NULL, NULL},
	{P_MIXED, REUSE | P_NEW_DUAL, REPLY_INUSE, "no-reuse", NO_REUSE, NULL, NULL},
	{P_MIXED, 0, REPLY_UNDOCUMENTED, "undocumented",
	 "no source says what an IPv4 socket and a dual-stack wildcard get beside each other", NULL,
	 "NetBSD: ip6(4)"},
	{P_SAME | BOTH_PORT, P_GROUP | NO_SERVER, REPLY_ACCEPTED, "reuseport-both", PORT_ON_BOTH, NO_BALANCE,
	 "NetBSD: getsockopt(2)"},
};

static const struct pair_row shared[] = {
	{P_TIME_WAIT, REUSE, REPLY_INUSE, "time-wait",
	 "without SO_REUSEADDR on this socket a TIME_WAIT remnant is in the way", NULL, NULL},
	{0, REUSE, REPLY_INUSE, "no-reuse", NO_REUSE, NULL, NULL},
	{P_TIME_WAIT, 0, REPLY_ACCEPTED, "time-wait-reuse",
	 "with SO_REUSEADDR on this socket TIME_WAIT remnants are not looked at", NULL, NULL},
	{P_CONNECTED, 0, REPLY_ACCEPTED, "connection-ignored",
	 "with SO_REUSEADDR on this socket connections are not looked at", NULL, NULL},
	{P_OLD_WIDER, 0, REPLY_ACCEPTED, "specific-beside-wildcard", NOT_EXACT, NEW_SPECIFIC, NULL},
	{P_NEW_WIDER, 0, REPLY_ACCEPTED, "wildcard-beside-specific", NOT_EXACT, OLD_SPECIFIC, NULL},
	{BOTH_PORT, 0, REPLY_ACCEPTED, "reuseport-both", PORT_ON_BOTH, ALL_MEMBERS, NULL},
	{P_MULTICAST | P_OLD_PORT, 0, REPLY_ACCEPTED, "multicast", AS_PORT, ALL_MEMBERS, NULL},
	{P_MULTICAST | P_NEW_ADDR | P_OLD_ADDR, 0, REPLY_ACCEPTED, "multicast", AS_PORT, ALL_MEMBERS, NULL},
	{0, 0, REPLY_INUSE, "same-address",
	 "SO_REUSEADDR does not let two sockets have one address, listening or not; SO_REUSEPORT on both "
	 "would",
	 NULL, NULL},
};

const struct pair_table table_macos = {
	.own = ROWS(macos), .shared = ROWS(shared), .source = "xnu: in_pcbbind()"};
const struct pair_table table_freebsd = {
	.own = ROWS(freebsd), .shared = ROWS(shared), .source = "FreeBSD: in_pcbbind_setup()"};
const struct pair_table table_openbsd = {
	.own = ROWS(openbsd), .shared = ROWS(shared), .source = "OpenBSD: in_pcbaddrisavail()"};
const struct pair_table table_netbsd = {
	.own = ROWS(netbsd), .shared = ROWS(shared), .source = "NetBSD: inpcb_bind_port()"};

void table_pair(const struct pair_table *table, uint32_t bits, struct pair_row *ret_row)
{
	const struct pair_row *row = pair_find(table->before.rows, table->before.count, bits);

	if (!row)
		row = pair_apart(bits);
	if (!row)
		row = pair_find(table->own.rows, table->own.count, bits);
	if (!row)
		row = pair_find(table->shared.rows, table->shared.count, bits);
	*ret_row = *row;
	if (!ret_row->source)
		ret_row->source = table->source;
}
