/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words: one row a sentence or remedy, chosen by rule and situation. */
#ifndef REUSETRACE_RULES_TABLE_H
#define REUSETRACE_RULES_TABLE_H

#include "rules/situation.h"

struct phrase {
	enum rule_id rule;   /* RULE_NONE: any */
	uint64_t need, deny; /* bits of the situation: enum situation_bit, enum refusal_bit in refusal.h */
	const char *text;    /* with {slots}, see sentence.c */
};

struct phrase_table {
	const struct phrase *rows;
	size_t count;
	bool refusals; /* its rows name refusal bits */
};

extern const struct phrase_table table_because, table_delivery, table_remedies;

/* The next row that fits, from *position on, which moves behind it; NULL at the end. */
const struct phrase *phrase_next(const struct phrase_table *table, const struct situation *situation,
				 size_t *position);

/* Who lacks which option; "" where options are not what is missing. */
const char *lacks_text(const struct sock_info *binder, const struct sock_info *holder);

/*
 * How the holder is called in a sentence: "the holder", "the outgoing
 * connection"; *ret_link is the word before its peer ("to"), if it has one.
 */
const char *holder_noun(const struct holder *holder, const char **ret_link);

#endif
