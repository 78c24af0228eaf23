/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A timeline as a file: a page of HTML that needs nothing else, or Chrome trace
 * JSON for ui.perfetto.dev.  Both have the same lanes.
 *
 * What a process chose is escaped as in the text view before it is put into
 * JSON; in the page that JSON has no '<', so that nothing in it ends its
 * element, and the page shows it as text only.
 */
#ifndef REUSETRACE_VIEW_REPORT_H
#define REUSETRACE_VIEW_REPORT_H

#include "view/timeline.h"

struct report_info {
	const struct start_info *start;
	const char *lost; /* a sentence, "" if nothing was lost */
	bool cut;	  /* the recording has no end */
};

/* Each writes all of it: 0 or a negative errno. */
int report_page(FILE *out, const struct timeline *timeline, const struct report_info *info);
int report_perfetto(FILE *out, const struct timeline *timeline, const struct report_info *info);

/* "python3[4100]", "-" if unknown; what of "127.0.0.1:8080/tcp" is known. */
void report_who(struct strbuf *out, uint32_t pid, const char comm[COMM_LEN]);
void report_lane(struct strbuf *out, const struct timeline_lane *lane);

#endif
