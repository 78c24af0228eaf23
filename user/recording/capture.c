/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recording/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "etw/source.h"

enum stage_of_capture { AT_EVENTS, AT_LOST, AT_END, AT_NOTHING };

struct capture {
	void *data;
	struct etw_source *source;
	enum stage_of_capture at;
	char system[32];
	uint64_t seq, time_ns; /* of the last event */
};

int capture_open(struct lines *lines, struct capture **ret_capture)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	size_t size;
	int err = capture ? lines_rest(lines, CAPTURE_MAX_BYTES, &capture->data, &size) : -ENOMEM;

	if (!err)
		err = etw_source_open(capture->data, size, &capture->source);
	if (err) {
		capture_free(capture);
		return err;
	}
	snprintf(capture->system, sizeof(capture->system), "Windows build %" PRIu32,
		 etw_source_file(capture->source)->build);
	*ret_capture = capture;
	return 0;
}

void capture_free(struct capture *capture)
{
	if (!capture)
		return;
	etw_source_free(capture->source);
	free(capture->data);
	free(capture);
}

void capture_start(const struct capture *capture, struct start_info *ret_start)
{
	*ret_start = (struct start_info){
		.time_ns = etw_source_file(capture->source)->start_ns,
		.kernel = capture->system,
	};
}

static void fill_totals(const struct capture *capture, struct end_info *ret_totals)
{
	const struct etl_info *file = etw_source_file(capture->source);
	const struct correlator_info *events = etw_source_events(capture->source);

	*ret_totals = (struct end_info){
		.seq = capture->seq,
		.time_ns = capture->time_ns ? capture->time_ns : file->start_ns,
		.reserved = events->decoded + file->events_lost,
		.sent = events->decoded,
		.lost_ring = file->events_lost,
	};
}

int capture_next(struct capture *capture, struct recorded_object *ret_object)
{
	const struct etl_info *file = etw_source_file(capture->source);
	int n = 0;

	*ret_object = (struct recorded_object){.type = RECORDED_EVENT};
	if (capture->at == AT_EVENTS)
		n = etw_source_next(capture->source, &ret_object->event);
	if (n < 0)
		return n;
	if (n) {
		capture->seq = ret_object->event.seq;
		capture->time_ns = ret_object->event.time_ns;
		return 1;
	}
	capture->at++;
	if (capture->at == AT_LOST && !file->events_lost)
		capture->at++;
	if (capture->at >= AT_NOTHING) {
		capture->at = AT_NOTHING;
		return 0;
	}
	if (capture->at == AT_END && (file->truncated || file->buffers_damaged))
		return -ENODATA;
	ret_object->type = capture->at == AT_LOST ? RECORDED_LOST : RECORDED_END;
	capture->seq++;
	fill_totals(capture, &ret_object->totals);
	return 1;
}

int capture_exclude(struct capture *capture, enum protocol protocol, uint16_t first, uint16_t last,
		    bool by_admin)
{
	return etw_source_exclude(capture->source, protocol, first, last, by_admin);
}

void capture_judged(struct capture *capture, const struct event *event)
{
	etw_source_judged(capture->source, event);
}
