/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object that a recording begins with: machine, clock, policy, probes, filters. */
#ifndef REUSETRACE_RECORDING_START_H
#define REUSETRACE_RECORDING_START_H

#include "recording/json_reader.h"
#include "view/view.h"

struct recorded_start {
	struct start_info info; /* its policy, probes and filters are these */
	struct policy policy;
	struct clock_base clock;
	struct probe_info *probes;
	const char **filters;
};

/*
 * Complaints are left in the reader; -ENOMEM is returned.  Strings are the
 * object's, the struct stays where it is; recorded_start_free() is the caller's,
 * always.
 */
int decode_json_start(struct json_reader *reader, struct recorded_start *start);
void recorded_start_free(struct recorded_start *start);

#endif
