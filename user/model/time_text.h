/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time stamps and durations as text, and a time stamp back. */
#ifndef REUSETRACE_MODEL_TIME_TEXT_H
#define REUSETRACE_MODEL_TIME_TEXT_H

#include <stdint.h>

/* "2026-11-22T10:01:09.872Z": UTC, decimals 0 to 9. */
#define RFC3339_LEN 40
void time_rfc3339(char buf[RFC3339_LEN], int64_t unix_ns, unsigned int decimals);

/* Such a time back, years 1970 to 2261: 0 or -EINVAL. */
int time_from_rfc3339(const char *text, int64_t *ret_unix_ns);

/* "1.2 ms" */
#define DURATION_LEN 32
void duration_text(char buf[DURATION_LEN], int64_t ns);

#endif
