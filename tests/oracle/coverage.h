/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_COVERAGE_H
#define REUSETRACE_TESTS_ORACLE_COVERAGE_H

#include "oracle.h"

void coverage_add(const struct test_case *one);
/* Complains of every value of an axis and every rule that did not come up. */
void coverage_check(const struct policy *policy);

#endif
