/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_SPECIAL_H
#define REUSETRACE_TESTS_ORACLE_SPECIAL_H

void special_run(void);

#endif
