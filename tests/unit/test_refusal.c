/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refused for want of a right, by the state of the socket, or for want of memory. */
#include "refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void capable(struct event *event)
{
	event->refusal.capable = true;
}

static void capable_elsewhere(struct event *event)
{
	event->refusal.capable = true;
	event->refusal.user_ns = 51;
}

static void unknown_ns(struct event *event)
{
	event->refusal.capable = true;
	event->refusal.user_ns = 0;
}

static const char lacks[] = "port 80 is below 1024 (net.ipv4.ip_unprivileged_port_start of network namespace "
			    "1) and the process lacks CAP_NET_BIND_SERVICE";
static const struct refusal privilege_rows[] = {
	{BIND_TCP("127.0.0.1", NULL, EACCES, PRIVILEGE, NULL),
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "grant CAP_NET_BIND_SERVICE",
	  "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, PRIVILEGE, capable),
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, PRIVILEGE, unknown_ns),
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, PRIVILEGE, capable_elsewhere),
	 RULE_PRIVILEGED_PORT,
	 "port 80 is below 1024, and the process has CAP_NET_BIND_SERVICE only in its own user namespace 51: "
	 "the network namespace belongs to 50",
	 {"use port 1024 or higher", "run it in a network namespace of its own user namespace",
	  "lower net.ipv4.ip_unprivileged_port_start to 80"}},
};

static void test_privilege(void **state)
{
	(void)state;
	CHECK_REFUSALS(privilege_rows);
}

static void any_port(struct event *event)
{
	event->explicit_port = false;
	event->requested_port = 0;
}

static void crowded(struct event *event)
{
	any_port(event);
	event->range_lo = 30000;
	event->range_hi = 30009;
	event->refusal.ports = (struct range_use){
		.counted = true,
		.taken = 8,
		.time_wait = 3,
		.reserved = 2,
		.most = {{4100, 4, "py\nthon3"}, {7, 1, "x"}},
	};
}

static void own_range(struct event *event)
{
	any_port(event);
	event->range_lo = event->range_hi = event->refusal.own_hi = 40001;
	event->refusal.own_lo = 40000;
	event->refusal.ports = (struct range_use){.counted = true, .taken = 1, .time_wait = 1};
}

static void own_lower_bound(struct event *event)
{
	any_port(event);
	event->range_lo = event->refusal.own_lo = 60000;
}

static void own_upper_bound(struct event *event)
{
	any_port(event);
	event->range_hi = event->refusal.own_hi = 40000;
}

static const struct refusal other_rows[] = {
	{BIND_TCP("127.0.0.1", NULL, EACCES, SECCOMP, NULL),
	 RULE_SECCOMP,
	 "EACCES by a seccomp filter of the process: the system call never ran",
	 {NULL}},
	{LISTEN_UDP("127.0.0.1", NULL, EOPNOTSUPP, LISTEN, NULL),
	 RULE_WRONG_STATE,
	 "EOPNOTSUPP: a socket of this type or in this state cannot do that",
	 {NULL}},
	{LISTEN_TCP("127.0.0.1", NULL, EINVAL, LISTEN, NULL),
	 RULE_WRONG_STATE,
	 "EINVAL: a socket of this type or in this state cannot do that",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, ENOMEM, ADDRESS, NULL),
	 RULE_NO_MEMORY,
	 "ENOMEM, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
	{BIND_UDP("127.0.0.1", NULL, EADDRINUSE, PORT, any_port),
	 RULE_RANGE_EXHAUSTED,
	 "EADDRINUSE: no port of 32768-60999 is free for this socket",
	 {"widen net.ipv4.ip_local_port_range"}},
	{BIND_UDP("127.0.0.1", NULL, EADDRINUSE, PORT, crowded),
	 RULE_RANGE_EXHAUSTED,
	 "EADDRINUSE: no port of 30000-30009 is free for this socket: 8 of 10 are taken (3 by TIME_WAIT), "
	 "most "
	 "by py\\x0athon3[4100] (4), x[7] (1); 2 are in net.ipv4.ip_local_reserved_ports",
	 {"take ports out of net.ipv4.ip_local_reserved_ports", "widen net.ipv4.ip_local_port_range"}},
	{BIND_UDP("127.0.0.1", NULL, EADDRINUSE, PORT, own_range),
	 RULE_RANGE_EXHAUSTED,
	 "EADDRINUSE: no port of 40001-40001 is free for this socket (its IP_LOCAL_PORT_RANGE is "
	 "40000-40001): 1 "
	 "of 1 are taken (1 by TIME_WAIT)",
	 {"widen the socket's IP_LOCAL_PORT_RANGE"}},
	{BIND_TCP("127.0.0.1", NULL, EADDRINUSE, PORT, own_lower_bound),
	 RULE_RANGE_EXHAUSTED,
	 "EADDRINUSE: no port of 60000-60999 is free for this socket (its IP_LOCAL_PORT_RANGE is "
	 "60000-60999)",
	 {"widen the socket's IP_LOCAL_PORT_RANGE",
	  "if the socket will connect(), set IP_BIND_ADDRESS_NO_PORT before bind()"}},
	{LISTEN_TCP("127.0.0.1", NULL, EADDRINUSE, PORT, own_upper_bound),
	 RULE_RANGE_EXHAUSTED,
	 "EADDRINUSE: no port of 32768-40000 is free for this socket (its IP_LOCAL_PORT_RANGE is "
	 "32768-40000)",
	 {"widen the socket's IP_LOCAL_PORT_RANGE"}},
	/* get_port() says EADDRINUSE where it could not allocate a bucket */
	{BIND_TCP("127.0.0.1", NULL, EADDRINUSE, PORT, NULL),
	 RULE_NO_MEMORY,
	 "EADDRINUSE, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
	{LISTEN_TCP("127.0.0.1", NULL, EBUSY, LISTEN, NULL),
	 RULE_NO_MEMORY,
	 "EBUSY, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
};

static void test_others(void **state)
{
	(void)state;
	CHECK_REFUSALS(other_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_privilege),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
