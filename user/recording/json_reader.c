// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/json_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/text.h"

#define SHOWN 60 /* characters of a wrong value */

void jr_init(struct json_reader *reader, struct json_object *object)
{
	*reader = (struct json_reader){.levels[0].object = object};
}

bool jr_failed(const struct json_reader *reader)
{
	return reader->error[0];
}

static void put_path(struct strbuf *text, const struct json_reader *reader, const char *name)
{
	for (size_t i = 1; i <= reader->depth; i++) {
		const struct jr_level *level = &reader->levels[i];

		strbuf_printf(text, "%s%s", i > 1 ? "." : "", level->name);
		if (level->is_element)
			strbuf_printf(text, "[%zu]", level->index);
	}
	strbuf_printf(text, "%s%s", reader->depth && name ? "." : "", name ? name : "");
}

void jr_fail(struct json_reader *reader, const char *name, const char *format, ...)
{
	struct strbuf text = {0}, safe = {0};
	char why[JR_ERROR_LEN];
	va_list args;

	if (jr_failed(reader))
		return;
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	put_path(&text, reader, name);
	strbuf_printf(&text, "%s%s", text.length ? ": " : "", why);
	if (text.data)
		strbuf_escape(&safe, text.data, text.length);
	snprintf(reader->error, sizeof(reader->error), "%s", safe.data ? safe.data : "out of memory");
	strbuf_free(&text);
	strbuf_free(&safe);
}

static struct json_object *member(const struct json_reader *reader, const char *name)
{
	struct json_object *found = NULL;

	if (!jr_failed(reader))
		json_object_object_get_ex(reader->levels[reader->depth].object, name, &found);
	return found;
}

/* NULL, and a complaint if it is there and of another type. */
static struct json_object *typed(struct json_reader *reader, const char *name, struct json_object *value,
				 enum json_type type, const char *what)
{
	if (!value || json_object_get_type(value) == type)
		return value;
	jr_fail(reader, name, "%.*s is no %s", SHOWN, json_object_to_json_string(value), what);
	return NULL;
}

static bool push(struct json_reader *reader, const struct jr_level *level)
{
	if (reader->depth + 1 == JR_MAX_DEPTH) {
		jr_fail(reader, level->name, "nested too deeply");
		return false;
	}
	reader->levels[++reader->depth] = *level;
	return true;
}

bool jr_enter(struct json_reader *reader, const char *name)
{
	struct json_object *object = typed(reader, name, member(reader, name), json_type_object, "object");

	return object && push(reader, &(struct jr_level){.object = object, .name = name});
}

size_t jr_count(struct json_reader *reader, const char *name, size_t most)
{
	struct json_object *array = typed(reader, name, member(reader, name), json_type_array, "array");
	size_t count = array ? json_object_array_length(array) : 0;

	if (count <= most)
		return count;
	jr_fail(reader, name, "%zu elements are more than %zu", count, most);
	return 0;
}

static struct json_object *element(const struct json_reader *reader, const char *name, size_t index)
{
	struct json_object *array = member(reader, name);

	return array ? json_object_array_get_idx(array, index) : NULL;
}

bool jr_enter_element(struct json_reader *reader, const char *name, size_t index)
{
	struct json_object *object = element(reader, name, index);
	const struct jr_level level = {.object = object, .name = name, .index = index, .is_element = true};

	if (object && json_object_is_type(object, json_type_object))
		return push(reader, &level);
	jr_fail(reader, name, "element %zu is no object", index);
	return false;
}

void jr_leave(struct json_reader *reader)
{
	reader->depth--;
}

bool jr_bool(struct json_reader *reader, const char *name)
{
	struct json_object *value =
		typed(reader, name, member(reader, name), json_type_boolean, "truth value");

	return value && json_object_get_boolean(value);
}

static uint64_t unsigned_value(struct json_reader *reader, const char *name, struct json_object *value,
			       uint64_t most, uint64_t absent)
{
	value = typed(reader, name, value, json_type_int, "whole number");
	if (!value)
		return absent;
	if (json_object_get_int64(value) >= 0 && json_object_get_uint64(value) <= most)
		return json_object_get_uint64(value);
	jr_fail(reader, name, "%s is not from 0 to %" PRIu64, json_object_to_json_string(value), most);
	return absent;
}

uint64_t jr_u64(struct json_reader *reader, const char *name, uint64_t most, uint64_t absent)
{
	return unsigned_value(reader, name, member(reader, name), most, absent);
}

uint64_t jr_element_u64(struct json_reader *reader, const char *name, size_t index, uint64_t most)
{
	return unsigned_value(reader, name, element(reader, name, index), most, 0);
}

int64_t jr_i64(struct json_reader *reader, const char *name, int64_t least, int64_t most, int64_t absent)
{
	struct json_object *value = typed(reader, name, member(reader, name), json_type_int, "whole number");
	int64_t number;

	if (!value)
		return absent;
	number = json_object_get_int64(value); /* clamped, as is what is too large for it */
	if (number >= least && number <= most)
		return number;
	jr_fail(reader, name, "%s is not from %" PRId64 " to %" PRId64, json_object_to_json_string(value),
		least, most);
	return absent;
}

int64_t jr_milli(struct json_reader *reader, const char *name, int64_t absent)
{
	struct json_object *value = member(reader, name);
	double number;

	if (value && json_object_is_type(value, json_type_int))
		number = (double)json_object_get_int64(value);
	else if (typed(reader, name, value, json_type_double, "number"))
		number = json_object_get_double(value);
	else
		return absent;
	if (number >= 0 && number < 1e9)
		return llround(number * 1000);
	jr_fail(reader, name, "%.*s is no number of seconds", SHOWN, json_object_to_json_string(value));
	return absent;
}

static const char *string_value(struct json_reader *reader, const char *name, struct json_object *value)
{
	value = typed(reader, name, value, json_type_string, "string");
	return value ? json_object_get_string(value) : NULL;
}

const char *jr_string(struct json_reader *reader, const char *name)
{
	return string_value(reader, name, member(reader, name));
}

const char *jr_element_string(struct json_reader *reader, const char *name, size_t index)
{
	return string_value(reader, name, element(reader, name, index));
}

int64_t jr_i64_string(struct json_reader *reader, const char *name, int64_t absent)
{
	const char *text = jr_string(reader, name);
	char *end;
	int64_t number;

	if (!text)
		return absent;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (!errno && *end == '\0' && strchr("-0123456789", text[0]) && text[0])
		return number;
	jr_fail(reader, name, "'%.*s' is no number", SHOWN, text);
	return absent;
}

void jr_chars(struct json_reader *reader, const char *name, char *buf, size_t size)
{
	const char *text = jr_string(reader, name);
	size_t length = 0, all = text ? strnlen(text, size + 4) : 0, step;
	uint32_t character;

	while (length < all) {
		step = utf8_decode(text + length, all - length, &character);
		if (!step || length + step >= size)
			break;
		length += step;
	}
	memset(buf, 0, size);
	if (text)
		memcpy(buf, text, length);
}

int jr_word(struct json_reader *reader, const char *name, int (*from_name)(const char *name), int absent)
{
	const char *text = jr_string(reader, name);
	int value = text ? from_name(text) : absent;

	if (value >= 0)
		return value;
	jr_fail(reader, name, "'%.*s' is unknown", SHOWN, text ? text : "");
	return absent;
}
