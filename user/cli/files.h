/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands that read a file and write another check: of each platform's own files.c. */
#ifndef REUSETRACE_CLI_FILES_H
#define REUSETRACE_CLI_FILES_H

#include <stdbool.h>

/* What is read must not be emptied by what is written. */
bool is_same_file(const char *one, const char *other);

/* A reader that went away is -EPIPE and not the end of the program. */
void closed_pipes_are_errors(void);

#endif
