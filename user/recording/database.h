/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder's file as a recording: its newest run. */
#ifndef REUSETRACE_RECORDING_DATABASE_H
#define REUSETRACE_RECORDING_DATABASE_H

#include "recorder/recorder.h"

/*
 * Which run is the newest one is decided here, once.  ret_line->start is its
 * start object, until the first database_next().  name is the path, escaped, for
 * error[].  -ENODATA: nothing is recorded in it.
 */
int database_open(const char *path, const char *name, struct recorder_reader **ret_reader,
		  struct recorded_line *ret_line, char error[RECORDER_ERROR_LEN]);

#endif
