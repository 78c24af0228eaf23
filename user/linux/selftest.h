/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real binds on loopback, on ports that the kernel chooses. */
#ifndef REUSETRACE_LINUX_SELFTEST_H
#define REUSETRACE_LINUX_SELFTEST_H

#include <stdbool.h>

/*
 * TCP and UDP: bind, listen, and a second bind that must be refused.  0 if
 * the kernel answered as every kernel does, else a negative errno.
 */
int selftest_run(void);

/*
 * Does a wildcard bind overlook specific addresses once more than ten sockets
 * share its UDP hash slot?  Kernels without inet_use_hash2_on_bind() do.  Asks
 * the kernel on 127.0.1.0/24; false where that is not possible.
 */
bool selftest_udp_slot_blind(void);

#endif
