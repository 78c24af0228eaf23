/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of AF_UNIX sockets as events. */
#ifndef REUSETRACE_LINUX_DECODE_UNIX_H
#define REUSETRACE_LINUX_DECODE_UNIX_H

#include "event.h"
#include "model/event.h"

/* The event's header is decoded already. */
void decode_unix(const struct rt_unix *record, struct event *event);

/* A named socket that some process has, as a holder with that one owner; its strings are copies. */
void decode_unix_holder(const struct rt_unix_holder *record, struct holder *ret_holder,
			struct owner *ret_owner);

#endif
