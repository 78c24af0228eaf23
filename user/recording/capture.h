/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Windows .etl file as a recording. */
#ifndef REUSETRACE_RECORDING_CAPTURE_H
#define REUSETRACE_RECORDING_CAPTURE_H

#include "recording/lines.h"
#include "recording/recording.h"

#define CAPTURE_MAX_BYTES (1U << 30)

struct capture;

/* Reads all that is left of the file.  -EFBIG, -EBADMSG, -ENOMEM or the error of reading. */
int capture_open(struct lines *lines, struct capture **ret_capture);
void capture_free(struct capture *capture); /* NULL is allowed */

/* Its strings live as long as the capture. */
void capture_start(const struct capture *capture, struct start_info *ret_start);

/* As etw_source_exclude(). */
int capture_exclude(struct capture *capture, enum protocol protocol, uint16_t first, uint16_t last,
		    bool by_admin);

/* 1, 0 behind the end, -ENOMEM, or -ENODATA behind the last event of a file that was cut. */
int capture_next(struct capture *capture, struct recorded_object *ret_object);

void capture_judged(struct capture *capture, const struct event *event);

#endif
