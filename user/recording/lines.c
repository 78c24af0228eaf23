// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

int lines_init(struct lines *lines, FILE *file)
{
	*lines = (struct lines){.file = file, .chunk = malloc(CHUNK)};
	return lines->chunk ? 0 : -ENOMEM;
}

void lines_free(struct lines *lines)
{
	free(lines->line);
	free(lines->chunk);
	*lines = (struct lines){0};
}

static int fill(struct lines *lines)
{
	lines->at = 0;
	errno = 0;
	lines->end = fread(lines->chunk, 1, CHUNK, lines->file);
	return ferror(lines->file) ? (errno ? -errno : -EIO) : 0;
}

static int append(struct lines *lines, size_t length, size_t size)
{
	size_t capacity = lines->capacity ? lines->capacity : CHUNK;
	char *line;

	if (length + size > LINE_MAX_BYTES)
		return -E2BIG;
	while (capacity < length + size + 1)
		capacity *= 2;
	if (capacity != lines->capacity) {
		line = realloc(lines->line, capacity);
		if (!line)
			return -ENOMEM;
		lines->line = line;
		lines->capacity = capacity;
	}
	memcpy(lines->line + length, lines->chunk + lines->at, size);
	lines->line[length + size] = '\0';
	lines->at += size;
	return 0;
}

int lines_next(struct lines *lines, const char **ret_line, size_t *ret_length)
{
	size_t length = 0;

	lines->number++;
	for (;;) {
		int err = lines->at == lines->end ? fill(lines) : 0;
		size_t left = lines->end - lines->at;
		const char *newline = left ? memchr(lines->chunk + lines->at, '\n', left) : NULL;
		size_t size = newline ? (size_t)(newline - (lines->chunk + lines->at)) : left;

		if (!err && !left)
			return length ? -ENODATA : 0;
		if (!err)
			err = append(lines, length, size);
		if (err)
			return err;
		length += size;
		if (!newline)
			continue;
		lines->at++;
		if (memchr(lines->line, '\0', length))
			return -EILSEQ;
		*ret_line = lines->line;
		*ret_length = length;
		return 1;
	}
}

size_t lines_peek(struct lines *lines, void *buf, size_t size)
{
	size_t left;

	if (lines->at == lines->end && fill(lines))
		return 0;
	left = lines->end - lines->at;
	size = size < left ? size : left;
	memcpy(buf, lines->chunk + lines->at, size);
	return size;
}

int lines_rest(struct lines *lines, size_t most, void **ret_data, size_t *ret_size)
{
	size_t size = 0, room = 0;
	char *data = NULL;

	for (;;) {
		int err = lines->at == lines->end ? fill(lines) : 0;
		size_t left = lines->end - lines->at;

		if (!err && left > most - size)
			err = -EFBIG;
		if (!err && size + left > room) {
			char *bigger = realloc(data, 2 * (size + left));

			room = 2 * (size + left);
			data = bigger ? bigger : data;
			err = bigger ? 0 : -ENOMEM;
		}
		if (err) {
			free(data);
			return err;
		}
		if (!left)
			break;
		memcpy(data + size, lines->chunk + lines->at, left);
		size += left;
		lines->at = lines->end;
	}
	*ret_data = data;
	*ret_size = size;
	return 0;
}
