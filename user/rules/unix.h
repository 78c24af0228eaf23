/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for binds of AF_UNIX sockets, and what is the case as bits. */
#ifndef REUSETRACE_RULES_UNIX_H
#define REUSETRACE_RULES_UNIX_H

#include "rules/table.h"
#include "rules/words.h"

enum unix_bit {
	U_DATAGRAM = 1 << 0,
	U_ABSTRACT = 1 << 1,
	U_CONNECTED = 1 << 2, /* the holder is no more than a connection */
	U_PROCESS = 1 << 3,   /* a process has the holder */
	U_NAMELESS = 1 << 4,  /* no name was asked for */
	U_SEARCH = 1 << 6,    /* FAULT_SEARCH */
	U_WRITE = 1 << 7,     /* FAULT_WRITE */
	U_DIRECTORY = 1 << 8, /* what is at the path is one */
	U_MODULES = 1 << 9,   /* the active security modules are known */
	U_REPLACED = 1 << 10, /* what is there came after the refusal */
	U_LEFT = 1 << 5,      /* the file of a socket is at the path */
	/* of all sockets in the way */
	U_STOPPABLE = 1 << 11,	  /* processes have them that can be stopped: others, no pid 1, no systemd */
	U_OWN = 1 << 12,	  /* nobody but the caller's process has them */
	U_MANAGER = 1 << 13,	  /* systemd, which makes those of socket units, has one */
	U_ONLY_MANAGER = 1 << 14, /* ... and nobody else */
	U_SYSTEM = 1 << 15,	  /* ... and is pid 1 */
};

extern const struct phrase_table table_unix, table_unix_remedies;

/* NULL: there is no slot of this name. */
const struct slot *unix_slot(const char *name, size_t len);

#endif
