/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --summary: how often each rule decided. */
#ifndef REUSETRACE_CLI_SUMMARY_H
#define REUSETRACE_CLI_SUMMARY_H

#include <stdio.h>

#include "rules/rules.h"

struct summary {
	uint64_t accepted[RULE_MAX];
	uint64_t refused[RULE_MAX];
};

void summary_add(struct summary *summary, const struct event *event);
void summary_print(const struct summary *summary, FILE *out);

#endif
