/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has the path or the name that an AF_UNIX bind was refused. */
#ifndef REUSETRACE_LINUX_UNIX_H
#define REUSETRACE_LINUX_UNIX_H

#include "linux/looker.h"
#include "linux/tracer.h"

struct unix_lookup;

/* Both stay the caller's.  NULL without memory. */
struct unix_lookup *unix_lookup_new(struct tracer *tracer, struct looker *looker);
void unix_lookup_free(struct unix_lookup *lookup);

/* What was looked up is old by now. */
void unix_lookup_renew(struct unix_lookup *lookup);

/*
 * Keeps of a record what the event has no room for, to look it up with.  NULL
 * for other records and without memory; the caller frees it.
 */
struct rt_unix *unix_record_copy(const void *record, size_t size);

/*
 * Completes a refusal: what is at the path, as the process saw it, and the
 * sockets that are bound to it, listeners first.  -ENOMEM.
 */
int unix_complete(struct unix_lookup *lookup, const struct rt_unix *record, struct event *event);

#endif
