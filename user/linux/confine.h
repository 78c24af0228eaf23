/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Giving up rights: capabilities, new ones by executing something, and system
 * calls other than those of a table.  Of the calling thread and its children.
 */
#ifndef REUSETRACE_LINUX_CONFINE_H
#define REUSETRACE_LINUX_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* Bits, for the tables of confine.c and allowed_calls.c. */
enum role {
	ROLE_TRACER = 1 << 0,  /* once everything is attached */
	ROLE_WRITER = 1 << 1,  /* ... and it writes files besides the open ones: a recording, metrics */
	ROLE_ASKER = 1 << 2,   /* ... and it asks container runtimes */
	ROLE_JOURNAL = 1 << 3, /* ... and it writes to journald */
	ROLE_LOOKER = 1 << 4,  /* looker.h */
	ROLE_SIGNALS = 1 << 5, /* ... and it passes signals on to COMMAND */
};

/* A capability that is kept only where something fails without it. */
struct need {
	int capability;		      /* CAP_* */
	bool (*works)(void *context); /* while it is not effective */
	void *context;
};

/*
 * roles: those of this process.  Capabilities first: the needs are tried one
 * after the other, without those that are kept no more.  0 or a negative errno;
 * what could be given up is given up even where something could not:
 * -EOPNOTSUPP means that the kernel has no seccomp filters.
 */
int confine(unsigned int roles, const struct need *needs, size_t count);

#endif
