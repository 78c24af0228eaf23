/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executables of processes whose records come without: they are long, and mostly known. */
#include "linux/session_parts.h"

#include <errno.h>
#include <string.h>

#include "linux/decode.h"

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
	memset(session->exes, 0, sizeof(session->exes));
}

void session_find_exe(struct session *session, struct proc_info *process)
{
	struct exe_row *row = &session->exes[process->pid % EXES];
	struct exe_search search = {.process = process, .row = row};

	if (process->exe[0] || !process->pid)
		return;
	if (row->pid != process->pid || row->start_ns != process->start_ns) {
		*row = (struct exe_row){.pid = process->pid, .start_ns = process->start_ns};
		(void)tracer_seek_process(session->tracer, process->pid, note_exe, &search);
	}
	memcpy(process->exe, row->exe, sizeof(process->exe));
}
