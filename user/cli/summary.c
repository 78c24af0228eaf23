/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/summary.h"

#include <inttypes.h>

void summary_add(struct summary *summary, const struct event *event)
{
	uint64_t *counts = event->result < 0 ? summary->refused : summary->accepted;

	if (event->verdict.rule >= 0 && event->verdict.rule < RULE_MAX)
		counts[event->verdict.rule]++;
}

static void print_rows(const char *title, const uint64_t *counts, FILE *out)
{
	for (int rule = 0; rule < RULE_MAX; rule++)
		if (counts[rule])
			fprintf(out, "%-9s %8" PRIu64 "  %s\n", title, counts[rule],
				rule ? rule_name(rule) : "not judged");
}

void summary_print(const struct summary *summary, FILE *out)
{
	print_rows("accepted", summary->accepted, out);
	print_rows("refused", summary->refused, out);
}
