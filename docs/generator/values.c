/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "generator.h"

#include <string.h>

static const struct value values[] = {
	{&type_ports, VALUE_FREE, NULL},
	{&type_pids, VALUE_COMMAND, "ps -e -o pid= | tr -d ' '"},
	{&type_comm, VALUE_COMMAND, "ps -e -o comm= | sort -u"},
	{&type_user, VALUE_COMMAND, "getent passwd | cut -d: -f1"},
	{&type_netns, VALUE_COMMAND, "ls /run/netns 2>/dev/null"},
	{&type_path, VALUE_FILE, NULL},
	{&type_paths, VALUE_FILE, NULL},
	{&type_unit, VALUE_COMMAND,
	 "systemctl list-units --full --all --plain --no-legend --no-pager 2>/dev/null | cut -d\" \" -f1"},
	{&type_protocols, VALUE_LIST, "tcp udp mptcp sctp ping raw unix"},
	{&type_seconds, VALUE_FREE, NULL},
	{&type_age, VALUE_WORDS, "10m 1h 12h 1d 7d 30d"},
	{&type_size, VALUE_WORDS, "16M 64M 256M 1G"},
	{&type_positive, VALUE_FREE, NULL},
	{&type_address, VALUE_FREE, NULL},
	{&type_sockets, VALUE_FREE, NULL},
	{&type_wait, VALUE_FREE, NULL},
	{&type_order, VALUE_WORDS, "port address proto state netns uid"},
	{&type_time, VALUE_WORDS, "wall delta boot iso none"},
	{&type_color, VALUE_WORDS, "auto always never"},
	{&type_json, VALUE_WORDS, "plain ecs otel ocsf"},
	{&type_system, VALUE_WORDS, "windows windows-xp macos freebsd openbsd netbsd solaris"},
	{&type_systems, VALUE_LIST, "all linux windows windows-xp macos freebsd openbsd netbsd solaris"},
};

/* The parser decides whether the words are right. */
static bool words_are_taken(const struct value *value)
{
	static struct config scratch;
	char words[256], *rest = words, *word;

	if (value->kind != VALUE_WORDS && value->kind != VALUE_LIST)
		return true;
	snprintf(words, sizeof(words), "%s", value->source);
	while ((word = strsep(&rest, " "))) {
		memset(&scratch, 0, sizeof(scratch));
		if (!value->type->parse(word, 0, &scratch))
			return false;
	}
	return true;
}

const struct value *value_of(const struct option_type *type, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (values[i].type != type)
			continue;
		if (words_are_taken(&values[i]))
			return &values[i];
		fprintf(stderr, "gen-docs: %s: the option does not take '%s'\n", option, values[i].source);
		return NULL;
	}
	fprintf(stderr, "gen-docs: %s: the type of its value is missing in values.c\n", option);
	return NULL;
}

void value_put(FILE *out, const struct value *value, const struct value_frame frames[VALUE_KINDS],
	       void (*put_text)(FILE *out, const char *text))
{
	const struct value_frame *frame = &frames[value->kind];

	fputs(frame->before, out);
	if (!value->source)
		return;
	if (value->kind == VALUE_COMMAND)
		put_text(out, value->source);
	else
		fputs(value->source, out);
	fputs(frame->after, out);
}

const struct command_info *command_at(size_t index)
{
	return index ? all_commands[index - 1] : &trace_command;
}

const char *command_name(const struct command_info *command)
{
	return command->name ? command->name : "trace";
}
