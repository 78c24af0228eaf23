/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the error numbers in events: Linux's (as on x86 and arm64) and
 * Winsock's.  Numbers, not <errno.h>: a recording may come from elsewhere.
 */
#ifndef REUSETRACE_VIEW_ERRNO_NAME_H
#define REUSETRACE_VIEW_ERRNO_NAME_H

/* code is positive; NULL if unknown */
const char *errno_name(int code);

/* the positive code, 0 if unknown */
int errno_from_name(const char *name);

#endif
