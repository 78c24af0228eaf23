/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/list_order.h"

#include <stdbool.h>
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

#define PORTS	    65536
#define WORTH_A_MAP 4096 /* with fewer, less is compared than the ports are counted */

static void take_places(const struct list_key *keys, size_t count, uint32_t *starts)
{
	for (size_t i = 0; i < count; i++)
		starts[keys[i].port + 1]++;
	for (size_t port = 0; port < PORTS; port++)
		starts[port + 1] += starts[port];
}

/* Each goes to where its port's are, which are sorted by themselves. */
static bool sort_ports(struct list_key *keys, size_t count)
{
	uint32_t *starts = calloc(PORTS + 1, sizeof(*starts));
	struct list_key *copy = malloc(count * sizeof(*copy));
	size_t first = 0, next;

	if (starts && copy) {
		memcpy(copy, keys, count * sizeof(*copy));
		take_places(copy, count, starts);
		for (size_t i = 0; i < count; i++)
			keys[starts[copy[i].port]++] = copy[i];
		for (; first < count; first = next) {
			next = starts[keys[first].port]; /* by now where those of the next port begin */
			qsort(keys + first, next - first, sizeof(*keys), by_port);
		}
	}
	free(starts);
	free(copy);
	return first == count;
}

void list_sort(struct list_key *keys, size_t count, enum list_order order)
{
	static int (*const orders[LIST_ORDERS])(const void *one, const void *two) = {
		[LIST_BY_PORT] = by_port,   [LIST_BY_ADDRESS] = by_address, [LIST_BY_PROTOCOL] = by_protocol,
		[LIST_BY_STATE] = by_state, [LIST_BY_NETNS] = by_netns,	    [LIST_BY_UID] = by_uid,
	};

	if (order == LIST_BY_PORT && count >= WORTH_A_MAP && count < UINT32_MAX && sort_ports(keys, count))
		return;
	if (count)
		qsort(keys, count, sizeof(*keys), orders[order]);
}
