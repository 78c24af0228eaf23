// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/json_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void jw_init(struct json_writer *writer, struct strbuf *out)
{
	*writer = (struct json_writer){.out = out};
}

static bool in_object(const struct json_writer *writer)
{
	return writer->depth && writer->close[writer->depth - 1] == '}';
}

/* What comes before any value: the comma and the name. */
static void begin_value(struct json_writer *writer, const char *name)
{
	if (in_object(writer) != !!name)
		writer->error = -EINVAL;
	if (writer->comma)
		strbuf_add(writer->out, ",", 1);
	writer->comma = true;
	if (name) {
		strbuf_add(writer->out, "\"", 1);
		strbuf_puts(writer->out, name);
		strbuf_add(writer->out, "\":", 2);
	}
}

static void open_level(struct json_writer *writer, const char *name, const char *open, char close)
{
	if (writer->depth == JSON_MAX_DEPTH) {
		writer->error = -EINVAL;
		return;
	}
	begin_value(writer, name);
	strbuf_puts(writer->out, open);
	writer->close[writer->depth++] = close;
	writer->comma = false;
}

static void close_level(struct json_writer *writer, char close)
{
	if (!writer->depth || writer->close[writer->depth - 1] != close) {
		writer->error = -EINVAL;
		return;
	}
	strbuf_add(writer->out, &close, 1);
	writer->depth--;
	writer->comma = true;
}

void jw_object(struct json_writer *writer, const char *name)
{
	open_level(writer, name, "{", '}');
}

void jw_object_end(struct json_writer *writer)
{
	close_level(writer, '}');
}

void jw_array(struct json_writer *writer, const char *name)
{
	open_level(writer, name, "[", ']');
}

void jw_array_end(struct json_writer *writer)
{
	close_level(writer, ']');
}

void jw_null(struct json_writer *writer, const char *name)
{
	begin_value(writer, name);
	strbuf_puts(writer->out, "null");
}

void jw_bool(struct json_writer *writer, const char *name, bool value)
{
	begin_value(writer, name);
	strbuf_puts(writer->out, value ? "true" : "false");
}

void jw_u64(struct json_writer *writer, const char *name, uint64_t value)
{
	begin_value(writer, name);
	strbuf_number(writer->out, value);
}

void jw_i64(struct json_writer *writer, const char *name, int64_t value)
{
	begin_value(writer, name);
	if (value < 0)
		strbuf_add(writer->out, "-", 1);
	strbuf_number(writer->out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void jw_u64_string(struct json_writer *writer, const char *name, uint64_t value)
{
	begin_value(writer, name);
	strbuf_add(writer->out, "\"", 1);
	strbuf_number(writer->out, value);
	strbuf_add(writer->out, "\"", 1);
}

void jw_milli(struct json_writer *writer, const char *name, int64_t value)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

	begin_value(writer, name);
	strbuf_printf(writer->out, "%s%" PRIu64 ".%03u", value < 0 ? "-" : "", magnitude / 1000,
		      (unsigned int)(magnitude % 1000));
}

/* Short escapes; every other control character is \u00XX. */
static const char *const short_escapes[] = {
	['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",	 ['\f'] = "\\f",
	['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
};

static void put_character(struct strbuf *out, const char *bytes, size_t size, uint32_t character)
{
	size_t known = sizeof(short_escapes) / sizeof(short_escapes[0]);

	if (character < known && short_escapes[character])
		strbuf_puts(out, short_escapes[character]);
	else if (character < 0x20 || (character >= 0x7f && character < 0xa0))
		strbuf_printf(out, "\\u%04x", (unsigned int)character);
	else
		strbuf_add(out, bytes, size);
}

/* How much of it stands for itself. */
static size_t plain_length(const char *value, size_t length)
{
	size_t plain = 0;

	while (plain < length && value[plain] >= ' ' && value[plain] < 0x7f && value[plain] != '"' &&
	       value[plain] != '\\')
		plain++;
	return plain;
}

static void put_string(struct strbuf *out, const char *value, size_t length)
{
	strbuf_add(out, "\"", 1);
	for (size_t i = 0; i < length;) {
		uint32_t character;
		size_t plain = plain_length(value + i, length - i), size;

		strbuf_add(out, value + i, plain);
		i += plain;
		if (i == length)
			break;
		size = utf8_decode(value + i, length - i, &character);
		if (size)
			put_character(out, value + i, size, character);
		else
			strbuf_puts(out, "\xef\xbf\xbd");
		i += size ? size : 1;
	}
	strbuf_add(out, "\"", 1);
}

void jw_string(struct json_writer *writer, const char *name, const char *value)
{
	if (!value) {
		jw_null(writer, name);
		return;
	}
	begin_value(writer, name);
	put_string(writer->out, value, strlen(value));
}

void jw_chars(struct json_writer *writer, const char *name, const char *value, size_t size)
{
	size_t length = strnlen(value, size);

	if (!length) {
		jw_null(writer, name);
		return;
	}
	begin_value(writer, name);
	put_string(writer->out, value, length);
}

int jw_finish(struct json_writer *writer)
{
	strbuf_add(writer->out, "\n", 1);
	if (writer->depth)
		writer->error = -EINVAL;
	return writer->out->error ? writer->out->error : writer->error;
}
