/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IP helper tables as holders. */
#ifndef REUSETRACE_WINDOWS_LISTING_H
#define REUSETRACE_WINDOWS_LISTING_H

#include "model/event.h"

struct listing {
	struct holder *holders;
	size_t count;
	bool has_bound;	  /* also TCP sockets that are bound and do not listen */
	uint64_t time_ns; /* since 1970 */
};

/* 0, -ENOMEM or -EIO; listing_free() is the caller's in any case. */
int listing_read(struct listing *ret_listing);
void listing_free(struct listing *listing);

/* What it lacks, on standard error. */
void listing_tell_limits(const struct listing *listing, const char *command);

/* Who has it, all unknown where the table does not say. */
void listing_process(const struct holder *holder, struct proc_info *ret_process);

#endif
