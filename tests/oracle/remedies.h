/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_REMEDIES_H
#define REUSETRACE_TESTS_ORACLE_REMEDIES_H

#include "pairs.h"

/* Of every n-th refused pair the remedies are carried out; 0: of none. */
void remedies_every(unsigned long n);
void remedies_note(const struct pair *pair);
void remedies_flush(bool all);
/* Those that say to wait: waits. */
void remedies_finish(void);

#endif
