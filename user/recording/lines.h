/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a file, of a bounded length each. */
#ifndef REUSETRACE_RECORDING_LINES_H
#define REUSETRACE_RECORDING_LINES_H

#include <stdio.h>

#define LINE_MAX_BYTES (8U << 20)

/* All fields but number are private. */
struct lines {
	FILE *file;
	char *line;
	size_t capacity;
	size_t number; /* of the last line that was read, from 1 */
	char *chunk;
	size_t at, end; /* what of the chunk is unread */
};

/* The file stays the caller's.  0 or -ENOMEM. */
int lines_init(struct lines *lines, FILE *file);
void lines_free(struct lines *lines);

/*
 * 1 and a line without its end, ended by a NUL, valid until the next call; 0
 * at the end; -ENODATA for a last line without its end, -E2BIG for one that
 * is too long, -EILSEQ for one with a NUL, or the error of reading.
 */
int lines_next(struct lines *lines, const char **ret_line, size_t *ret_length);

/* The first bytes of the file, at most size, which are still to come as lines. */
size_t lines_peek(struct lines *lines, void *buf, size_t size);

/*
 * All that was not read as lines, which is the caller's to free.  -EFBIG for
 * more than most bytes, -ENOMEM or the error of reading.
 */
int lines_rest(struct lines *lines, size_t most, void **ret_data, size_t *ret_size);

#endif
