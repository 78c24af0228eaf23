/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that every part shares: a growable buffer, and escaping of what a
 * process chose.
 *
 * A strbuf remembers its first error (a negative errno) and then ignores
 * what is added, so callers check once, at the end.
 */
#ifndef REUSETRACE_MODEL_TEXT_H
#define REUSETRACE_MODEL_TEXT_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "model/printf_like.h"

struct strbuf {
	char *data; /* NUL-terminated, or NULL while empty */
	size_t length;
	size_t capacity;
	int error;
};

void strbuf_add(struct strbuf *buf, const char *data, size_t size);

/* In place: the length of a literal is known to the compiler. */
static inline void strbuf_puts(struct strbuf *buf, const char *string)
{
	strbuf_add(buf, string, strlen(string));
}

void strbuf_number(struct strbuf *buf, uint64_t number);

/* Room for so many bytes behind the text, NULL without memory; what is written there is added to length. */
char *strbuf_room(struct strbuf *buf, size_t size);

void strbuf_printf(struct strbuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

#define DECIMAL_LEN 21 /* of 64 bits, with the NUL */

/* The digits and a NUL to buf, which has room for them; returns how many. */
size_t decimal_text(char *buf, uint64_t number);

/* Spaces until the characters since offset start fill width. */
void strbuf_pad(struct strbuf *buf, size_t start, size_t width);

/*
 * At most size bytes of string, up to its NUL, safe for a terminal: `\xNN` for
 * control characters (C0, DEL, C1), bidirectional and invisible format
 * characters, bytes that are not UTF-8, and the backslash.
 */
void strbuf_escape(struct strbuf *buf, const char *string, size_t size);

/* The same for a sentence whose names are escaped already: leaves the backslash. */
void strbuf_sanitize(struct strbuf *buf, const char *string, size_t size);

/* Writes and flushes the contents and empties the buffer: 0 or a negative errno. */
int strbuf_write(struct strbuf *buf, FILE *file);

void strbuf_reset(struct strbuf *buf); /* empties, keeps the memory */
void strbuf_free(struct strbuf *buf);

/* Length of the UTF-8 character at string, 0 if it is not one. */
size_t utf8_decode(const char *string, size_t size, uint32_t *ret_character);

#endif
