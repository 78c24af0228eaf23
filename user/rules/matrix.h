/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every combination of options of a first and a second bind, on one system. */
#ifndef REUSETRACE_RULES_MATRIX_H
#define REUSETRACE_RULES_MATRIX_H

#include "rules/explain.h"

/* Options of one side of the matrix, with a wildcard or one address. */
struct matrix_side {
	const char *options; /* "reuseaddr" */
	bool any;
	struct claim claim;
};

#define MATRIX_MAX 8

struct matrix {
	enum system_id system;
	struct claim first, second; /* protocol, port, user and state; the rest varies */
	size_t count;
	struct matrix_side rows[MATRIX_MAX], columns[MATRIX_MAX];
};

/* The options that the system knows; the sockets' specific address, or 127.0.0.1. */
void matrix_init(struct matrix *matrix, enum system_id system, const struct claim *first,
		 const struct claim *second);
void matrix_cell(const struct matrix *matrix, size_t row, size_t column, struct explanation *ret_cell);

#endif
