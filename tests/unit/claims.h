/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets for the rules of other systems, written as `explain` takes them. */
#ifndef REUSETRACE_TESTS_CLAIMS_H
#define REUSETRACE_TESTS_CLAIMS_H

#include "unit.h"

#include "rules/systems.h"

struct claim claim_of(const char *text);

struct pair_case {
	enum system_id system;
	const char *first, *second;
	enum reply reply;
	const char *rule;
	const char *source; /* where the expectation comes from */
};

/* The answer, checked to be complete: a rule, a sentence, a source. */
struct pair_row answer_of(enum system_id system, const char *first, const char *second);

void check_pairs(const struct pair_case *cases, size_t count);

#endif
