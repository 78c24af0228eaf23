/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The orders of `ls`, of sockets of whatever system. */
#ifndef REUSETRACE_CLI_LIST_ORDER_H
#define REUSETRACE_CLI_LIST_ORDER_H

#include "cli/options.h"

/* One socket, in its system's own numbers: only their order counts. */
struct list_key {
	size_t row; /* the caller's; those that are equal stay in its order */
	uint32_t netns;
	uint32_t protocol, family, state, uid;
	uint16_t port;
	uint8_t address[16];
};

void list_sort(struct list_key *keys, size_t count, enum list_order order);

#endif
