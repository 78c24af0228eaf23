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
};

extern const struct phrase_table table_unix, table_unix_remedies;

/* NULL: there is no slot of this name. */
const struct slot *unix_slot(const char *name, size_t len);

#endif
