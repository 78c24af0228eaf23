/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/source.h"

#include <errno.h>

static int feed(struct etl *etl, struct correlator *correlator)
{
	const struct etl_info *info = etl_info(etl);
	struct etw_record record;
	int err = 0;

	while (!err && etl_next(etl, &record))
		err = correlator_survey(correlator, &record);
	etl_rewind(etl);
	if (info->events_lost || info->buffers_lost || info->buffers_lossy || info->buffers_damaged)
		correlator_lossy(correlator);
	while (!err && etl_next(etl, &record))
		err = correlator_feed(correlator, &record);
	return err ? err : correlator_end(correlator);
}

int etw_read(const void *data, size_t size, const struct etw_exclusion *exclusions, size_t exclusion_count,
	     correlator_sink sink, void *context, struct etw_summary *ret_summary)
{
	struct correlator *correlator;
	struct etl *etl;
	int err = etl_open(data, size, &etl);

	if (err)
		return err;
	correlator = correlator_new(sink, context);
	err = correlator ? 0 : -ENOMEM;
	for (size_t i = 0; !err && i < exclusion_count; i++)
		err = correlator_exclude(correlator, exclusions[i].protocol, exclusions[i].first,
					 exclusions[i].last, exclusions[i].by_admin, FROM_QUERIED);
	if (!err)
		err = feed(etl, correlator);
	if (!err) {
		ret_summary->file = *etl_info(etl);
		ret_summary->events = *correlator_info(correlator);
	}
	correlator_free(correlator);
	etl_close(etl);
	return err;
}
