/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "claims.h"

#include <string.h>

#include "cli/socket_words.h"

struct claim claim_of(const char *text)
{
	char error[SOCKET_ERROR_LEN] = "";
	struct claim claim;

	if (socket_words_parse(text, &claim, error))
		fail_msg("'%s': %s", text, error);
	return claim;
}

struct pair_row answer_of(enum system_id system, const char *first, const char *second)
{
	struct claim old = claim_of(first), new = claim_of(second);
	struct pair_row row = {.rule = NULL};

	system_pair(system, &old, &new, &row);
	if (!row.rule || !*row.rule || !row.because || !*row.because || !row.source || !*row.source)
		fail_msg("%s, %s, %s: no rule, sentence or source", system_name(system), first, second);
	if (row.delivery && row.reply != REPLY_ACCEPTED)
		fail_msg("%s, %s, %s: nobody shares a refused port", system_name(system), first, second);
	return row;
}

void check_pairs(const struct pair_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct pair_case *one = &cases[i];
		struct pair_row row = answer_of(one->system, one->first, one->second);

		if (row.reply != one->reply || strcmp(row.rule, one->rule))
			fail_msg("%s: %s, %s: %d %s instead of %d %s (%s)", system_name(one->system),
				 one->first, one->second, row.reply, row.rule, one->reply, one->rule,
				 one->source);
	}
}
