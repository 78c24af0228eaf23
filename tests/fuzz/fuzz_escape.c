/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a process chose, on its way into text and JSON: it comes back as it
 * was, and on its way it is harmless.  The first eight bytes are a number, too.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "fuzz/fuzz.h"
#include "model/event_names.h"
#include "model/text.h"
#include "model/time_text.h"
#include "view/json_writer.h"

#define CHARS_LEN 16
#define YEAR_2262 (INT64_C(9214646400) * 1000000000)

static bool is_control(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* All of it is UTF-8 without control characters. */
static void check_harmless(const char *text, size_t length)
{
	for (size_t i = 0, bytes; i < length; i += bytes) {
		uint32_t character;

		bytes = utf8_decode(text + i, length - i, &character);
		if (!bytes || is_control(character))
			abort();
	}
}

static bool is_utf8(const char *text, size_t length)
{
	size_t i = 0, bytes = 1;
	uint32_t character;

	for (; i < length && bytes; i += bytes)
		bytes = utf8_decode(text + i, length - i, &character);
	return i == length && bytes;
}

static unsigned int hex(char digit)
{
	return digit <= '9' ? (unsigned int)(digit - '0') : (unsigned int)(digit - 'a') + 10;
}

/* Without its escapes it is what went in. */
static void check_escape(const char *text, size_t length)
{
	struct strbuf out = {.data = NULL};
	size_t at = 0;

	strbuf_puts(&out, "");
	strbuf_escape(&out, text, length);
	check_harmless(out.data, out.length);
	for (size_t i = 0; i < out.length; i++, at++) {
		char byte = out.data[i];

		if (byte == '\\') {
			byte = (char)(hex(out.data[i + 2]) << 4 | hex(out.data[i + 3]));
			i += 3;
		}
		if (at == length || byte != text[at])
			abort();
	}
	if (at != length)
		abort();
	strbuf_reset(&out);
	strbuf_sanitize(&out, text, length);
	check_harmless(out.data, out.length);
	strbuf_pad(&out, 0, length);
	strbuf_free(&out);
}

static struct json_object *parse(const char *line, size_t length)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, (int)length);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		abort();
	json_tokener_free(tokener);
	return object;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		abort();
	return value;
}

static void check_text(struct json_object *value, const char *text, size_t length)
{
	if (is_utf8(text, length) && (json_object_get_string_len(value) != (int)length ||
				      memcmp(json_object_get_string(value), text, length)))
		abort();
}

static void check_json(const char *text, size_t length, int64_t number)
{
	char chars[CHARS_LEN] = "";
	struct strbuf line = {.data = NULL};
	struct json_writer writer;
	struct json_object *object;

	memcpy(chars, text, length < CHARS_LEN ? length : CHARS_LEN);
	jw_init(&writer, &line);
	jw_object(&writer, NULL);
	jw_string(&writer, "text", text);
	jw_chars(&writer, "chars", chars, sizeof(chars));
	jw_string(&writer, "none", NULL);
	jw_array(&writer, "numbers");
	jw_i64(&writer, NULL, number);
	jw_u64(&writer, NULL, (uint64_t)number);
	jw_u64_string(&writer, NULL, (uint64_t)number);
	jw_milli(&writer, NULL, number);
	jw_bool(&writer, NULL, number & 1);
	jw_array_end(&writer);
	jw_object_end(&writer);
	if (jw_finish(&writer) || memchr(line.data, '\n', line.length - 1))
		abort();
	check_harmless(line.data, line.length - 1);
	object = parse(line.data, line.length);
	check_text(member(object, "text"), text, length);
	if (strnlen(chars, sizeof(chars)))
		check_text(member(object, "chars"), chars, strnlen(chars, sizeof(chars)));
	if (json_object_get_int64(json_object_array_get_idx(member(object, "numbers"), 0)) != number)
		abort();
	json_object_put(object);
	strbuf_free(&line);
}

/* Wrong nesting is an error and no more: the bytes open, close and add. */
static void check_nesting(const char *text, size_t length)
{
	struct strbuf line = {.data = NULL};
	struct json_writer writer;

	jw_init(&writer, &line);
	for (size_t i = 0; i < length; i++) {
		const char *name = text[i] & 8 ? "name" : NULL;

		switch (text[i] & 7) {
		case 0:
		case 1:
			jw_object(&writer, name);
			break;
		case 2:
			jw_array(&writer, name);
			break;
		case 3:
		case 4:
			jw_object_end(&writer);
			break;
		case 5:
			jw_array_end(&writer);
			break;
		default:
			jw_null(&writer, name);
		}
	}
	if (!jw_finish(&writer) && length && strpbrk(line.data, "[{"))
		json_object_put(parse(line.data, strcspn(line.data, "\n") + 1));
	strbuf_free(&line);
}

static void check_time(const char *text, int64_t number)
{
	char time[RFC3339_LEN], duration[DURATION_LEN];
	int64_t read;

	for (unsigned int decimals = 0; decimals <= 9; decimals += 3)
		time_rfc3339(time, number, decimals);
	if (number >= 0 && number < YEAR_2262 && (time_from_rfc3339(time, &read) || read != number))
		abort();
	if (!time_from_rfc3339(text, &read) && read < YEAR_2262) {
		time_rfc3339(time, read, 9);
		if (time_from_rfc3339(time, &number) || number != read)
			abort();
	}
	duration_text(duration, number);
	check_harmless(duration, strlen(duration));
}

#define CHECK_NAME(prefix)                                                                                   \
	do {                                                                                                 \
		int value = prefix##_from_name(text);                                                        \
		if (value >= 0 && strcmp(prefix##_name(value), text))                                        \
			abort();                                                                             \
	} while (0)

static void check_names(const char *text)
{
	CHECK_NAME(event_type);
	CHECK_NAME(family);
	CHECK_NAME(protocol);
	CHECK_NAME(state);
	CHECK_NAME(kind);
	CHECK_NAME(stage);
	CHECK_NAME(release);
	CHECK_NAME(finding_kind);
	CHECK_NAME(takeover);
}

/* As the C library prints it; and a cell is as wide as it is to be. */
static void check_cells(const char *text, size_t length, int64_t number)
{
	struct strbuf one = {.data = NULL}, two = {.data = NULL};
	size_t size = (size_t)snprintf(NULL, 0, "%s %" PRIu64, text, (uint64_t)number);

	strbuf_printf(&one, "%s %" PRIu64, text, (uint64_t)number);
	strbuf_add(&two, text, length);
	strbuf_puts(&two, " ");
	strbuf_number(&two, (uint64_t)number);
	if (one.length != size || two.length != size || memcmp(one.data, two.data, size + 1))
		abort();
	strbuf_pad(&two, length + 1, 24);
	if (two.length != length + 1 + 24 || memcmp(one.data, two.data, size) || two.data[two.length])
		abort();
	strbuf_free(&one);
	strbuf_free(&two);
}

static void check_file(const char *text, size_t length)
{
	struct strbuf out = {.data = NULL};
	FILE *null = fopen("/dev/null", "we");

	strbuf_escape(&out, text, length);
	if (null && strbuf_write(&out, null))
		abort();
	if (null)
		fclose(null);
	strbuf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t number = 0;
	size_t length;
	char *text;

	if (size < sizeof(number))
		return 0;
	memcpy(&number, data, sizeof(number));
	text = strndup((const char *)data + sizeof(number), size - sizeof(number));
	if (!text)
		return 0;
	length = strlen(text);
	check_escape(text, length);
	check_json(text, length, number);
	check_nesting(text, length);
	check_time(text, number);
	check_names(text);
	check_cells(text, length, number);
	check_file(text, length);
	free(text);
	return 0;
}
