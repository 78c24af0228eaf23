/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/event.h"

#include <stdlib.h>

void event_clear(struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		free(event->holders[i].owners);
	free(event->holders);
	*event = (struct event){0};
}
