/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts for the rules, written as words.
 *
 * A socket is a line of words: "127.0.0.1 ra listen uid=1000".
 */
#ifndef REUSETRACE_TESTS_ATTEMPTS_H
#define REUSETRACE_TESTS_ATTEMPTS_H

#include "unit.h"

#include "model/event.h"
#include "rules/rules.h"

#define MAX_HOLDERS 4
#define USED	    (-EADDRINUSE)

extern const struct policy new_kernel; /* >= 6.17 */
extern const struct policy kernel_6_12;
extern const struct policy kernel_6_1;
extern const struct policy kernel_5_10;

struct attempt {
	struct event event;
	struct holder holders[MAX_HOLDERS];
	struct owner owners[MAX_HOLDERS];
};

void parse_address(const char *text, struct address *address);
struct sock_info sock(enum protocol protocol, const char *line);

/* A bind to 8080 of pid 4242; holder i belongs to pid 4100 + i unless nobody can have it. */
void make_attempt(struct attempt *attempt, enum protocol protocol, const char *binder,
		  const char *const *holders);

void kernel_says(struct event *event, int result, enum stage stage);

#endif
