/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/source.h"

#include <errno.h>
#include <stdlib.h>

struct queued {
	struct event event;
	struct queued *next;
};

struct etw_source {
	struct etl *etl;
	struct correlator *correlator;
	struct queued *first, **last; /* what one record brought about */
	bool surveyed, ended;
};

/* The event moves into the queue. */
static int enqueue(void *context, struct event *event)
{
	struct etw_source *source = context;
	struct queued *queued = malloc(sizeof(*queued));

	if (!queued)
		return -ENOMEM;
	*queued = (struct queued){.event = *event};
	event->holders = NULL;
	event->holder_count = 0;
	*source->last = queued;
	source->last = &queued->next;
	return 0;
}

int etw_source_open(const void *data, size_t size, struct etw_source **ret_source)
{
	struct etw_source *source = calloc(1, sizeof(*source));
	int err = source ? etl_open(data, size, &source->etl) : -ENOMEM;

	if (!err) {
		source->last = &source->first;
		source->correlator = correlator_new(enqueue, source);
		err = source->correlator ? 0 : -ENOMEM;
	}
	if (err) {
		etw_source_free(source);
		return err;
	}
	*ret_source = source;
	return 0;
}

void etw_source_free(struct etw_source *source)
{
	struct queued *queued, *next;

	if (!source)
		return;
	for (queued = source->first; queued; queued = next) {
		next = queued->next;
		event_clear(&queued->event);
		free(queued);
	}
	correlator_free(source->correlator);
	etl_close(source->etl);
	free(source);
}

int etw_source_exclude(struct etw_source *source, enum protocol protocol, uint16_t first, uint16_t last,
		       bool by_admin)
{
	return correlator_exclude(source->correlator, protocol, first, last, by_admin, FROM_QUERIED);
}

static int survey(struct etw_source *source)
{
	const struct etl_info *info = etl_info(source->etl);
	struct etw_record record;
	int err = 0;

	source->surveyed = true;
	while (!err && etl_next(source->etl, &record))
		err = correlator_survey(source->correlator, &record);
	etl_rewind(source->etl);
	if (info->events_lost || info->buffers_lost || info->buffers_lossy || info->buffers_damaged)
		correlator_lossy(source->correlator);
	return err;
}

int etw_source_next(struct etw_source *source, struct event *ret_event)
{
	int err = source->surveyed ? 0 : survey(source);
	struct etw_record record;
	struct queued *queued;

	while (!err && !source->first && !source->ended) {
		if (etl_next(source->etl, &record)) {
			err = correlator_feed(source->correlator, &record);
		} else {
			err = correlator_end(source->correlator);
			source->ended = true;
		}
	}
	queued = source->first;
	if (err || !queued)
		return err;
	source->first = queued->next;
	if (!source->first)
		source->last = &source->first;
	*ret_event = queued->event;
	free(queued);
	return 1;
}

void etw_source_judged(struct etw_source *source, const struct event *event)
{
	correlator_judged(source->correlator, event);
}

const struct etl_info *etw_source_file(const struct etw_source *source)
{
	return etl_info(source->etl);
}

const struct correlator_info *etw_source_events(const struct etw_source *source)
{
	return correlator_info(source->correlator);
}
