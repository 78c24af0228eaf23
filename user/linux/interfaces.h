/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has the address that no socket could have: an interface of the socket's
 * network namespace, which for some reason did not count, or one of another.
 * Asked by rtnetlink(7), after the refusal: what it says may be newer.
 */
#ifndef REUSETRACE_LINUX_INTERFACES_H
#define REUSETRACE_LINUX_INTERFACES_H

#include "model/event.h"

/* What is asked for, as the kernel took it: what a program made of it, and IPv4 where it is mapped. */
struct sought_address {
	struct address address;
	uint32_t netns;	 /* inode */
	uint32_t device; /* that the socket is for, 0: any */
};

void interfaces_sought(const struct event *event, struct sought_address *ret_sought);

/*
 * Fills in event->address_tentative and what event->refusal says of interfaces:
 * nothing of it where the socket's network namespace cannot be found or entered.
 * Others are looked at only if no interface there has the address.
 */
void interfaces_find(struct event *event);

#endif
