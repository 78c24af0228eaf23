/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streaming JSON into a strbuf: no tree, no allocation of its own.
 *
 * name is the member's name inside an object and NULL inside an array or at
 * the top.  Mistakes in nesting and errors of the buffer are reported by
 * jw_finish(), so nothing in between needs checking.
 */
#ifndef REUSETRACE_VIEW_JSON_WRITER_H
#define REUSETRACE_VIEW_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/text.h"

#define JSON_MAX_DEPTH 16

/* All fields are private. */
struct json_writer {
	struct strbuf *out;
	unsigned int depth;
	char close[JSON_MAX_DEPTH]; /* what ends each open level */
	bool comma;		    /* the next value follows another one */
	int error;
};

void jw_init(struct json_writer *writer, struct strbuf *out);

void jw_object(struct json_writer *writer, const char *name);
void jw_object_end(struct json_writer *writer);
void jw_array(struct json_writer *writer, const char *name);
void jw_array_end(struct json_writer *writer);

void jw_null(struct json_writer *writer, const char *name);
void jw_bool(struct json_writer *writer, const char *name, bool value);
void jw_u64(struct json_writer *writer, const char *name, uint64_t value);
void jw_i64(struct json_writer *writer, const char *name, int64_t value);
void jw_u64_string(struct json_writer *writer, const char *name, uint64_t value);

/* thousandths as a decimal number: 43217 is 43.217 */
void jw_milli(struct json_writer *writer, const char *name, int64_t value);

/* NULL is null; bytes that are not UTF-8 become U+FFFD. */
void jw_string(struct json_writer *writer, const char *name, const char *value);

/* The same for an array of size bytes that may lack its NUL; empty is null. */
void jw_chars(struct json_writer *writer, const char *name, const char *value, size_t size);

/* Ends the line: 0, the buffer's error, or -EINVAL for wrong nesting. */
int jw_finish(struct json_writer *writer);

#endif
