/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/netsh.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_LEN 160

struct reader {
	const unsigned char *at, *end;
	size_t step; /* bytes a character */
	char line[LINE_MAX_LEN];
};

static void begin(struct reader *reader, const void *text, size_t size)
{
	*reader = (struct reader){.at = text, .end = (const unsigned char *)text + size, .step = 1};
	if (size >= 2 && reader->at[0] == 0xff && reader->at[1] == 0xfe) {
		reader->at += 2;
		reader->step = 2;
	}
}

/* What is not ASCII becomes a question mark; what is too long is cut. */
static bool next_line(struct reader *reader)
{
	size_t length = 0;

	if ((size_t)(reader->end - reader->at) < reader->step)
		return false;
	while ((size_t)(reader->end - reader->at) >= reader->step) {
		unsigned char c = reader->at[0];

		if (c & 0x80 || (reader->step == 2 && reader->at[1]))
			c = '?';
		reader->at += reader->step;
		if (c == '\n')
			break;
		if (length + 1 < sizeof(reader->line) && c >= ' ')
			reader->line[length++] = (char)c;
		else if (length + 1 < sizeof(reader->line) && c == '\t')
			reader->line[length++] = ' ';
	}
	reader->line[length] = '\0';
	return true;
}

/* A number up to 65535 between spaces; NULL if there is none. */
static const char *take_port(const char *at, uint16_t *ret_port)
{
	uint32_t port = 0;
	size_t digits = 0;

	at += strspn(at, " ");
	for (; at[digits] >= '0' && at[digits] <= '9' && port <= UINT16_MAX; digits++)
		port = port * 10 + (uint32_t)(at[digits] - '0');
	if (!digits || port > UINT16_MAX || (at[digits] && at[digits] != ' '))
		return NULL;
	*ret_port = (uint16_t)port;
	return at + digits;
}

static bool take_range(const char *line, struct netsh_range *range)
{
	const char *at = take_port(line, &range->first);

	at = at ? take_port(at, &range->last) : NULL;
	if (!at || range->first > range->last || !range->first)
		return false;
	at += strspn(at, " ");
	range->by_admin = *at == '*';
	at += range->by_admin;
	return !at[strspn(at, " ")];
}

static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (; *line; line++) {
		size_t i = 0;

		while (i < length && (line[i] | 0x20) == word[i])
			i++;
		if (i == length)
			return true;
	}
	return false;
}

int netsh_ranges(const void *text, size_t size, netsh_each each, void *context)
{
	struct netsh_range range = {.protocol = PROTO_NONE};
	struct reader reader;
	bool has_table = false;
	int result = 0;

	begin(&reader, text, size);
	while (!result && next_line(&reader)) {
		if (has_word(reader.line, "tcp"))
			range.protocol = PROTO_TCP;
		else if (has_word(reader.line, "udp"))
			range.protocol = PROTO_UDP;
		else if (strstr(reader.line, "---"))
			has_table = true;
		else if (has_table && take_range(reader.line, &range))
			result = each(context, &range);
	}
	return result || has_table ? result : -EBADMSG;
}
