/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The orders of `ls`, of struct holder here: there are no network namespaces, which are all alike. */
#include "cli/list_order.h"

#include <string.h>

#include "model/event.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static const struct sock_info *sock_of(const void *holder)
{
	return &((const struct holder *)holder)->sock;
}

static int by_protocol(const void *one, const void *two)
{
	return COMPARE(sock_of(one)->protocol, sock_of(two)->protocol);
}

static int by_address(const void *one, const void *two)
{
	const struct sock_info *a = sock_of(one), *b = sock_of(two);
	int order = COMPARE(a->family, b->family);

	order = order ? order : memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
	return order ? order : COMPARE(a->port, b->port);
}

static int by_state(const void *one, const void *two)
{
	return COMPARE(sock_of(one)->state, sock_of(two)->state);
}

static int by_uid(const void *one, const void *two)
{
	return COMPARE(sock_of(one)->uid, sock_of(two)->uid);
}

static int by_port(const void *one, const void *two)
{
	int order = COMPARE(sock_of(one)->port, sock_of(two)->port);

	order = order ? order : by_protocol(one, two);
	return order ? order : by_address(one, two);
}

int (*const list_orders[LIST_ORDERS])(const void *one, const void *two) = {
	[LIST_BY_PORT] = by_port,   [LIST_BY_ADDRESS] = by_address, [LIST_BY_PROTOCOL] = by_protocol,
	[LIST_BY_STATE] = by_state, [LIST_BY_NETNS] = by_port,	    [LIST_BY_UID] = by_uid,
};
