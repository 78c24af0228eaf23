/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of attempts on Windows, where rules/windows.c has no words. */
#include "rules/winsock.h"

#define ROWS(array)                                                                                          \
	{                                                                                                    \
		.rows = (array), .count = sizeof(array) / sizeof((array)[0])                                 \
	}

static const struct phrase because[] = {
	{RULE_FREE, W_LISTEN, 0, "the socket already had its port"},
	{RULE_FREE, 0, 0, "port was free"},
	{RULE_AUTO_PORT, W_NO_PORT, 0, "Windows chose the port, if the protocol has any: it was not seen"},
	{RULE_AUTO_PORT, 0, 0, "Windows chose port {port}"},
	{RULE_EXCLUDED_RANGE, W_ADMIN, 0,
	 "port {port} is in {reserved}, a range that an administrator excluded"},
	{RULE_EXCLUDED_RANGE, 0, 0,
	 "port {port} is in {reserved}, a range that is kept for a service (Hyper-V, WSL, containers, ...): "
	 "no "
	 "socket has it"},
	{RULE_WFP, 0, 0,
	 "the Windows Filtering Platform (a firewall or an application container) refused; no socket is in "
	 "the "
	 "way"},
	{RULE_ADDRESS_NOT_LOCAL, 0, 0, "no interface of this machine has this address, or it is not up yet"},
	{RULE_ALREADY_BOUND, 0, 0,
	 "this socket is bound to port {entry_port} already: a socket binds only once"},
	{RULE_BAD_ADDRESS, 0, 0, "the address or its length does not fit the socket"},
	{RULE_NO_MEMORY, 0, 0, "no buffer space, or no port of the dynamic range is free"},
	{RULE_OPTIONS_UNSEEN, W_NEW_UNSEEN | W_OLD_UNSEEN, 0,
	 "{holder} has {old_addr}; the options of both sockets were not seen, so which rule refused is not "
	 "known"},
	{RULE_OPTIONS_UNSEEN, W_NEW_UNSEEN, 0,
	 "{holder} has {old_addr}; the options of this socket were not seen, so which rule refused is not "
	 "known"},
	{RULE_OPTIONS_UNSEEN, 0, 0,
	 "{holder} has {old_addr}; what it set was not seen, so which rule refused is not known"},
	{RULE_UNEXPLAINED, W_ACCEPTED, 0,
	 "accepted, but by the rules known for Windows {holder} should have been in the way"},
	{RULE_UNEXPLAINED, W_HOLDER, 0, "the rules known for Windows say otherwise"},
	{RULE_UNEXPLAINED, 0, W_PORT,
	 "refused before the port was looked at, for a reason that is not known"},
	{RULE_UNEXPLAINED, 0, 0,
	 "no socket was seen on this port: it is older than the trace, or the port is in an excluded range "
	 "(netsh int ipv4 show excludedportrange)"},
};

static const struct phrase notes[] = {
	{RULE_NONE, W_NEW_INFERRED | W_OLD_INFERRED, 0,
	 "; that both sockets have SO_REUSEADDR was not seen: it is inferred from this answer"},
	{RULE_NONE, W_NEW_INFERRED | W_ACCEPTED, W_OLD_INFERRED,
	 "; that this socket has SO_REUSEADDR was not seen: it is inferred, since another one has its "
	 "address"},
	{RULE_NONE, W_NEW_INFERRED, W_OLD_INFERRED | W_ACCEPTED,
	 "; that this socket has SO_REUSEADDR was not seen: it is inferred from the kernel's status"},
	{RULE_NONE, W_OLD_INFERRED, W_NEW_INFERRED,
	 "; that the holder has SO_REUSEADDR was not seen: it is inferred"},
	{RULE_NONE, W_NEW_UNSEEN | W_OLD_UNSEEN, W_ACCEPTED,
	 "; inferred from the answer: the options of both sockets were not seen"},
	{RULE_NONE, W_NEW_UNSEEN, W_OLD_UNSEEN | W_ACCEPTED,
	 "; inferred from the answer: the options of this socket were not seen"},
	{RULE_NONE, W_OLD_UNSEEN, W_NEW_UNSEEN | W_ACCEPTED,
	 "; inferred from the answer: the options of the holder were not seen"},
	{RULE_NONE, W_NEW_UNSEEN | W_OLD_UNSEEN | W_ACCEPTED, 0,
	 "; the options of both sockets were not seen"},
	{RULE_NONE, W_NEW_UNSEEN | W_ACCEPTED, W_OLD_UNSEEN, "; the options of this socket were not seen"},
	{RULE_NONE, W_OLD_UNSEEN | W_ACCEPTED, W_NEW_UNSEEN, "; the options of the holder were not seen"},
	{RULE_NONE, W_OTHER_RESULT, 0, "; if this socket has SO_REUSEADDR, the application got WSAEACCES"},
	{RULE_NONE, W_UNCONFIRMED, 0, "; only the process said so, the kernel did not confirm it"},
	{RULE_NONE, W_LOSSY, 0, "; events were lost"},
};

static const struct phrase remedies[] = {
	{RULE_EXCLUDED_RANGE, 0, 0, "take a port outside {reserved}"},
	{RULE_EXCLUDED_RANGE, W_ADMIN, 0,
	 "delete it: netsh int ipv4 delete excludedportrange protocol={protocol} startport={reserved_first} "
	 "numberofports={reserved_count}"},
	{RULE_EXCLUDED_RANGE, 0, W_ADMIN,
	 "reserve {port} before the service does: net stop winnat; netsh int ipv4 add excludedportrange "
	 "protocol={protocol} startport={port} numberofports=1; net start winnat"},
	{RULE_WFP, 0, 0, "find the filter: netsh wfp show netevents, or event 5159 of the security log"},
	{RULE_ADDRESS_NOT_LOCAL, 0, 0, "bind an address of this machine, or the wildcard"},
	{RULE_NO_REUSE, W_PROCESS, 0, "stop {stop_list}"},
	{RULE_EXCLUSIVE, W_PROCESS, 0, "stop {stop_list}"},
	{RULE_OTHER_USER, W_PROCESS, 0, "stop {stop_list}"},
	{RULE_ACCESS, W_PROCESS, 0, "stop {stop_list}"},
	{RULE_OPTIONS_UNSEEN, W_PROCESS, 0, "stop {stop_list}"},
	{RULE_OTHER_USER, 0, 0, "bind as the user of {holder}"},
	{RULE_SPECIFIC_BESIDE_WILDCARD, W_ACCEPTED, 0,
	 "set SO_EXCLUSIVEADDRUSE on {holder}'s socket before its bind(): then nobody takes an address from "
	 "it"},
	{RULE_REUSEADDR_BOTH, W_ACCEPTED, 0,
	 "set SO_EXCLUSIVEADDRUSE instead of SO_REUSEADDR on a server's socket: Windows does not need the "
	 "latter "
	 "to restart"},
};

const struct phrase_table winsock_because = ROWS(because);
const struct phrase_table winsock_notes = ROWS(notes);
const struct phrase_table winsock_remedies = ROWS(remedies);
