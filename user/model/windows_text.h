/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for what only an event of Windows has, and back: NULL and -EINVAL for what is none. */
#ifndef REUSETRACE_MODEL_WINDOWS_TEXT_H
#define REUSETRACE_MODEL_WINDOWS_TEXT_H

#include "model/event.h"

const char *provenance_name(unsigned int provenance);
int provenance_from_name(const char *name);

/* A name of struct sock_info's from[]. */
const char *fact_name(enum fact fact);

const char *windows_cause_name(enum windows_cause cause);
int windows_cause_from_name(const char *name);

#endif
