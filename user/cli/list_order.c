/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/list_order.h"

#include <stdlib.h>
#include <string.h>

#define COMPARE(member) ((a->member > b->member) - (a->member < b->member))

static int by_address(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(family);

	order = order ? order : memcmp(a->address, b->address, sizeof(a->address));
	order = order ? order : COMPARE(port);
	return order ? order : COMPARE(row);
}

static int by_port(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(port);

	order = order ? order : COMPARE(protocol);
	order = order ? order : COMPARE(netns);
	return order ? order : by_address(one, two);
}

static int by_protocol(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(protocol);

	return order ? order : by_port(one, two);
}

static int by_state(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(state);

	return order ? order : by_port(one, two);
}

static int by_netns(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(netns);

	return order ? order : by_port(one, two);
}

static int by_uid(const void *one, const void *two)
{
	const struct list_key *a = one, *b = two;
	int order = COMPARE(uid);

	return order ? order : by_port(one, two);
}

void list_sort(struct list_key *keys, size_t count, enum list_order order)
{
	static int (*const orders[LIST_ORDERS])(const void *one, const void *two) = {
		[LIST_BY_PORT] = by_port,   [LIST_BY_ADDRESS] = by_address, [LIST_BY_PROTOCOL] = by_protocol,
		[LIST_BY_STATE] = by_state, [LIST_BY_NETNS] = by_netns,	    [LIST_BY_UID] = by_uid,
	};

	if (count)
		qsort(keys, count, sizeof(*keys), orders[order]);
}
