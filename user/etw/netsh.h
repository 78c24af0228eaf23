/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Excluded port ranges, as `netsh int ipv4 show excludedportrange protocol=tcp`
 * lists them; nothing else that is documented does.  netsh speaks the user's
 * language: a range is a line of two numbers, with a `*` behind them if an
 * administrator made it, and the protocol is the word tcp or udp before.
 */
#ifndef REUSETRACE_ETW_NETSH_H
#define REUSETRACE_ETW_NETSH_H

#include <stddef.h>
#include "model/event.h"

struct netsh_range {
	enum protocol protocol; /* NONE: the text does not say */
	uint16_t first, last;
	bool by_admin;
};

/* 0 goes on. */
typedef int (*netsh_each)(void *context, const struct netsh_range *range);

/*
 * text may be UTF-16 with its mark, as PowerShell's > writes it, and is not
 * terminated.  0, what each() returned, or -EBADMSG: netsh did not write this.
 */
int netsh_ranges(const void *text, size_t size, netsh_each each, void *context);

#endif
