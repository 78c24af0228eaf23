/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <windows.h>

#include "cli/command.h"

const struct command_info *const all_commands[] = {
	&why_command, &ls_command, &explain_command, &replay_command, &report_command, &doctor_command, NULL,
};

int main(int argc, char **argv)
{
	(void)_setmode(_fileno(stdin), _O_BINARY);
	(void)_setmode(_fileno(stdout), _O_BINARY);
	(void)_setmode(_fileno(stderr), _O_BINARY);
	SetConsoleOutputCP(CP_UTF8);
	return command_main(all_commands, argc, argv);
}
