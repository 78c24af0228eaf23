/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef REUSETRACE_FUZZ_H
#define REUSETRACE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What every event must keep to; a view would read all of it. */
static inline int fuzz_sink(void *context, struct event *event)
{
	(void)context;
	if ((unsigned int)event->type >= EVENT_TYPE_MAX || event->result > 0 ||
	    event->windows.cause >= CAUSE_MAX || event->stage >= STAGE_MAX ||
	    !memchr(event->process.comm, '\0', COMM_LEN) || !memchr(event->process.exe, '\0', EXE_LEN) ||
	    !memchr(event->option.name, '\0', sizeof(event->option.name)) ||
	    event->holder_count > event->holders_total)
		abort();
	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].sock.port != event->sock.port || !event->holders[i].sock.id ||
		    event->holders[i].sock.id == event->sock.id || event->holders[i].owner_count != 1)
			abort();
	judge(event, NULL);
	if (event->has_verdict && (!event->verdict.text[0] || event->verdict.rule == RULE_NONE))
		abort();
	return 0;
}

#endif
