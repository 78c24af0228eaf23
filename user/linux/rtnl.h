/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One question to rtnetlink(7) and its one answer, of this process's network namespace. */
#ifndef REUSETRACE_LINUX_RTNL_H
#define REUSETRACE_LINUX_RTNL_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

struct rtnl_reply {
	union {
		struct nlmsghdr header;
		char room[8192];
	};
};

/*
 * The type of the first message, which is whole, or a negative errno: the
 * kernel's own too, that of a dump as well.  A dump is asked strictly: what
 * the header filters is filtered.
 */
int rtnl_ask(struct nlmsghdr *request, struct rtnl_reply *ret_reply);

/* A number of the reply, whose message begins with size bytes of its own: otherwise if it has none. */
uint32_t rtnl_number(const struct rtnl_reply *reply, size_t size, unsigned short type, uint32_t otherwise);

#endif
