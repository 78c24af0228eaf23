/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "etw/bytes.h"
#include "etw/index.h"

#define USERS_MAX 1024
#define SID_MAX	  68 /* SECURITY_MAX_SID_SIZE */

struct user {
	uint8_t sid[SID_MAX];
	uint8_t size;
};

struct processes {
	struct index by_pid, by_object;
	struct process **all;
	size_t count, room;
	struct user users[USERS_MAX];
	size_t user_count;
};

struct processes *processes_new(void)
{
	return calloc(1, sizeof(struct processes));
}

void processes_free(struct processes *processes)
{
	if (!processes)
		return;
	for (size_t i = 0; i < processes->count; i++)
		free(processes->all[i]);
	free(processes->all);
	index_free(&processes->by_pid);
	index_free(&processes->by_object);
	free(processes);
}

static int keep(struct processes *processes, struct process *process)
{
	if (processes->count == processes->room) {
		size_t room = processes->room ? 2 * processes->room : 64;
		struct process **all = realloc(processes->all, room * sizeof(struct process *));

		if (!all)
			return -ENOMEM;
		processes->all = all;
		processes->room = room;
	}
	if (index_put(&processes->by_pid, process->pid, 0, process))
		return -ENOMEM;
	processes->all[processes->count++] = process;
	return 0;
}

struct process *process_get(struct processes *processes, uint32_t pid)
{
	struct process *process = index_get(&processes->by_pid, pid, 0);

	if (process)
		return process;
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->pid = pid;
	process->uid = UID_NONE;
	if (pid == WINDOWS_SYSTEM_PID)
		strcpy(process->name, "System");
	if (keep(processes, process)) {
		free(process);
		return NULL;
	}
	return process;
}

/* The index keeps pointers, and a process's never moves. */
int process_note_object(struct processes *processes, uint64_t object, uint32_t pid)
{
	struct process *process = process_get(processes, pid);

	return process ? index_put(&processes->by_object, object, 0, process) : -ENOMEM;
}

bool process_of_object(const struct processes *processes, uint64_t object, uint32_t *ret_pid)
{
	const struct process *process = index_get(&processes->by_object, object, 0);

	if (process)
		*ret_pid = process->pid;
	return process;
}

/* SID: revision, number of parts, six bytes of authority, the parts. */
static size_t sid_size(const uint8_t *sid, size_t size)
{
	size_t parts = bytes_at(sid, size, 1, 1);

	if (bytes_at(sid, size, 0, 1) != 1 || !parts || parts > 15 || 8 + 4 * parts > size)
		return 0;
	return 8 + 4 * parts;
}

uint32_t process_user(struct processes *processes, const uint8_t *sid, size_t size)
{
	size_t length = sid_size(sid, size);
	uint32_t last = length ? (uint32_t)bytes_at(sid, length, length - 4, 4) : 0;
	bool known = false, twice = false;

	if (!length)
		return UID_NONE;
	for (size_t i = 0; i < processes->user_count; i++) {
		const struct user *user = &processes->users[i];

		if (user->size == length && !memcmp(user->sid, sid, length))
			known = true;
		else if (bytes_at(user->sid, user->size, user->size - 4u, 4) == last)
			twice = true;
	}
	if (!known && processes->user_count == USERS_MAX)
		return UID_NONE;
	if (!known) {
		struct user *user = &processes->users[processes->user_count++];

		memcpy(user->sid, sid, length);
		user->size = (uint8_t)length;
	}
	return twice ? UID_NONE : last;
}

/* ---- records of the kernel logger: class Process, {3D6FA8D0-FE05-11D0-9DDA-00C04FD7BA7C} */

static const uint8_t process_class[ETW_GUID_SIZE] = {0xd0, 0xa8, 0x6f, 0x3d, 0x05, 0xfe, 0xd0, 0x11,
						     0x9d, 0xda, 0x00, 0xc0, 0x4f, 0xd7, 0xba, 0x7c};

#define GROUP_PROCESS 0x0300

struct payload {
	uint64_t object;
	uint32_t pid, ppid, uid;
	const uint8_t *name;
	size_t name_size;
};

/* TOKEN_USER, two pointers of the writer, and the SID; or one zero where there is none. */
static uint32_t read_user(struct processes *processes, struct bytes *bytes, uint8_t pointer_size)
{
	struct bytes ahead = *bytes;
	uint32_t uid;
	size_t size;

	if (!bytes_u32(&ahead)) {
		*bytes = ahead;
		return UID_NONE;
	}
	(void)bytes_take(bytes, 2u * pointer_size);
	size = bytes->short_ ? 0 : sid_size(bytes->at, bytes->left);
	if (!size) {
		bytes->short_ = true;
		return UID_NONE;
	}
	uid = process_user(processes, bytes->at, size);
	(void)bytes_take(bytes, size);
	return uid;
}

/* Process_TypeGroup1 of version 1 to 4 (MOF); version 0 had neither key nor session. */
static bool read_payload(struct processes *processes, const struct etw_record *record,
			 struct payload *ret_payload)
{
	struct bytes bytes = bytes_of(record->payload, record->size);
	struct payload payload = {.object = 0};
	const uint8_t *end;

	if (record->version >= 1)
		payload.object = bytes_number(&bytes, record->pointer_size);
	payload.pid = bytes_u32(&bytes);
	payload.ppid = bytes_u32(&bytes);
	if (record->version >= 1)
		(void)bytes_u64(&bytes); /* session, exit status */
	if (record->version >= 3)
		(void)bytes_number(&bytes, record->pointer_size); /* directory table */
	if (record->version >= 4)
		(void)bytes_u32(&bytes); /* flags */
	payload.uid = read_user(processes, &bytes, record->pointer_size);
	if (bytes.short_)
		return false;
	payload.name = bytes.at;
	end = bytes.left ? memchr(bytes.at, '\0', bytes.left) : NULL;
	payload.name_size = end ? (size_t)(end - bytes.at) : bytes.left;
	if (record->version < 2) /* a page directory, not the EPROCESS */
		payload.object = 0;
	*ret_payload = payload;
	return true;
}

/* Fills in what is unknown, or all of it for a process that has just got the pid. */
static void describe(struct process *process, const struct payload *payload, bool anew)
{
	size_t size = payload->name_size < EXE_LEN ? payload->name_size : EXE_LEN - 1;

	if (anew || process->uid == UID_NONE) {
		process->uid = payload->uid;
		process->ppid = payload->ppid;
	}
	if (anew || !process->name[0]) {
		memcpy(process->name, payload->name, size);
		process->name[size] = '\0';
	}
}

static int apply(struct processes *processes, const struct payload *payload, enum process_record kind,
		 bool survey)
{
	struct process *process = process_get(processes, payload->pid);

	if (!process)
		return -ENOMEM;
	if (kind == PROCESS_ENDED && !survey) {
		process->generation++;
		process->winsock_seen = false;
		process->name[0] = '\0';
		process->uid = UID_NONE;
		return kind;
	}
	if (kind != PROCESS_STARTED || !survey)
		describe(process, payload, kind == PROCESS_STARTED);
	if (payload->object && (!survey || !index_get(&processes->by_object, payload->object, 0)) &&
	    index_put(&processes->by_object, payload->object, 0, process))
		return -ENOMEM;
	return (int)kind;
}

int process_record(struct processes *processes, const struct etw_record *record, bool survey)
{
	static const enum process_record kinds[] = {
		[1] = PROCESS_STARTED,
		[2] = PROCESS_ENDED,
		[3] = PROCESS_RUNNING,
		[4] = PROCESS_RUNNING,
	};
	uint16_t type = record->kind == ETW_SYSTEM ? record->id ^ GROUP_PROCESS : record->id;
	struct payload payload;

	if (record->kind == ETW_MANIFEST ||
	    (record->kind == ETW_CLASSIC && memcmp(record->guid, process_class, ETW_GUID_SIZE)) || !type ||
	    type >= sizeof(kinds) / sizeof(kinds[0]) || !read_payload(processes, record, &payload))
		return PROCESS_RECORD_NONE;
	return apply(processes, &payload, kinds[type], survey);
}
