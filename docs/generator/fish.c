/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for fish: a line for each option of each command. */
#include "generator.h"

#include <errno.h>
#include <string.h>

static const char head[] = "# SPDX-License-Identifier: GPL-2.0-or-later\n"
			   "# fish completion for reusetrace, made from its table of options\n"
			   "\n"
			   "# Is this the command of the line?  The trace is what no other one is.\n"
			   "function __reusetrace_is\n"
			   "\tset -l words (commandline -opc)\n"
			   "\tset -l command trace\n"
			   "\tif contains -- \"$words[2]\" $__reusetrace_commands\n"
			   "\t\tset command $words[2]\n"
			   "\tend\n"
			   "\ttest $command = $argv[1]\n"
			   "end\n"
			   "\n"
			   "function __reusetrace_is_first\n"
			   "\ttest (count (commandline -opc)) -eq 1\n"
			   "end\n"
			   "\n";

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
}

static const struct value_frame frames[VALUE_KINDS] = {
	[VALUE_FREE] = {" -x", NULL},
	[VALUE_WORDS] = {" -x -a '", "'"},
	[VALUE_LIST] = {" -x -a '(__fish_append , (string split \" \" \"", "\"))'"},
	[VALUE_FILE] = {" -r -F", NULL},
	[VALUE_COMMAND] = {" -x -a '(", ")'"},
};

static int put_option(FILE *out, const struct command_info *command, const struct option_info *option)
{
	const struct value *value = NULL;

	if (option->metavar) {
		value = value_of(option->type, option->name);
		if (!value)
			return -EINVAL;
	}
	fprintf(out, "complete -c reusetrace -n '__reusetrace_is %s'", command_name(command));
	if (option->letter)
		fprintf(out, " -s %c", option->letter);
	if (option->name)
		fprintf(out, " -l %s", option->name);
	if (value && option->is_optional)
		fprintf(out, " -a '%s'", value->source); /* behind = or not at all */
	else if (value)
		value_put(out, value, frames, put_text);
	fputs(" -d '", out);
	put_text(out, option->help);
	fputs("'\n", out);
	return 0;
}

static int put_operand(FILE *out, const struct command_info *command)
{
	const struct value *value;

	if (!command->operand.type)
		return 0;
	value = value_of(command->operand.type, command->operand.name);
	if (!value)
		return -EINVAL;
	if (value->kind == VALUE_FILE)
		fprintf(out, "complete -c reusetrace -n '__reusetrace_is %s' -F\n", command_name(command));
	return 0;
}

static int put_command(FILE *out, const struct command_info *command)
{
	struct option_info option;
	int err = 0;

	fputc('\n', out);
	for (size_t i = 0; options_row(i, &option) && !err; i++)
		if (option_is_of(&option, command))
			err = put_option(out, command, &option);
	return err ? err : put_operand(out, command);
}

int write_fish(FILE *out)
{
	int err = 0;

	fputs(head, out);
	fputs("set -g __reusetrace_commands", out);
	for (size_t i = 0; all_commands[i]; i++)
		fprintf(out, " %s", all_commands[i]->name);
	fputs("\n\ncomplete -c reusetrace -f\n", out);
	for (size_t i = 0; all_commands[i]; i++) {
		const char *text = strstr(all_commands[i]->summary, "  ");

		fprintf(out, "complete -c reusetrace -n __reusetrace_is_first -a %s -d '",
			all_commands[i]->name);
		put_text(out, text ? text + strspn(text, " ") : "");
		fputs("'\n", out);
	}
	for (size_t i = 0; command_at(i) && !err; i++)
		err = put_command(out, command_at(i));
	return err;
}
