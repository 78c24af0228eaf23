/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_WHY_H
#define REUSETRACE_TESTS_ORACLE_WHY_H

#include <stdbool.h>

/*
 * Without a trace: `PROGRAM why` is asked before each binder's bind and
 * listen, and must have said what the kernel then answers.  is_asker: PROGRAM
 * is not reusetrace but asker/asker.c, which is as quick as it is to be asked
 * thousands of times.
 */
void why_run(const char *program, bool is_asker, unsigned long from, unsigned long to, unsigned long stride);

#endif
