/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executables of processes whose records come without: they are long, and mostly known. */
#include "linux/session_parts.h"

#include <errno.h>
#include <string.h>

#include "linux/decode.h"
#include "linux/process.h"

struct exe_search {
	const struct proc_info *process;
	struct exe_row *row;
};

static int note_exe(void *context, const void *record, size_t size)
{
	struct exe_search *search = context;
	const struct rt_holder *found = record;
	struct proc_info process;

	if (size < sizeof(*found))
		return -EBADMSG;
	decode_process(&found->life.header.process, &process);
	if (process.pid == search->process->pid &&
	    (!search->process->start_ns || process.start_ns == search->process->start_ns))
		decode_exe(found->exe, search->row->exe, sizeof(search->row->exe));
	return 0;
}

void session_forget_exes(struct session *session)
{
	for (size_t i = 0; i < EXES; i++)
		session->exes[i].pid = 0;
}

/*
 * The iterator visits every thread of the machine: it is for a process whose
 * link may not be read, or that /proc may show under another number.
 * -ESRCH: it is gone; another negative errno: that is not how to know.
 */
static int link_of_exe(const struct session *session, const struct proc_info *process, char ret_exe[EXE_LEN])
{
	static const char deleted[] = " (deleted)";
	struct exe_look look = {.pid = process->pid};
	int length;

	if (!process->start_ns || !process_shows_all())
		return -EACCES;
	length = looker_look(session->looker, LOOK_EXE, &look);
	if (length < 0)
		return length == -ENOENT ? -ESRCH : length; /* or a zombie, which has none any more */
	if (!process_lives(process->pid, process->start_ns))
		return -ESRCH;
	if (length >= (int)sizeof(look.exe))
		return -ENAMETOOLONG;
	if ((size_t)length >= sizeof(deleted) && !strcmp(look.exe + length - (sizeof(deleted) - 1), deleted))
		return -ENOENT;
	memcpy(ret_exe, look.exe, (size_t)length + 1);
	return 0;
}

void session_find_exe(struct session *session, struct proc_info *process)
{
	struct exe_row *row = &session->exes[process->pid % EXES];
	struct exe_search search = {.process = process, .row = row};
	int err;

	if (process->exe[0] || !process->pid)
		return;
	if (row->pid != process->pid || row->start_ns != process->start_ns) {
		*row = (struct exe_row){.pid = process->pid, .start_ns = process->start_ns};
		err = link_of_exe(session, process, row->exe);
		if (err && err != -ESRCH)
			(void)tracer_seek_process(session->tracer, process->pid, note_exe, &search);
	}
	memcpy(process->exe, row->exe, sizeof(process->exe));
}
