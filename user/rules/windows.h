/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Winsock answers to the second of two binds. */
#ifndef REUSETRACE_RULES_WINDOWS_H
#define REUSETRACE_RULES_WINDOWS_H

#include "rules/pair.h"

enum windows_version { WINDOWS_SERVER_2003 /* and later */, WINDOWS_XP /* and 2000 */ };

/* Options at bind(), and whether the address is a wildcard or one address. */
enum windows_kind {
	KIND_DEFAULT_ANY,
	KIND_DEFAULT_ONE,
	KIND_REUSE_ANY,
	KIND_REUSE_ONE,
	KIND_EXCLUSIVE_ANY,
	KIND_EXCLUSIVE_ONE,
	WINDOWS_KINDS
};

enum windows_kind windows_kind(bool exclusive, bool reuse, bool any);

/* bits of enum pair_bit, with the traits of Windows; always an answer */
void windows_pair(enum windows_version version, uint32_t bits, struct pair_row *ret_row);

/* What is wrong with one socket alone (its options are the NEW ones), NULL if nothing. */
const struct pair_row *windows_alone(uint32_t bits);

#endif
