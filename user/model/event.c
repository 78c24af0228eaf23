/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/event.h"

#include <stdlib.h>

void holder_clear(struct holder *holder)
{
	free(holder->owners);
	free(holder->places);
}

void event_clear(struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		holder_clear(&event->holders[i]);
	free(event->holders);
	event->holders = NULL;
	event->holder_count = event->holders_total = 0;
}

bool answers_differ(const struct event *one, const struct event *other, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (one[i].result != other[i].result || one[i].undecided != other[i].undecided)
			return true;
	return false;
}
