/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two binds by the rules of the BSDs, macOS and Solaris: tables only. */
#ifndef REUSETRACE_RULES_BSD_H
#define REUSETRACE_RULES_BSD_H

#include "rules/pair.h"

struct pair_rows {
	const struct pair_row *rows;
	size_t count;
};

/* Asked in this order, with pair_apart() behind `before`; the last row of `shared` always fits. */
struct pair_table {
	struct pair_rows before, own, shared;
	const char *source; /* of rows that name none */
};

extern const struct pair_table table_macos, table_freebsd, table_openbsd, table_netbsd, table_solaris;

void table_pair(const struct pair_table *table, uint32_t bits, struct pair_row *ret_row);

#endif
