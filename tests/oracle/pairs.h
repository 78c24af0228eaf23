/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_PAIRS_H
#define REUSETRACE_TESTS_ORACLE_PAIRS_H

#include "oracle.h"

struct pair {
	struct test_case one;
	struct held held;
	int binder;
	uint16_t port;
	bool holds;
	bool remedied; /* not as constructed: what the kernel answers is a remedy's proof */
	struct attempt *last;
	struct endpoint endpoint;
};

void pairs_run(unsigned long from, unsigned long to, unsigned long stride);
void pairs_flush(void);
/* reusetrace stands still while a batch is made, and then looks for owners once: quicker. */
void pairs_pause(void);

void pair_open_binder(struct pair *pair);
/* bind() and listen() as the case says; last is the one that decided. */
void pair_attempt(struct pair *pair);
void pair_end(struct pair *pair);

#endif
