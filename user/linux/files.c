/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/files.h"

#include <signal.h>
#include <sys/stat.h>

bool is_same_file(const char *one, const char *other)
{
	struct stat first, second;

	return !stat(one, &first) && !stat(other, &second) && first.st_dev == second.st_dev &&
	       first.st_ino == second.st_ino;
}

void closed_pipes_are_errors(void)
{
	signal(SIGPIPE, SIG_IGN);
}
