/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_PAIRS_H
#define REUSETRACE_TESTS_ORACLE_PAIRS_H

void pairs_run(unsigned long from, unsigned long to, unsigned long stride);
void pairs_flush(void);

#endif
