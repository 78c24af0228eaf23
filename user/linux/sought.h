/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map `sought` of the programs that look for holders, as memory of this process. */
#ifndef REUSETRACE_LINUX_SOUGHT_H
#define REUSETRACE_LINUX_SOUGHT_H

#include <stddef.h>

#include "linux/seek.h"

struct rt_sought;

int sought_map(int fd, struct rt_sought **ret_sought);
void sought_unmap(struct rt_sought *sought); /* NULL is allowed */

/* The first RT_SOUGHT_MAX of them are sought from now on, and no others. */
void sought_set(struct rt_sought *sought, const struct sought_socket *sockets, size_t count);

#endif
