/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command says when it cannot go on: one line on standard error, and its exit status. */
#ifndef REUSETRACE_CLI_COMPLAINT_H
#define REUSETRACE_CLI_COMPLAINT_H

/* Both return EXIT_RUNTIME. */
int complain(const char *text);
int complain_errno(const char *what, int err);

/* "ls: -N: 'VALUE': WHY", where value and why may have any bytes; returns EXIT_USAGE. */
int complain_usage(const char *where, const char *value, const char *why);

/* The exit status of what ended with err; a reader that went away (-EPIPE) is no failure. */
int ended_with(const char *what, int status, int err);

#endif
