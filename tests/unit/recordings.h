/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings in memory: written by the JSON view, opened as files. */
#ifndef REUSETRACE_TESTS_RECORDINGS_H
#define REUSETRACE_TESTS_RECORDINGS_H

#include "events.h"

#include "recording/recording.h"

/* start, the events and end, as one text to free() */
char *make_recording(const struct policy *policy, const struct event *events, size_t count);

struct memory_file {
	int fd;
	char path[32];
};

void memory_open(struct memory_file *file);
void memory_set(const struct memory_file *file, const char *content, size_t size);
void memory_close(struct memory_file *file);

/*
 * Reads all of it: the number of objects behind the start, or a negative errno
 * and error[].  Attempts are judged; with a view everything is shown in it.
 */
int read_recording(const char *path, struct view *(*new_view)(FILE *, const struct view_config *), FILE *out,
		   char error[RECORDING_ERROR_LEN]);

#endif
