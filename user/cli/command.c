/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "cli/complaint.h"

#ifndef REUSETRACE_VERSION
#define REUSETRACE_VERSION "unknown"
#endif

static const struct command_info *find_command(const struct command_info *const commands[], const char *word)
{
	for (size_t i = 0; word && commands[i]; i++)
		if (!strcmp(commands[i]->name, word))
			return commands[i];
	return NULL;
}

static int show_help(const struct command_info *command, const struct command_info *const others[])
{
	struct strbuf help = {0};
	int err;

	options_help(&help, command, command == &trace_command ? others : NULL);
	err = strbuf_write(&help, stdout);
	strbuf_free(&help);
	return ended_with("--help", EXIT_OK, err);
}

static int show_version(void)
{
	struct strbuf line = {0};
	int err;

	strbuf_puts(&line, "reusetrace " REUSETRACE_VERSION "\n");
	err = strbuf_write(&line, stdout);
	strbuf_free(&line);
	return ended_with("--version", EXIT_OK, err);
}

int command_main(const struct command_info *const commands[], int argc, char **argv)
{
	static struct config config;
	const struct command_info *command = find_command(commands, argc > 1 ? argv[1] : NULL);
	int skipped = command ? 1 : 0;
	char error[OPTIONS_ERROR_LEN];

	if (!command)
		command = &trace_command;
	if (options_parse(command, argc - skipped, argv + skipped, &config, error, sizeof(error))) {
		fprintf(stderr, "reusetrace: %s\n", error);
		return EXIT_USAGE;
	}
	if (config.help)
		return show_help(command, commands);
	if (config.version)
		return show_version();
	return command->run(&config);
}
