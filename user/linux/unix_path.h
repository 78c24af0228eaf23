/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is at a path that an AF_UNIX bind was refused, and which directory on the way to it is at fault. */
#ifndef REUSETRACE_LINUX_UNIX_PATH_H
#define REUSETRACE_LINUX_UNIX_PATH_H

#include <sys/stat.h>

#include "event.h"
#include "model/event.h"

struct path_file {
	struct stat stat;
	bool other_device; /* its file system (btrfs, overlayfs) shows other devices than the kernel has */
};

/*
 * Looks as the process does that asked: from its root or its working directory,
 * in its mount namespace, also when it is gone, if that is this one's.  Completes
 * obstacle, fault and directory of facts; ret_file is written if there is
 * something at the path (OBSTACLE_SOCKET and what comes after it).
 */
void unix_path_look(const struct rt_unix *record, struct unix_facts *facts, struct path_file *ret_file);

#endif
