/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a parsed JSON object, checked: a wrong type or a number out of
 * its range is remembered, with where it was, and everything after it is
 * absent.  So nothing in between needs checking, as with json_writer.h.
 *
 * Absent and null are the same.  name is NULL for an element of an array.
 */
#ifndef REUSETRACE_RECORDING_JSON_READER_H
#define REUSETRACE_RECORDING_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "model/printf_like.h"

#define JR_MAX_DEPTH 8
#define JR_ERROR_LEN 256

struct json_object;

struct jr_level {
	struct json_object *object;
	const char *name;
	size_t index; /* of the element, if the level is one of an array */
	bool is_element;
};

/* All fields but error are private. */
struct json_reader {
	struct jr_level levels[JR_MAX_DEPTH];
	size_t depth;
	char error[JR_ERROR_LEN]; /* "holders[3].port: 99999 is not from 0 to 65535", safe to print; "" if
				     none */
};

/* The object stays the caller's and must outlive the reader. */
void jr_init(struct json_reader *reader, struct json_object *object);
bool jr_failed(const struct json_reader *reader);

/* Remembers the first complaint about a member, in printf's words. */
void jr_fail(struct json_reader *reader, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

/* Into a member that is an object; false (and nothing to leave) if it is absent. */
bool jr_enter(struct json_reader *reader, const char *name);
/* Number of elements of an array of objects, 0 if absent; more than most is a mistake. */
size_t jr_count(struct json_reader *reader, const char *name, size_t most);
/* Into an element, which must be an object; name is the array's. */
bool jr_enter_element(struct json_reader *reader, const char *name, size_t index);
void jr_leave(struct json_reader *reader);

/* Elements of an array of scalars come by jr_element_*(); the others are members. */
bool jr_bool(struct json_reader *reader, const char *name);
uint64_t jr_u64(struct json_reader *reader, const char *name, uint64_t most, uint64_t absent);
int64_t jr_i64(struct json_reader *reader, const char *name, int64_t least, int64_t most, int64_t absent);
uint64_t jr_element_u64(struct json_reader *reader, const char *name, size_t index, uint64_t most);
/* 43.217 as 43217 */
int64_t jr_milli(struct json_reader *reader, const char *name, int64_t absent);
/* A number written as a string. */
int64_t jr_i64_string(struct json_reader *reader, const char *name, int64_t absent);

/* The object's own memory, ended by a NUL; NULL if absent. */
const char *jr_string(struct json_reader *reader, const char *name);
const char *jr_element_string(struct json_reader *reader, const char *name, size_t index);

/* Copied and cut behind the last whole character that has room; "" if absent. */
void jr_chars(struct json_reader *reader, const char *name, char *buf, size_t size);

/* A word of an enum; from_name returns -EINVAL for what is none. */
int jr_word(struct json_reader *reader, const char *name, int (*from_name)(const char *name), int absent);

#endif
