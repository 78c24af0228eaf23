/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording as a source: its objects become the same struct event that a
 * live trace makes, with every fact that the rules are given and without a
 * verdict.  What it holds is believed only as far as it was checked: sizes and
 * counts are bounded, names are cut, numbers are in their ranges.
 *
 * Kinds of files are told apart by their content.
 */
#ifndef REUSETRACE_RECORDING_RECORDING_H
#define REUSETRACE_RECORDING_RECORDING_H

#include "model/event.h"
#include "view/view.h"

/* Of one attempt. */
#define RECORDING_MAX_HOLDERS 1024
#define RECORDING_MAX_OWNERS  16384 /* of all its holders */

#define RECORDING_MAX_FILTERS 256
#define RECORDING_ERROR_LEN   512

struct recording;

enum recorded { RECORDED_EVENT, RECORDED_LOST, RECORDED_END };

struct recorded_object {
	enum recorded type;
	struct event event;	/* event_clear() is the caller's */
	struct end_info totals; /* RECORDED_LOST and RECORDED_END */
};

/*
 * Opens a file ("-" is standard input) and reads its start.  On an error
 * error[] has one line that is safe to print, with the file and, where the
 * content is at fault, the number of the line.
 */
int recording_open(const char *path, struct recording **ret_recording, char error[RECORDING_ERROR_LEN]);
void recording_free(struct recording *recording);

/*
 * One whose objects are kept elsewhere, each a line without its end: first the
 * start object, then with recording_take() the others.  The name is for error[].
 * Returns 1, or 0 for an object of a type that is passed over.
 */
int recording_begin(const char *name, const char *start, size_t length, struct recording **ret_recording,
		    char error[RECORDING_ERROR_LEN]);
int recording_take(struct recording *recording, const char *line, size_t length,
		   struct recorded_object *ret_object, char error[RECORDING_ERROR_LEN]);

/* What it began with: machine, policy, probes, filters.  Lives as long as the recording. */
const struct start_info *recording_start(const struct recording *recording);
struct clock_base recording_clock(const struct recording *recording);

/*
 * 1 and the next object, 0 behind the end, or a negative errno and error[] as
 * above.  A recording that ends without its `end` was cut: -ENODATA.
 */
int recording_next(struct recording *recording, struct recorded_object *ret_object,
		   char error[RECORDING_ERROR_LEN]);

/*
 * A range of ports that nobody may bind, listed when the capture was made; before
 * the first event.  0, -ENOMEM, or -ENOTSUP: NDJSON has its ranges in its events.
 */
int recording_exclude(struct recording *recording, enum protocol protocol, uint16_t first, uint16_t last,
		      bool by_admin);

/*
 * What came out of judging an event of it: a capture has no verdicts, and a
 * later release names the refusal that it came too late for.
 */
void recording_judged(struct recording *recording, const struct event *event);

/* Objects of a type that this build does not know: they are passed over. */
uint64_t recording_unknown(const struct recording *recording);

#endif
