// SPDX-License-Identifier: GPL-2.0-or-later
/* This build has no SQLite: the recorder's file is told for what it is. */
#include "recorder/recorder.h"

#include <errno.h>
#include <stdio.h>

int recorder_reader_open(const char *path, struct recorder_reader **ret_reader,
			 char error[RECORDER_ERROR_LEN])
{
	(void)ret_reader;
	snprintf(error, RECORDER_ERROR_LEN,
		 "%.200s: is the recorder's database, which this build cannot read; NDJSON it can", path);
	return -ENOTSUP;
}

void recorder_reader_free(struct recorder_reader *reader)
{
	(void)reader;
}

void recorder_ask(struct recorder_reader *reader, const struct recorder_query *query)
{
	(void)reader, (void)query;
}

int recorder_next(struct recorder_reader *reader, struct recorded_line *ret_line,
		  char error[RECORDER_ERROR_LEN])
{
	(void)reader, (void)ret_line, (void)error;
	return -ENOTSUP;
}
