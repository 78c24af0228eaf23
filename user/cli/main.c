/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cli/command.h"

/* Besides the trace. */
static const struct command_info *const commands[] = {
	&why_command,	  &ls_command,	   &explain_command, &record_command,
	&history_command, &replay_command, &report_command,  NULL,
};

int main(int argc, char **argv)
{
	return command_main(commands, argc, argv);
}
