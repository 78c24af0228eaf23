/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_TESTS_ORACLE_RECORD_H
#define REUSETRACE_TESTS_ORACLE_RECORD_H

/* A NULL path records nothing. */
void record_open(const char *path);
void record_line(const char *line);
void record_close(void);

#endif
