/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes of a capture: names and users from the kernel logger's process
 * records where there are any, and whose an EPROCESS is.
 */
#ifndef REUSETRACE_ETW_PROCESSES_H
#define REUSETRACE_ETW_PROCESSES_H

#include "etw/record.h"
#include "model/event.h"

#define WINDOWS_SYSTEM_PID 4 /* the kernel's own process, always */

struct processes;

struct process {
	uint32_t pid, ppid;
	uint32_t generation; /* changes when the pid is another process's */
	uint32_t uid;	     /* the last part of the SID; UID_NONE unknown or two users have it */
	uint64_t start_key;  /* 0 unknown */
	bool winsock_seen;   /* it has written events of Winsock-Sockets */
	char name[EXE_LEN];  /* "python.exe", "" unknown */
};

struct processes *processes_new(void);
void processes_free(struct processes *processes); /* NULL is allowed */

/* Finds or makes; NULL without memory. */
struct process *process_get(struct processes *processes, uint32_t pid);

/* EPROCESS -> pid; addresses are used again, so the last word counts. */
int process_note_object(struct processes *processes, uint64_t object, uint32_t pid);
bool process_of_object(const struct processes *processes, uint64_t object, uint32_t *ret_pid);

/* The user of a SID as on disk, UID_NONE if it makes no sense or two have the same last part. */
uint32_t process_user(struct processes *processes, const uint8_t *sid, size_t size);

enum process_record { PROCESS_RECORD_NONE, PROCESS_STARTED, PROCESS_ENDED, PROCESS_RUNNING };

/*
 * Takes a record of the kernel logger: PROCESS_RECORD_NONE if it is none of
 * processes or damaged, a negative errno without memory.
 *
 * The logger describes what still runs at its end, so a file is read twice: a
 * survey only learns the names of processes that it saw no start of.
 */
int process_record(struct processes *processes, const struct etw_record *record, bool survey);

#endif
