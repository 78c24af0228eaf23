/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_path_look() for one who has other things to do: a directory that is
 * mounted when it is entered, or whose server is gone, may hold up whoever
 * looks for as long as it likes.
 */
#ifndef REUSETRACE_LINUX_UNIX_LOOK_H
#define REUSETRACE_LINUX_UNIX_LOOK_H

#include "linux/unix_path.h"

/* Remembers the looks that were given up, and hang. */
struct unix_looks;

struct unix_looks *unix_looks_new(void);
void unix_looks_free(struct unix_looks *looks);

/*
 * 0, or -ETIMEDOUT if it took too long, -EBUSY if too many hang, -ENOMEM or
 * -EAGAIN without a thread for it: facts and *ret_file are as they were then.
 */
int unix_look(struct unix_looks *looks, const struct rt_unix *record, struct unix_facts *facts,
	      struct path_file *ret_file);

#endif
