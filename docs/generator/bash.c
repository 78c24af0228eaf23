/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completion for bash: of its own accord, without the package bash-completion. */
#include "generator.h"

#include <errno.h>

static const char head[] = "# SPDX-License-Identifier: GPL-2.0-or-later\n"
			   "# bash completion for reusetrace, made from its table of options\n"
			   "\n"
			   "# Fills COMPREPLY with the words that begin like the current one.\n"
			   "_reusetrace_words() {\n"
			   "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
			   "}\n"
			   "\n"
			   "# The same behind the last comma.\n"
			   "_reusetrace_list() {\n"
			   "\tlocal before=\n"
			   "\t[[ $cur != *,* ]] || before=${cur%,*},\n"
			   "\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\")\n"
			   "}\n"
			   "\n"
			   "_reusetrace_files() {\n"
			   "\tcompopt -o filenames 2>/dev/null\n"
			   "\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
			   "}\n"
			   "\n";

static const char tail[] =
	"_reusetrace() {\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=trace i\n"
	"\tCOMPREPLY=()\n"
	"\t# --time=wall is three words to readline\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\tfi\n"
	"\tif ((COMP_CWORD > 1)) && [[ \" $_reusetrace_commands \" == *\" ${COMP_WORDS[1]} \"* ]]; then\n"
	"\t\tcommand=${COMP_WORDS[1]}\n"
	"\tfi\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\t[[ ${COMP_WORDS[i]} == -- ]] || continue\n"
	"\t\tif ((COMP_CWORD == i + 1)) && [[ $command == trace ]]; then\n"
	"\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
	"\t\telse\n"
	"\t\t\t_reusetrace_files\n"
	"\t\tfi\n"
	"\t\treturn\n"
	"\tdone\n"
	"\t_reusetrace_value \"$command $prev\" && return\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\t_reusetrace_words \"${_reusetrace_options[$command]}\"\n"
	"\telif ((COMP_CWORD == 1)); then\n"
	"\t\t_reusetrace_words \"$_reusetrace_commands\"\n"
	"\telse\n"
	"\t\t_reusetrace_operand \"$command\"\n"
	"\tfi\n"
	"}\n"
	"\n"
	"complete -F _reusetrace reusetrace\n";

static void put_options(FILE *out, const struct command_info *command)
{
	struct option_info option;

	fprintf(out, "\t[%s]='", command_name(command));
	for (size_t i = 0; options_row(i, &option); i++) {
		if (!option_is_of(&option, command))
			continue;
		if (option.letter)
			fprintf(out, "-%c ", option.letter);
		if (option.name)
			fprintf(out, "--%s ", option.name);
	}
	fputs("'\n", out);
}

static const struct value_frame frames[VALUE_KINDS] = {
	[VALUE_FREE] = {":", NULL},
	[VALUE_WORDS] = {"_reusetrace_words '", "'"},
	[VALUE_LIST] = {"_reusetrace_list '", "'"},
	[VALUE_FILE] = {"_reusetrace_files", NULL},
	[VALUE_COMMAND] = {"_reusetrace_words \"$(", ")\""},
};

static void put_text(FILE *out, const char *text)
{
	fputs(text, out);
}

static int put_values(FILE *out, const struct command_info *command)
{
	struct option_info option;

	for (size_t i = 0; options_row(i, &option); i++) {
		const char *name = option.name ? option.name : "a letter";
		const struct value *value;

		if (!option.metavar || !option_is_of(&option, command))
			continue;
		value = value_of(option.type, name);
		if (!value)
			return -EINVAL;
		fputs("\t'", out);
		if (option.letter && !option.is_optional)
			fprintf(out, "%s -%c' | '", command_name(command), option.letter);
		fprintf(out, "%s --%s') ", command_name(command), name);
		value_put(out, value, frames, put_text);
		fputs(" ;;\n", out);
	}
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
	fprintf(out, "\t%s) ", command_name(command));
	value_put(out, value, frames, put_text);
	fputs(" ;;\n", out);
	return 0;
}

int write_bash(FILE *out)
{
	int err = 0;

	fputs(head, out);
	fputs("_reusetrace_commands='", out);
	for (size_t i = 1; command_at(i); i++)
		fprintf(out, "%s%s", i > 1 ? " " : "", command_at(i)->name);
	fputs("'\ndeclare -gA _reusetrace_options=(\n", out);
	for (size_t i = 0; command_at(i); i++)
		put_options(out, command_at(i));
	fputs(")\n\n# Completes the value of an option; fails if the word takes none.\n_reusetrace_value() "
	      "{\n"
	      "\tcase $1 in\n",
	      out);
	for (size_t i = 0; command_at(i) && !err; i++)
		err = put_values(out, command_at(i));
	fputs("\t*) return 1 ;;\n\tesac\n}\n\n_reusetrace_operand() {\n\tcase $1 in\n", out);
	for (size_t i = 0; command_at(i) && !err; i++)
		err = put_operand(out, command_at(i));
	fputs("\tesac\n}\n\n", out);
	fputs(tail, out);
	return err;
}
