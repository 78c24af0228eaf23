/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of Windows this is, and its processes. */
#ifndef REUSETRACE_WINDOWS_SYSTEM_H
#define REUSETRACE_WINDOWS_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct windows_system {
	char host[64];
	char kernel[48]; /* "Windows build 20348" */
	uint32_t build;
	const char *wine;	  /* its version, NULL: this is Windows */
	bool has_winsock_sockets; /* the provider Microsoft-Windows-Winsock-Sockets is registered */
	bool is_elevated;	  /* the process may start sessions as an administrator */
	bool may_log;		  /* ... or as a member of Performance Log Users */
	bool no_sharing;	  /* Afd's DisableAddressSharing is 1: no SO_REUSEADDR between processes */
};

void system_read(struct windows_system *ret_system);

/*
 * "python.exe" of a process that runs, and its parent's pid (0 unknown): false
 * if it is gone or hides it.  name is terminated.
 */
bool process_name(uint32_t pid, char *name, size_t size);

/* The last part of its user's SID, as struct sock_info has it for Windows; UID_NONE if it hides it. */
uint32_t process_uid(uint32_t pid);

/* Every process that runs now: each() returns 0 to go on; what it returned, or a negative errno. */
int processes_each(int (*each)(void *context, uint32_t pid, uint32_t ppid, const char *name), void *context);

/* Nanoseconds since 1970. */
uint64_t system_now_ns(void);

#endif
