/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refused for what was passed as descriptor or address, or because no interface has the address. */
#include "refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void no_fd(struct event *event)
{
	event->fd = 7;
	event->sock.protocol = PROTO_NONE;
	event->sock.family = FAMILY_NONE;
}

static void length_200(struct event *event)
{
	event->refusal.addrlen = 200;
}

static void length_minus(struct event *event)
{
	event->refusal.addrlen = -1;
}

static void length_12(struct event *event)
{
	event->refusal.addrlen = 12;
}

static void length_24(struct event *event)
{
	event->refusal.addrlen = 24;
}

static void unspecified(struct event *event)
{
	event->requested.family = FAMILY_NONE;
}

static void unix_family(struct event *event)
{
	event->requested.family = FAMILY_OTHER;
	event->refusal.sa_family = 1;
}

static void v6only(struct event *event)
{
	event->sock.options.v6only = true;
}

static void scope_4711(struct event *event)
{
	event->requested.scope = 4711;
}

static void device_5(struct event *event)
{
	event->sock.ifindex = 5;
}

static void bound(struct event *event)
{
	event->entry_port = 8080;
}

static void listening(struct event *event)
{
	event->entry_port = 8080;
	event->sock.state = STATE_LISTEN;
}

/* inet_bind() looks at the length, and __inet6_bind() for multicast, before they look whether it is bound. */
static void short_and_bound(struct event *event)
{
	length_12(event);
	bound(event);
}

static void connected(struct event *event)
{
	event->entry_port = 8080;
	event->sock.state = STATE_ESTABLISHED;
}

#define NAME_INTERFACE "name the interface: [fe80::1%eth0], or SO_BINDTODEVICE"

static const struct refusal address_rows[] = {
	{BIND_TCP("127.0.0.1", NULL, EBADF, SYSCALL, no_fd),
	 RULE_BAD_DESCRIPTOR,
	 "EBADF: descriptor 7 is not open",
	 {NULL}},
	{LISTEN_TCP("127.0.0.1", NULL, ENOTSOCK, SYSCALL, no_fd),
	 RULE_BAD_DESCRIPTOR,
	 "ENOTSOCK: descriptor 7 is open, but no socket",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EBADF, SYSCALL, NULL),
	 RULE_BAD_DESCRIPTOR,
	 "EBADF: the descriptor is not an open socket",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EFAULT, SYSCALL, NULL),
	 RULE_BAD_ADDRESS,
	 "EFAULT: what was passed as the address is not in the process's memory",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, SYSCALL, length_200),
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of 200 bytes was passed, and IPv4 needs 16",
	 {NULL}},
	{BIND_TCP("::1", NULL, EINVAL, SYSCALL, length_minus),
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of -1 bytes was passed, and IPv6 needs 28",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, ADDRESS, length_12),
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of 12 bytes was passed, and IPv4 needs 16",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, ADDRESS, short_and_bound),
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of 12 bytes was passed, and IPv4 needs 16",
	 {NULL}},
	{BIND_TCP("::", "ff02::1", EINVAL, ADDRESS, bound),
	 RULE_BAD_ADDRESS,
	 "EINVAL: a stream socket cannot have a multicast address",
	 {NULL}},
	{BIND_TCP("::1", NULL, EINVAL, ADDRESS, length_24),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, ADDRESS, length_200),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, STATE, bound),
	 RULE_ALREADY_BOUND,
	 "this socket is bound to port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, STATE, listening),
	 RULE_ALREADY_BOUND,
	 "this socket listens on port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{BIND_TCP("127.0.0.1", NULL, EINVAL, STATE, connected),
	 RULE_ALREADY_BOUND,
	 "this socket is connected from port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{BIND_TCP("::1", "127.0.0.1", EINVAL, ADDRESS, length_12),
	 RULE_WRONG_FAMILY,
	 "EINVAL: the address that was passed is IPv4, the socket is IPv6",
	 {NULL}},
	{BIND_UDP("127.0.0.1", "::1", EAFNOSUPPORT, ADDRESS, NULL),
	 RULE_WRONG_FAMILY,
	 "EAFNOSUPPORT: the address that was passed is IPv6, the socket is IPv4",
	 {NULL}},
	{BIND_UDP("127.0.0.1", NULL, EAFNOSUPPORT, ADDRESS, unix_family),
	 RULE_WRONG_FAMILY,
	 "EAFNOSUPPORT: the address that was passed is of family 1, the socket is IPv4",
	 {NULL}},
	{BIND_UDP("127.0.0.1", NULL, EAFNOSUPPORT, ADDRESS, unspecified),
	 RULE_WRONG_FAMILY,
	 "the address family that was passed is not the socket's",
	 {NULL}},
	{BIND_TCP("::", "ff02::1", EINVAL, ADDRESS, NULL),
	 RULE_BAD_ADDRESS,
	 "EINVAL: a stream socket cannot have a multicast address",
	 {NULL}},
	{BIND_UDP("::", "ff02::1", EINVAL, ADDRESS, NULL),
	 RULE_BAD_ADDRESS,
	 "EINVAL: a link-local address is meant for one interface, and none was named (no scope id, no bound "
	 "device)",
	 {"name the interface: [ff02::1%eth0], or SO_BINDTODEVICE"}},
	{BIND_TCP("::", "::ffff:127.0.0.1", EINVAL, ADDRESS, v6only),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address is IPv4 in IPv6 notation, which IPV6_V6ONLY on this socket excludes",
	 {"clear IPV6_V6ONLY, or use an IPv4 socket"}},
	{BIND_TCP("::", "::ffff:127.0.0.1", EINVAL, ADDRESS, NULL),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{BIND_TCP("::", "fe80::1", EINVAL, ADDRESS, NULL),
	 RULE_BAD_ADDRESS,
	 "EINVAL: a link-local address is meant for one interface, and none was named (no scope id, no bound "
	 "device)",
	 {NAME_INTERFACE}},
	{BIND_TCP("::", "febf::1", EINVAL, ADDRESS, device_5),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{BIND_TCP("::", "fec0::1", EINVAL, ADDRESS, NULL),
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{BIND_TCP("::", "fe80::1", ENODEV, ADDRESS, scope_4711),
	 RULE_NO_DEVICE,
	 "interface 4711 does not exist in this network namespace, or not any more",
	 {NULL}},
	{BIND_TCP("::", "fe80::1", ENODEV, ADDRESS, device_5),
	 RULE_NO_DEVICE,
	 "interface 5 does not exist in this network namespace, or not any more",
	 {NULL}},
};

static void test_addresses(void **state)
{
	(void)state;
	CHECK_REFUSALS(address_rows);
}

static void listed(struct event *event)
{
	event->refusal.interfaces_listed = true;
}

static void here(struct event *event)
{
	listed(event);
	snprintf(event->refusal.here_device, DEVICE_LEN, "vrf\n0");
}

static void tentative(struct event *event)
{
	here(event);
	event->address_tentative = true;
}

static void tentative_somewhere(struct event *event)
{
	event->address_tentative = true;
}

static void duplicate(struct event *event)
{
	tentative(event);
	event->refusal.here_failed = true;
}

static void there(struct event *event)
{
	listed(event);
	event->refusal.there.netns = 77;
	snprintf(event->refusal.there.device, DEVICE_LEN, "eth0");
}

static void other_device(struct event *event)
{
	here(event);
	event->refusal.here_other_device = true;
}

static void down(struct event *event)
{
	listed(event);
	event->refusal.here_down = true;
}

static void others(struct event *event)
{
	listed(event);
	event->refusal.others_listed = 3;
}

static void there_by_name(struct event *event)
{
	there(event);
	event->refusal.there.pid = 812;
	snprintf(event->refusal.there.comm, COMM_LEN, "nginx");
	snprintf(event->refusal.there.name, DEVICE_LEN, "blue");
}

static void nonlocal(struct event *event)
{
	there(event);
	event->refusal.nonlocal_bind = true;
}

static void freebind(struct event *event)
{
	there(event);
	event->sock.options.freebind = true;
}

static void transparent(struct event *event)
{
	listed(event);
	event->sock.options.transparent = true;
}

#define ADD_ADDRESS  "add the address to an interface, or set IP_FREEBIND to bind before it is there"
#define ADD_ADDRESS6 "add the address to an interface, or set IPV6_FREEBIND to bind before it is there"
#define WAIT_FOR_IT  "wait for the address to become valid, or set IPV6_FREEBIND"

static const struct refusal local_rows[] = {
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, NULL),
	 RULE_ADDRESS_NOT_LOCAL,
	 "EADDRNOTAVAIL: the address is none of this network namespace's, or not a valid one there (its "
	 "interfaces "
	 "were not looked at)",
	 {ADD_ADDRESS}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, listed),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address; neither IP_FREEBIND nor "
	 "net.ipv4.ip_nonlocal_bind is set",
	 {ADD_ADDRESS}},
	{BIND_TCP("::", "::ffff:192.0.2.1", EADDRNOTAVAIL, ADDRESS, listed),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address; neither IPV6_FREEBIND nor "
	 "net.ipv4.ip_nonlocal_bind is set",
	 {ADD_ADDRESS6}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, others),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, nor of any other that was looked at (3); "
	 "neither IP_FREEBIND nor net.ipv4.ip_nonlocal_bind is set",
	 {ADD_ADDRESS}},
	{BIND_TCP("2001:db8::1", NULL, EADDRNOTAVAIL, ADDRESS, there),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace 77 has; "
	 "neither IPV6_FREEBIND nor net.ipv6.ip_nonlocal_bind is set",
	 {"run it in that network namespace", ADD_ADDRESS6}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, there_by_name),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace blue (that "
	 "of nginx[812]) has; neither IP_FREEBIND nor net.ipv4.ip_nonlocal_bind is set",
	 {"run it in that network namespace", ADD_ADDRESS}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, nonlocal),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace 77 has",
	 {"run it in that network namespace", ADD_ADDRESS}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, freebind),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace 77 has",
	 {"run it in that network namespace", ADD_ADDRESS}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, transparent),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address",
	 {ADD_ADDRESS}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, other_device),
	 RULE_ADDRESS_NOT_LOCAL,
	 "vrf\\x0a0 of this network namespace has this address, but not for a socket on no device",
	 {NULL}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, down),
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address: lo is down",
	 {"ip link set lo up"}},
	{BIND_TCP("192.0.2.1", NULL, EADDRNOTAVAIL, ADDRESS, here),
	 RULE_ADDRESS_NOT_LOCAL,
	 "vrf\\x0a0 of this network namespace has this address now, but did not, or not as a valid one, when "
	 "bind() was called",
	 {"bind again, or set IP_FREEBIND"}},
	{BIND_TCP("2001:db8::1", NULL, EADDRNOTAVAIL, ADDRESS, tentative_somewhere),
	 RULE_ADDRESS_TENTATIVE,
	 "the address is there but tentative: IPv6 duplicate address detection has not ended",
	 {WAIT_FOR_IT}},
	{BIND_TCP("2001:db8::1", NULL, EADDRNOTAVAIL, ADDRESS, tentative),
	 RULE_ADDRESS_TENTATIVE,
	 "vrf\\x0a0 has the address, but it is tentative: IPv6 duplicate address detection has not ended",
	 {WAIT_FOR_IT,
	  "add the address with nodad, or as optimistic while net.ipv6.conf.vrf\\x0a0.optimistic_dad is 1"}},
	{BIND_TCP("2001:db8::1", NULL, EADDRNOTAVAIL, ADDRESS, duplicate),
	 RULE_ADDRESS_TENTATIVE,
	 "vrf\\x0a0 has the address, but IPv6 duplicate address detection failed: another host has it too",
	 {"choose an address that no other host has"}},
};

static void test_local(void **state)
{
	(void)state;
	CHECK_REFUSALS(local_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
