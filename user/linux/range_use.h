/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has the ports of a range in which no port was free: counted after the
 * refusal, from the sockets of all processes, the tables of connections in the
 * network namespace, and what is reserved there.
 */
#ifndef REUSETRACE_LINUX_RANGE_USE_H
#define REUSETRACE_LINUX_RANGE_USE_H

#include "linux/tracer.h"
#include "model/event.h"

/*
 * Fills in event->refusal.ports.  Returns 0 or a negative errno, and then leaves
 * it: -ENOENT if no way into the network namespace is known, -EPERM without
 * the right to enter it, -ENOMEM.
 */
int range_use_count(struct tracer *tracer, struct event *event);

#endif
