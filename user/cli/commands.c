/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cli/command.h"

const struct command_info *const all_commands[] = {
	&why_command,	  &ls_command,	   &explain_command, &record_command,
	&history_command, &replay_command, &report_command,  NULL,
};
