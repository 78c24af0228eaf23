/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_WHY_H
#define REUSETRACE_TESTS_ORACLE_WHY_H

/*
 * Without a trace: `PROGRAM why` is asked before each binder's bind and
 * listen, and must have said what the kernel then answers.
 */
void why_run(const char *program, unsigned long from, unsigned long to, unsigned long stride);

#endif
