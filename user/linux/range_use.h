/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has the ports of a range in which no port was free: counted after the
 * refusal, from the sockets of all processes, the tables of connections in the
 * network namespace, and what is reserved there.
 */
#ifndef REUSETRACE_LINUX_RANGE_USE_H
#define REUSETRACE_LINUX_RANGE_USE_H

#include "linux/looker.h"
#include "linux/tracer.h"
#include "model/event.h"

/*
 * Fills in event->refusal.ports.  Returns 0 or a negative errno, and then leaves
 * it: -ENOENT if no way into the network namespace is known, -EPERM without
 * the right to enter it, -ENOMEM.
 */
int range_use_count(struct tracer *tracer, struct looker *looker, struct event *event);

#define PORTS 65536

/* What the tables of a network namespace say of the ports of a range. */
struct ports_look {
	uint32_t netns;	 /* its inode */
	uint32_t pid;	 /* who asked, and is probably in it */
	uint32_t lo, hi; /* the range */
	bool udp;
	bool held[PORTS], waits[PORTS], reserved[PORTS]; /* by port; waits: only TIME_WAIT */
};

/* LOOK_PORTS; 0, -ENOENT or -EPERM as above. */
int range_use_look(void *about);

#endif
