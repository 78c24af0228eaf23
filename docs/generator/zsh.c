/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for zsh: a specification of _arguments for each command. */
#include "generator.h"

#include <errno.h>
#include <string.h>

static const char head[] = "#compdef reusetrace\n"
			   "# SPDX-License-Identifier: GPL-2.0-or-later\n"
			   "# zsh completion for reusetrace, made from its table of options\n"
			   "\n";

static const char tail[] = "_reusetrace() {\n"
			   "\tlocal command=trace\n"
			   "\tif ((CURRENT > 2)) && ((${+functions[_reusetrace_of_$words[2]]})); then\n"
			   "\t\tcommand=$words[2]\n"
			   "\t\tshift words\n"
			   "\t\t((CURRENT--))\n"
			   "\tfi\n"
			   "\t_reusetrace_of_$command\n"
			   "}\n"
			   "\n"
			   "_reusetrace \"$@\"\n";

/* Inside single quotes, with what _arguments takes for its own after a backslash. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("[]:\\", *text))
			fputc('\\', out);
		fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, out);
	}
}

static const struct value_frame frames[VALUE_KINDS] = {
	[VALUE_FREE] = {" ", NULL},
	[VALUE_WORDS] = {"(", ")"},
	[VALUE_LIST] = {"_values -s , value ", ""},
	[VALUE_FILE] = {"_files", NULL},
	[VALUE_COMMAND] = {"{compadd -- ${(f)\"$(", ")\"}}"},
};

/* '(-P --port)'{-P+,--port=}'[text]:LIST:action' */
static int put_option(FILE *out, const struct option_info *option)
{
	const char *value_mark = !option->metavar ? "" : option->is_optional ? "-" : "=";
	const struct value *value = NULL;

	if (option->metavar) {
		value = value_of(option->type, option->name);
		if (!value)
			return -EINVAL;
	}
	fputs("\t\t'", out);
	if (option->letter && option->name)
		fprintf(out, "(-%c --%s)'{-%c%s,--%s%s}'", option->letter, option->name, option->letter,
			option->metavar && !option->is_optional ? "+" : "", option->name,
			option->is_optional ? "=-" : value_mark);
	else if (option->letter)
		fprintf(out, "-%c", option->letter);
	else
		fprintf(out, "--%s%s", option->name, option->is_optional ? "=-" : value_mark);
	fputc('[', out);
	put_text(out, option->help);
	fputc(']', out);
	if (value) {
		fprintf(out, ":%s%s:", option->is_optional ? ":" : "", option->metavar);
		value_put(out, value, frames, put_text);
	}
	fputs("' \\\n", out);
	return 0;
}

static int put_operand(FILE *out, const struct command_info *command)
{
	const struct operand *operand = &command->operand;
	const struct value *value;

	if (!operand->type)
		return 0;
	value = value_of(operand->type, operand->name);
	if (!value)
		return -EINVAL;
	fprintf(out, "\t\t'%s:%s:", operand->most > 1 ? "*" : "1", operand->name);
	value_put(out, value, frames, put_text);
	fputs("'", out);
	return 0;
}

static void put_first_word(FILE *out)
{
	fputs("_reusetrace_first() {\n\tlocal -a commands=(\n", out);
	for (size_t i = 0; all_commands[i]; i++) {
		const char *text = strstr(all_commands[i]->summary, "  ");

		fprintf(out, "\t\t'%s:", all_commands[i]->name);
		put_text(out, text ? text + strspn(text, " ") : "");
		fputs("'\n", out);
	}
	fputs("\t)\n\t_describe command commands\n}\n\n", out);
}

static int put_command(FILE *out, const struct command_info *command)
{
	struct option_info option;
	int err = 0;

	fprintf(out, "_reusetrace_of_%s() {\n\t_arguments -s -S \\\n", command_name(command));
	for (size_t i = 0; options_row(i, &option) && !err; i++)
		if (option_is_of(&option, command))
			err = put_option(out, &option);
	if (command->runs_program)
		fputs("\t\t'1:PORTS or command:_reusetrace_first' '*::COMMAND:_normal'", out);
	else if (!err)
		err = put_operand(out, command);
	fputs("\n}\n\n", out);
	return err;
}

int write_zsh(FILE *out)
{
	int err = 0;

	fputs(head, out);
	put_first_word(out);
	for (size_t i = 0; command_at(i) && !err; i++)
		err = put_command(out, command_at(i));
	fputs(tail, out);
	return err;
}
