/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do about it, best first; the first four that fit are given.
 *
 * A row may only be given where it is true: the S_FIX_ bits are computed over
 * every socket in the way (situation.c), and tests carry them out.
 */
#include "rules/table.h"

#define ANY RULE_NONE

static const struct phrase remedies[] = {
	{ANY, S_FIX_UID, 0, "run both as one user: the uids are {old_uid} and {new_uid}"},
	{ANY, S_FIX_ADDR_NEW, 0, "set SO_REUSEADDR on this socket before bind()"},
	{ANY, S_FIX_PROGRAM | S_LISTEN_CALL, 0,
	 "attach the BPF program after listen(), or only to the group's first socket"},
	{ANY, S_FIX_PROGRAM, S_LISTEN_CALL,
	 "attach the BPF program after bind() and listen(), or only to the group's first socket"},
	{RULE_TIME_WAIT, S_FIX_WAIT, 0, "wait {wait} s"},
	{ANY, S_FIX_CLOSE_OWN, 0, "close {fd} of this same process first: {stop_list}"},
	{ANY, S_FIX_PARENT, 0, "let its parent {holder} hand {fd} down, instead of binding again"},
	{ANY, S_FIX_UNIT, 0,
	 "take the socket that systemd passes for {socket_unit} (sd_listen_fds(3)) instead of binding"},
	{ANY, S_FIX_UNIT_STOP, 0, "systemctl stop {socket_unit}"},
	{ANY, S_FIX_STOP, S_FIX_UNIT, "stop {stop_list}"},
	{ANY, S_FIX_DOWN, 0, "set {served} down (ip link set {served} down) or give it another port"},
	{ANY, S_FIX_CLOEXEC, 0,
	 "open the socket with SOCK_CLOEXEC in {bound_by}, so that programs it starts do not keep it"},
	{RULE_OUTGOING_CONNECTION, S_FIX_STOP_WAIT, 0,
	 "stop {stop_list}, or wait for its connection to end; TIME_WAIT may keep the port 60 s more"},
	{ANY, S_FIX_STOP_WAIT, S_OUTGOING,
	 "stop {stop_list}, then wait up to 60 s for the TIME_WAIT of its connections"},
	{ANY, S_FIX_PORT_NEW, 0, "set SO_REUSEPORT on this socket before bind()"},
	{ANY, S_FIX_PORT_OLD, 0, "set SO_REUSEPORT on {old} too, both as uid {new_uid}"},
	{ANY, S_FIX_PORT_BOTH, S_CONNECTED, "set SO_REUSEPORT on both sockets, both as uid {new_uid}"},
	{ANY, S_FIX_V6ONLY, 0, "set IPV6_V6ONLY on this socket: only IPv4 addresses are in the way"},
	{ANY, S_FIX_V6ONLY_OLD, 0, "set IPV6_V6ONLY on {old}: it serves IPv4 only because it lacks that"},
	{RULE_OUTGOING_CONNECTION, S_FIX_ADDR_OLD, 0,
	 "set SO_REUSEADDR on the client's socket before it connects"},
	{RULE_OUTGOING_CONNECTION, S_FIX_ADDR_BOTH, 0,
	 "set SO_REUSEADDR on this socket and on the client's before it connects"},
	{ANY, S_FIX_ADDR_OLD | S_TCP, S_CONNECTED,
	 "set SO_REUSEADDR on {old} too; only one of them may then listen"},
	{ANY, S_FIX_ADDR_BOTH | S_TCP, S_CONNECTED,
	 "set SO_REUSEADDR on both sockets; only one of them may then listen"},
	{ANY, S_FIX_ADDR_OLD, S_TCP | S_CONNECTED,
	 "set SO_REUSEADDR on {old} too; the newest socket then gets the unicast datagrams"},
	{ANY, S_FIX_ADDR_BOTH, S_TCP | S_CONNECTED,
	 "set SO_REUSEADDR on both sockets; the newest then gets the unicast datagrams"},
	{ANY, S_FIX_PORT_UID, S_CONNECTED,
	 "set SO_REUSEPORT on both sockets and run both as one user: the uids are {old_uid} and {new_uid}"},
	{ANY, S_FIX_INHERIT, 0,
	 "set SO_REUSEADDR at every start, before listen() or connect(): what a socket leaves behind "
	 "inherits it"},
	{RULE_OUTGOING_CONNECTION, 0, 0,
	 "add {port} to net.ipv4.ip_local_reserved_ports, so that the kernel gives it to no connection "
	 "again"},
	{RULE_ORPHAN, 0, 0,
	 "wait until the kernel has finished closing it; TIME_WAIT may keep the port 60 s more"},
	{ANY, S_FIX_ADDRESS | S_NEW_ANY, 0, "bind one address instead of {new_host} (only {taken} is taken)"},
	{ANY, S_FIX_ADDRESS, S_NEW_ANY, "bind another address (only {taken} is taken)"},

	{RULE_RANGE_EXHAUSTED, S_CONNECT, S_OWN_RANGE,
	 "widen net.ipv4.ip_local_port_range, or use more source or destination addresses"},
	{RULE_RANGE_EXHAUSTED, 0, S_CONNECT | S_OWN_RANGE, "widen net.ipv4.ip_local_port_range"},
	{RULE_RANGE_EXHAUSTED, S_TCP, S_CONNECT | S_LISTEN_CALL,
	 "if the socket will connect(), set IP_BIND_ADDRESS_NO_PORT before bind()"},
};

const struct phrase_table table_remedies = {.rows = remedies,
					    .count = sizeof(remedies) / sizeof(remedies[0])};
