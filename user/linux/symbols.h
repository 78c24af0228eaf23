/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of kernel functions, from /proc/kallsyms: read when one is asked for that is not known yet. */
#ifndef REUSETRACE_LINUX_SYMBOLS_H
#define REUSETRACE_LINUX_SYMBOLS_H

#include "model/event.h"

struct symbols;

struct symbols *symbols_new(void);
void symbols_free(struct symbols *symbols); /* NULL is allowed */

/*
 * The function that begins at this address and the module it is in.  Both are
 * "" where the kernel does not tell (kptr_restrict without CAP_SYSLOG).
 */
void symbols_name(struct symbols *symbols, uint64_t address, char ret_function[SYMBOL_LEN],
		  char ret_module[SYMBOL_LEN]);

#endif
