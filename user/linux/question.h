/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bind that nobody makes, judged against a listing. */
#ifndef REUSETRACE_LINUX_QUESTION_H
#define REUSETRACE_LINUX_QUESTION_H

#include "linux/listing.h"

struct question {
	struct sock_info binder; /* complete: binder_complete() */
	bool listens;		 /* listen() follows */
};

/*
 * The answer as an EVENT_WHY with its verdict; undecided if it depends on what
 * the listing does not know.  event_clear() frees it.  0 or -ENOMEM.
 */
int question_judge(struct listing *listing, const struct question *question, struct event *ret_event);

/*
 * Who has the address that these answers, all about one, were refused for, if
 * they were: looked up once, and they are judged again.
 */
void question_find_address(const struct listing *listing, struct event *answers, size_t count);

#endif
