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
