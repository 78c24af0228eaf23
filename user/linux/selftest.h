/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real binds on loopback, on ports that the kernel chooses. */
#ifndef REUSETRACE_LINUX_SELFTEST_H
#define REUSETRACE_LINUX_SELFTEST_H

/*
 * TCP and UDP: bind, listen, and a second bind that must be refused.  0 if
 * the kernel answered as every kernel does, else a negative errno.
 */
int selftest_run(void);

#endif
