// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/database.h"

#include <errno.h>
#include <stdio.h>

static int fail(const char *name, int err, const char *what, char error[RECORDER_ERROR_LEN])
{
	snprintf(error, RECORDER_ERROR_LEN, "%.200s: %s", name, what);
	return err;
}

/* The start comes with the first event, which is then read again. */
static int find_run(struct recorder_reader *reader, const char *name, struct recorded_line *ret_line,
		    char error[RECORDER_ERROR_LEN])
{
	int n;

	recorder_ask(reader, &(struct recorder_query){.run = RECORDER_NEWEST_RUN});
	n = recorder_next(reader, ret_line, error);
	if (n < 0)
		return n;
	if (!n)
		return fail(name, -ENODATA, "no event is recorded in it", error);
	recorder_ask(reader, &(struct recorder_query){.run = ret_line->run});
	ret_line->line = NULL;
	ret_line->length = 0;
	return 0;
}

int database_open(const char *path, const char *name, struct recorder_reader **ret_reader,
		  struct recorded_line *ret_line, char error[RECORDER_ERROR_LEN])
{
	struct recorder_reader *reader;
	int err = recorder_reader_open(path, &reader, error);

	if (err == -ENOENT) /* a pipe, a descriptor without a name */
		return fail(name, err, "is the recorder's database: give its path", error);
	if (err)
		return err;
	err = find_run(reader, name, ret_line, error);
	if (err) {
		recorder_reader_free(reader);
		return err;
	}
	*ret_reader = reader;
	return 0;
}
