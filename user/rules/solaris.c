/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tcp_bindi() and udp_do_bind() as illumos has them; Solaris is their origin. */
#include "rules/bsd.h"

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0])                                 \
	}

#define TCP_BIND "illumos: tcp_bindi()"
#define UDP_BIND "illumos: udp_do_bind()"
#define PORTS	 "illumos: SO_REUSEPORT; Solaris has it since 11.4"
#define APART	 (P_OTHER_PROTOCOL | P_OTHER_PORT | P_OTHER_ADDRESS)

#define KEPT	 "SO_EXCLBIND on the holder: nobody else may have the port on an address that overlaps"
#define ASKED	 "SO_EXCLBIND on this socket: nobody else may have the port on an address that overlaps"
#define FAMILIES "IPv4 and IPv6 sockets have port numbers of their own, unless one of them has SO_EXCLBIND"

/* tcp_bindi() looks at SO_EXCLBIND before it looks at the address family; TIME_WAIT clears it. */
static const struct pair_row before[] = {
	{P_OLD_EXCL, APART | P_OTHER_FAMILY | P_TIME_WAIT, REPLY_INUSE, "exclusive", KEPT, NULL, NULL},
	{P_NEW_EXCL, APART | P_OTHER_FAMILY | P_TIME_WAIT, REPLY_INUSE, "exclusive", ASKED, NULL, NULL},
	{P_OTHER_FAMILY | P_OLD_EXCL | P_OLD_ANY, P_TIME_WAIT, REPLY_INUSE, "exclusive", KEPT, NULL, NULL},
	{P_OTHER_FAMILY | P_OLD_EXCL | P_NEW_ANY, P_TIME_WAIT, REPLY_INUSE, "exclusive", KEPT, NULL, NULL},
	{P_OTHER_FAMILY | P_NEW_EXCL | P_OLD_ANY, P_TIME_WAIT, REPLY_INUSE, "exclusive", ASKED, NULL, NULL},
	{P_OTHER_FAMILY | P_NEW_EXCL | P_NEW_ANY, P_TIME_WAIT, REPLY_INUSE, "exclusive", ASKED, NULL, NULL},
	{P_OTHER_FAMILY, 0, REPLY_ACCEPTED, "other-family", FAMILIES, NULL, NULL},
	{P_MIXED, 0, REPLY_ACCEPTED, "other-family", FAMILIES,
	 "the IPv4 socket gets IPv4 where it matches, the IPv6 socket the rest", NULL},
};

static const struct pair_row solaris[] = {
	{P_NEW_PORT | P_OLD_PORT, P_USERS, REPLY_ACCEPTED, "reuseport-both",
	 "SO_REUSEPORT on both, by one user", "undocumented", PORTS},

	{P_NEW_ADDR | P_GROUP, 0, REPLY_ACCEPTED, "udp-reuseaddr",
	 "for UDP SO_REUSEADDR on this socket is enough", "multicast reaches every member", UDP_BIND},
	{P_NEW_ADDR, P_TCP, REPLY_ACCEPTED, "udp-reuseaddr", "for UDP SO_REUSEADDR on this socket is enough",
	 "undocumented for unicast", UDP_BIND},
	{0, P_TCP, REPLY_INUSE, "no-reuse", "this socket lacks SO_REUSEADDR", NULL, UDP_BIND},

	{P_TIME_WAIT, P_NEW_ADDR, REPLY_INUSE, "time-wait",
	 "without SO_REUSEADDR on this socket a TIME_WAIT remnant is in the way", NULL, TCP_BIND},
	{0, P_NEW_ADDR, REPLY_INUSE, "no-reuse",
	 "this socket lacks SO_REUSEADDR: every socket on the port that overlaps is in the way", NULL,
	 TCP_BIND},
	{P_TIME_WAIT, 0, REPLY_ACCEPTED, "time-wait-reuse",
	 "with SO_REUSEADDR on this socket TIME_WAIT remnants are not in the way", NULL, TCP_BIND},
	{P_CONNECTED, 0, REPLY_ACCEPTED, "connection-ignored",
	 "with SO_REUSEADDR on this socket connections are not in the way", NULL, TCP_BIND},
	{P_OLD_WIDER, 0, REPLY_ACCEPTED, "specific-beside-wildcard",
	 "with SO_REUSEADDR on this socket only the exact address counts; the holder needs no option",
	 "this socket gets what is sent to its address, the holder the rest", TCP_BIND},
	{P_NEW_WIDER, 0, REPLY_ACCEPTED, "wildcard-beside-specific",
	 "with SO_REUSEADDR on this socket only the exact address counts; the holder needs no option",
	 "the holder gets what is sent to its address, this socket the rest", TCP_BIND},
	{0, 0, REPLY_INUSE, "same-address",
	 "SO_REUSEADDR does not let two sockets have one address while the holder listens or is bound", NULL,
	 TCP_BIND},
};

const struct pair_table table_solaris = {
	.before = ROWS(before), .shared = ROWS(solaris), .source = TCP_BIND "; " UDP_BIND};
