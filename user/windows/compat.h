/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included before every source that is compiled for Windows: what the sources
 * expect of a C library and its own lacks.
 */
#ifndef REUSETRACE_WINDOWS_COMPAT_H
#define REUSETRACE_WINDOWS_COMPAT_H

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void *memmem(const void *where, size_t where_size, const void *what, size_t what_size);
char *strndup(const char *text, size_t most);

/* POSIX's: bytes are bytes, and "e" keeps the file from children. */
FILE *compat_fopen(const char *path, const char *mode);
#define fopen compat_fopen

/*
 * The numbers of an event are its kernel's: where the C library here has others
 * of its own, which no file operation returns, Linux's are meant.
 */
#undef ENAMETOOLONG
#undef ELOOP
#undef ENOTSOCK
#undef EOPNOTSUPP
#undef EAFNOSUPPORT
#undef EADDRINUSE
#undef EADDRNOTAVAIL
#undef ENETUNREACH
#undef ENOBUFS
#undef ENOTCONN
#undef EDQUOT
#define ENAMETOOLONG  36
#define ELOOP	      40
#define ENOTSOCK      88
#define EOPNOTSUPP    95
#define EAFNOSUPPORT  97
#define EADDRINUSE    98
#define EADDRNOTAVAIL 99
#define ENETUNREACH   101
#define ENOBUFS	      105
#define ENOTCONN      107
#define EDQUOT	      122

#endif
