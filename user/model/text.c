// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define SHORT_LEN	  64 /* most of what is printed: one pass is enough */

static bool strbuf_reserve(struct strbuf *buf, size_t size)
{
	if (buf->error)
		return false;
	if (size >= SIZE_MAX / 2 - buf->length) {
		buf->error = -EOVERFLOW;
		return false;
	}

	size_t need = buf->length + size + 1;
	if (need <= buf->capacity)
		return true;

	size_t capacity = buf->capacity ? buf->capacity : 512;
	while (capacity < need)
		capacity *= 2;

	char *data = realloc(buf->data, capacity);
	if (!data) {
		buf->error = -ENOMEM;
		return false;
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

static bool strbuf_has_room(const struct strbuf *buf, size_t size)
{
	return size < buf->capacity - buf->length && !buf->error;
}

/* Most text is a word or less: two moves that overlap are less than a call. */
static void copy_text(char *to, const char *from, size_t size)
{
	uint64_t head, tail;
	uint32_t first, last;

	if (size > 2 * sizeof(head)) {
		memcpy(to, from, size);
	} else if (size >= sizeof(head)) {
		memcpy(&head, from, sizeof(head));
		memcpy(&tail, from + size - sizeof(tail), sizeof(tail));
		memcpy(to, &head, sizeof(head));
		memcpy(to + size - sizeof(tail), &tail, sizeof(tail));
	} else if (size >= sizeof(first)) {
		memcpy(&first, from, sizeof(first));
		memcpy(&last, from + size - sizeof(last), sizeof(last));
		memcpy(to, &first, sizeof(first));
		memcpy(to + size - sizeof(last), &last, sizeof(last));
	} else {
		for (size_t i = 0; i < size; i++)
			to[i] = from[i];
	}
}

void strbuf_add(struct strbuf *buf, const char *data, size_t size)
{
	if (!strbuf_has_room(buf, size) && !strbuf_reserve(buf, size))
		return;
	copy_text(buf->data + buf->length, data, size);
	buf->length += size;
	buf->data[buf->length] = '\0';
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;

	if (!strbuf_reserve(buf, SHORT_LEN))
		return;
	va_start(args, format);
	int size = vsnprintf(buf->data + buf->length, SHORT_LEN + 1, format, args);
	va_end(args);
	if (size < 0) {
		buf->data[buf->length] = '\0';
		buf->error = -EINVAL;
		return;
	}
	if (size <= SHORT_LEN) {
		buf->length += (size_t)size;
		return;
	}
	if (!strbuf_reserve(buf, (size_t)size)) {
		buf->data[buf->length] = '\0';
		return;
	}

	va_start(args, format);
	vsnprintf(buf->data + buf->length, (size_t)size + 1, format, args);
	va_end(args);
	buf->length += (size_t)size;
}

static size_t digit_count(uint64_t number)
{
	size_t count = 1;

	for (; number >= 10000; number /= 10000)
		count += 4;
	return count + (number >= 10) + (number >= 100) + (number >= 1000);
}

size_t decimal_text(char *buf, uint64_t number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	size_t length, at;

	if (number < 10) {
		buf[0] = (char)('0' + number);
		buf[1] = '\0';
		return 1;
	}
	length = at = digit_count(number);
	buf[length] = '\0';
	for (; number >= 10; number /= 100) {
		at -= 2;
		memcpy(buf + at, pairs + number % 100 * 2, 2);
	}
	if (at)
		buf[0] = (char)('0' + number);
	return length;
}

void strbuf_number(struct strbuf *buf, uint64_t number)
{
	if (strbuf_has_room(buf, DECIMAL_LEN) || strbuf_reserve(buf, DECIMAL_LEN))
		buf->length += decimal_text(buf->data + buf->length, number);
}

/* Most text is ASCII: eight bytes at a time are eight characters. */
static size_t count_characters(const char *text, size_t length)
{
	size_t characters = 0, i = 0;

	while (i < length) {
		uint64_t word = 0;
		size_t size = length - i < sizeof(word) ? length - i : sizeof(word);

		copy_text((char *)&word, text + i, size);
		if (word & UINT64_C(0x8080808080808080))
			break;
		i += size;
	}
	characters = i;
	for (; i < length; i++)
		characters += ((unsigned char)text[i] & 0xc0) != 0x80;
	return characters;
}

char *strbuf_room(struct strbuf *buf, size_t size)
{
	return strbuf_has_room(buf, size) || strbuf_reserve(buf, size) ? buf->data + buf->length : NULL;
}

void strbuf_pad(struct strbuf *buf, size_t start, size_t width)
{
	static const uint64_t spaces = UINT64_C(0x2020202020202020);
	size_t characters =
		buf->length > start ? count_characters(buf->data + start, buf->length - start) : 0;
	size_t missing = characters < width ? width - characters : 0, room = missing + sizeof(spaces);

	if (!missing || (!strbuf_has_room(buf, room) && !strbuf_reserve(buf, room)))
		return;
	for (size_t i = 0; i < missing; i += sizeof(spaces))
		memcpy(buf->data + buf->length + i, &spaces, sizeof(spaces));
	buf->length += missing;
	buf->data[buf->length] = '\0';
}

struct range {
	uint32_t low, high;
};

/* Characters that move the cursor, hide or reorder text. */
static const struct range unsafe_characters[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c}, {0x180e, 0x180e},
	{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xe0000, 0xe007f},
};

static bool is_unsafe(uint32_t character)
{
	for (size_t i = 0; i < ARRAY_SIZE(unsafe_characters); i++) {
		if (character >= unsafe_characters[i].low && character <= unsafe_characters[i].high)
			return true;
	}
	return false;
}

/* Printable ASCII without the backslash: stays as it is. */
static size_t plain_length(const char *string, size_t length)
{
	size_t i = 0;

	while (i < length && string[i] >= ' ' && string[i] <= '~' && string[i] != '\\')
		i++;
	return i;
}

static void escape(struct strbuf *buf, const char *string, size_t size, bool keeps_backslash)
{
	size_t length = strnlen(string, size);

	for (size_t i = 0; i < length;) {
		uint32_t character;
		size_t plain = plain_length(string + i, length - i);

		strbuf_add(buf, string + i, plain);
		i += plain;
		if (i == length)
			break;

		size_t bytes = utf8_decode(string + i, length - i, &character);

		if (bytes && !is_unsafe(character) && (keeps_backslash || character != '\\')) {
			strbuf_add(buf, string + i, bytes);
			i += bytes;
			continue;
		}
		for (size_t end = i + (bytes ? bytes : 1); i < end; i++)
			strbuf_printf(buf, "\\x%02x", (unsigned char)string[i]);
	}
}

void strbuf_escape(struct strbuf *buf, const char *string, size_t size)
{
	escape(buf, string, size, false);
}

void strbuf_sanitize(struct strbuf *buf, const char *string, size_t size)
{
	escape(buf, string, size, true);
}

int strbuf_write(struct strbuf *buf, FILE *file)
{
	int error = buf->error;

	errno = 0;
	if (!error && fwrite(buf->data ? buf->data : "", 1, buf->length, file) != buf->length)
		error = errno ? -errno : -EIO;
	if (!error && fflush(file))
		error = errno ? -errno : -EIO;
	strbuf_reset(buf);
	return error;
}

void strbuf_reset(struct strbuf *buf)
{
	buf->length = 0;
	buf->error = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void strbuf_free(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){.data = NULL};
}

size_t utf8_decode(const char *string, size_t size, uint32_t *ret_character)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
	const unsigned char *bytes = (const unsigned char *)string;
	size_t form = 0;

	if (!size)
		return 0;
	while (form < ARRAY_SIZE(forms) && (bytes[0] & forms[form].mask) != forms[form].lead)
		form++;
	if (form == ARRAY_SIZE(forms) || size <= form)
		return 0;

	uint32_t character = bytes[0] & (uint8_t)~forms[form].mask;
	for (size_t i = 1; i <= form; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < forms[form].least || character > 0x10ffff || (character & 0xfffff800) == 0xd800)
		return 0;

	*ret_character = character;
	return form + 1;
}
