/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filters of the command line applied to events that are there already,
 * as the live trace applies them in the kernel.
 */
#ifndef REUSETRACE_CLI_EVENT_FILTER_H
#define REUSETRACE_CLI_EVENT_FILTER_H

#include "cli/options.h"

struct event_filter;

/*
 * 0, -ENOMEM, or -EINVAL and *ret_error, of size error_size, for a network
 * namespace or a cgroup that cannot be told from a recording: a name or a path
 * of this machine is none of the recorded one.  config must outlive the filter.
 */
int event_filter_new(const struct config *config, struct event_filter **ret_filter, char *ret_error,
		     size_t error_size);
void event_filter_free(struct event_filter *filter);

/* One more process that -p stands for. */
void event_filter_add(struct event_filter *filter, uint32_t pid);

/* In the order of the recording: a pid stands for the children that are seen, too. */
bool event_wanted(struct event_filter *filter, const struct event *event);

#endif
