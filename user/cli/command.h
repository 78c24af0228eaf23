/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command as a row: what it takes, what its help says, what runs it.  Each
 * one is in its own file; main.c lists them.
 */
#ifndef REUSETRACE_CLI_COMMAND_H
#define REUSETRACE_CLI_COMMAND_H

#include "cli/option_types.h"
#include "cli/options.h"

enum exit_status {
	EXIT_OK = 0,
	EXIT_RUNTIME = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_PERMITTED = 3,
	EXIT_NO_KERNEL = 4,
	EXIT_REJECTED = 10,
};

/* Words that are no options. */
struct operand {
	const char *name; /* "FILE" */
	const struct option_type *type;
	size_t offset; /* into struct config */
	size_t least, most;
	const char *one;  /* with too many: "one port list is enough" */
	const char *hint; /* what else a wrong one may have been meant for, or NULL */
};

struct command_info {
	enum command bit;
	const char *name;    /* the first word; NULL: the trace */
	const char *summary; /* "replay FILE    explain a recording again" */
	const char *help_head, *help_tail;
	struct operand operand;
	bool runs_program; /* -- COMMAND [ARG...] */
	int (*run)(const struct config *config);
};

/* What runs without a command's name. */
extern const struct command_info trace_command;

/* The others of this system, up to a NULL. */
extern const struct command_info *const all_commands[];

/* The words of a command line; commands[] ends with NULL.  Returns an exit status. */
int command_main(const struct command_info *const commands[], int argc, char **argv);

extern const struct command_info doctor_command;
extern const struct command_info explain_command;
extern const struct command_info history_command;
extern const struct command_info record_command;
extern const struct command_info ls_command;
extern const struct command_info why_command;
extern const struct command_info replay_command;
extern const struct command_info report_command;

#endif
