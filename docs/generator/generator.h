/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the manual page, the completions and the schema are made of: the table
 * of options, the commands, and tables of this directory.  Runs at build time.
 */
#ifndef REUSETRACE_DOCS_GENERATOR_H
#define REUSETRACE_DOCS_GENERATOR_H

#include <stdio.h>

#include "cli/command.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values.c: what an option's value can be completed to */

enum value_kind {
	VALUE_FREE,    /* nothing is known */
	VALUE_WORDS,   /* one of source's words */
	VALUE_LIST,    /* some of source's words, with commas between them */
	VALUE_FILE,    /* a path */
	VALUE_COMMAND, /* a line of what the shell command source prints */
	VALUE_KINDS
};

struct value {
	const struct option_type *type;
	enum value_kind kind;
	const char *source; /* NULL where the kind has none */
};

/* NULL, after a line on standard error, for a type that is missing in the table or a word that it refuses. */
const struct value *value_of(const struct option_type *type, const char *option);

/* What a shell wants around the source of a kind of values. */
struct value_frame {
	const char *before, *after;
};

/* A shell command's text is written by put_text. */
void value_put(FILE *out, const struct value *value, const struct value_frame frames[VALUE_KINDS],
	       void (*put_text)(FILE *out, const char *text));

/* Is the option one of this command's, and worth telling of? */
static inline bool option_is_of(const struct option_info *option, const struct command_info *command)
{
	return option->help && option->commands & command->bit;
}

/* The trace, then all others; NULL behind the last one. */
const struct command_info *command_at(size_t index);

/* "trace" where the command has no name. */
const char *command_name(const struct command_info *command);

/* ---- documents: 0, or -EINVAL after a line on standard error */

int write_man(FILE *out, FILE *frame);
int write_bash(FILE *out);
int write_zsh(FILE *out);
int write_fish(FILE *out);
int write_schema(FILE *out);

/* ---- rules.c, fields.c: tables that end with a row of NULL */

struct rule_row {
	const char *id;
	const char *text; /* a paragraph */
};

extern const struct rule_row rule_rows[];

/* Has each rule that the program knows its paragraph? */
int rules_complete(void);

struct field_row {
	const char *path; /* "holders[].since"; a heading if type is NULL */
	const char *type; /* of JSON, "integer|null" */
	const char *text;
};

extern const struct field_row field_rows[];

#endif
