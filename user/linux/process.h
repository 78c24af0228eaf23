/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and network namespaces by number. */
#ifndef REUSETRACE_LINUX_PROCESS_H
#define REUSETRACE_LINUX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/process.h"

/* NS as a name, pid, path or inode number.  0 or a negative errno. */
int netns_inode(const char *text, uint32_t *ret_inode);

/* The number that a file of /proc begins with, 0 if it cannot be read. */
uint32_t proc_number(const char *path);

bool process_exists(uint32_t pid);

/* Still the same process, and no zombie; start_ns as in struct proc_info. */
bool process_lives(uint32_t pid, uint64_t start_ns);

/* What /proc/PID/exe leads to, which the process sees under this path. */
struct exe_look {
	uint32_t pid;
	char exe[EXE_LEN];
};

/* LOOK_EXE; the length, of which exe is no more than the beginning, or a negative errno. */
int process_look_exe(void *about);

/* This process is in the initial pid namespace: no process is hidden from it. */
bool process_sees_all(void);
/* ... and /proc shows it what is not its own (hidepid=): what is not there is gone. */
bool process_shows_all(void);

/* 0: it is gone, or not shown. */
uint32_t process_parent(uint32_t pid);

/* Calls fn for each process, until it returns something else than 0: that, or a negative errno. */
int process_each(int (*fn)(void *context, uint32_t pid), void *context);

/* ... for each process whose parent is pid. */
int process_children(uint32_t pid, int (*fn)(void *context, uint32_t child), void *context);
/* ... for its children, theirs, and so on, in one pass over the processes. */
int process_descendants(uint32_t pid, int (*fn)(void *context, uint32_t pid), void *context);

#endif
