/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_RULES_SENTENCE_H
#define REUSETRACE_RULES_SENTENCE_H

#include "rules/situation.h"

/*
 * Expand the {slots} of one template.  Always terminated, cut at size - 1,
 * printable ASCII: what a process chose (comm, device) is escaped.  A value is
 * never expanded again.  An unknown slot is copied as it is.
 */
void sentence_expand(char *text, size_t size, const char *template, const struct situation *situation);

#endif
