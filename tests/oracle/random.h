/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_RANDOM_H
#define REUSETRACE_TESTS_ORACLE_RANDOM_H

#include <stdint.h>

/* Starts the processes that make the calls; before anything is open that they should not have. */
void random_prepare(void);

/* At least that many attempts; sequence n has the seed + n, so a printed seed with 1 attempt replays it. */
void random_run(uint64_t seed, unsigned long attempts);

#endif
