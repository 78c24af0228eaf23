/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_path_look() for one who has other things to do: a directory that is
 * mounted when it is entered, or whose server is gone, may hold up whoever
 * looks for as long as it likes.
 */
#ifndef REUSETRACE_LINUX_UNIX_LOOK_H
#define REUSETRACE_LINUX_UNIX_LOOK_H

#include "linux/unix_path.h"

struct path_look {
	struct rt_unix record;
	struct unix_facts facts;
	struct path_file file;
	uint32_t netns; /* the inode of that of the process that asked; 0: it is gone, or not to be seen */
};

/* Remembers the looks that were given up, and hang. */
struct unix_looks;

struct unix_looks *unix_looks_new(void);
void unix_looks_free(struct unix_looks *looks);

/* LOOK_PATH: at the path of facts, if it is one, and at the network namespace, however long that takes; 0. */
int unix_look(void *about);

/*
 * 0, or -ETIMEDOUT if it took too long, -EBUSY if too many hang, -ENOMEM or
 * -EAGAIN without a thread for it: *about is as it was then.
 */
int unix_look_patiently(struct unix_looks *looks, void *about);

#endif
