/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that read a file and write another say and check. */
#ifndef REUSETRACE_CLI_FILES_H
#define REUSETRACE_CLI_FILES_H

#include <stdbool.h>

/* One line on standard error; both return EXIT_RUNTIME. */
int complain(const char *text);
int complain_errno(const char *what, int err);

/* ---- of each platform's own files.c */

/* What is read must not be emptied by what is written. */
bool is_same_file(const char *one, const char *other);

/* A reader that went away is -EPIPE and not the end of the program. */
void closed_pipes_are_errors(void);

#endif
