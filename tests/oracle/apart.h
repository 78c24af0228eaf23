/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_APART_H
#define REUSETRACE_TESTS_ORACLE_APART_H

#include "pairs.h"

/* Of a pair in two VRFs or network namespaces; others are passed over. */
void apart_check(const struct pair *pair, struct attempt *attempt);

#endif
