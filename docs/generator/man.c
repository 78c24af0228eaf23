/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual page: a frame in which a line "@name@" stands for a table. */
#include "generator.h"

#include <errno.h>
#include <string.h>

#include "recorder/recorder.h"

/* Text as roff shows it: no line of it is a request, a hyphen in an option is a minus. */
static void put_text(FILE *out, const char *text)
{
	bool word_begins = true;

	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-' && (word_begins || text[1] == '-' || text[-1] == '-'))
			fputs("\\-", out);
		else if (*text == '~')
			fputs("\\(ti", out);
		else
			fputc(*text, out);
		word_begins = *text == ' ' || *text == '(' || *text == '\'' || *text == '"';
	}
}

static void put_name(FILE *out, const char *text)
{
	for (; *text; text++)
		fputs(*text == '-' ? "\\-" : (char[]){*text, '\0'}, out);
}

static void put_option(FILE *out, const struct option_info *option)
{
	fputs(".TP\n", out);
	if (option->letter)
		fprintf(out, "\\fB\\-%c\\fR%s", option->letter, option->name ? ", " : "");
	if (option->name) {
		fputs("\\fB\\-\\-", out);
		put_name(out, option->name);
		fputs("\\fR", out);
	}
	if (option->metavar && option->is_optional)
		fprintf(out, "[=\\fI%s\\fR]", option->metavar);
	else if (option->metavar)
		fprintf(out, "%s\\fI%s\\fR", option->letter ? " " : "=", option->metavar);
	fputc('\n', out);
}

/* "trace, record, history" */
static void put_commands_of(FILE *out, const struct option_info *option)
{
	const char *separator = "";

	fputs("Commands: ", out);
	for (size_t i = 0; command_at(i); i++) {
		if (!(option->commands & command_at(i)->bit))
			continue;
		fprintf(out, "%s%s", separator, command_name(command_at(i)));
		separator = ", ";
	}
	fputs(".\n", out);
}

static int put_options(FILE *out)
{
	struct option_info option;
	const char *section = NULL;

	for (size_t i = 0; options_row(i, &option); i++) {
		if (!option.help)
			continue;
		if (option.section != section)
			fprintf(out, ".SS %s\n", option.section);
		section = option.section;
		put_option(out, &option);
		put_text(out, option.help);
		fputs(".\n", out);
		put_commands_of(out, &option);
	}
	return 0;
}

static int put_synopsis(FILE *out)
{
	for (size_t i = 0; command_at(i); i++) {
		const struct command_info *command = command_at(i);
		const char *line = command->help_head;

		for (; !strncmp(line, "Usage: ", 7) || !strncmp(line, "       ", 7);
		     line = strchr(line, '\n') + 1) {
			char usage[160];

			snprintf(usage, sizeof(usage), "%.*s", (int)strcspn(line + 7, "\n"), line + 7);
			fputs(line == trace_command.help_head ? "" : ".PP\n", out);
			fputs("\\fBreusetrace\\fR", out);
			put_text(out, usage + strlen("reusetrace"));
			fputc('\n', out);
		}
	}
	return 0;
}

/* What --help says of each command between the usage and its options. */
static int put_commands(FILE *out)
{
	for (size_t i = 0; all_commands[i]; i++) {
		const char *text = strstr(all_commands[i]->help_head, "\n\n");

		fprintf(out, ".SS %s\n.nf\n", all_commands[i]->name);
		for (text = text ? text + 2 : ""; *text; text += *text == '\n') {
			char line[160];
			size_t length = strcspn(text, "\n");

			snprintf(line, sizeof(line), "%.*s", (int)length, text);
			put_text(out, line);
			fputc('\n', out);
			text += length;
		}
		fputs(".fi\n", out);
	}
	return 0;
}

static int put_rules(FILE *out)
{
	for (const struct rule_row *row = rule_rows; row->id; row++) {
		fputs(".TP\n.B ", out);
		put_name(out, row->id);
		fputc('\n', out);
		put_text(out, row->text);
		fputc('\n', out);
	}
	return rules_complete();
}

static int put_fields(FILE *out)
{
	for (const struct field_row *row = field_rows; row->path; row++) {
		if (!row->type) {
			fprintf(out, ".SS %s\n", row->path);
			put_text(out, row->text);
			fputc('\n', out);
			continue;
		}
		fprintf(out, ".TP\n.BR %s \" (%s)\"\n", row->path, row->type);
		put_text(out, row->text);
		fputc('\n', out);
	}
	return 0;
}

static int put_database(FILE *out)
{
	fprintf(out, ".I %s\n", RECORDER_PATH);
	return 0;
}

static const struct {
	const char *line;
	int (*put)(FILE *out);
} parts[] = {
	{"@synopsis@\n", put_synopsis}, {"@commands@\n", put_commands}, {"@options@\n", put_options},
	{"@rules@\n", put_rules},	{"@fields@\n", put_fields},	{"@database@\n", put_database},
};

int write_man(FILE *out, FILE *frame)
{
	char line[512];
	int err = 0;

	while (!err && fgets(line, sizeof(line), frame)) {
		size_t i = 0;

		while (i < ARRAY_SIZE(parts) && strcmp(line, parts[i].line))
			i++;
		if (i < ARRAY_SIZE(parts))
			err = parts[i].put(out);
		else
			fputs(line, out);
	}
	return err;
}
