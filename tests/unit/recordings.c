/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recordings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rules/rules.h"

char *make_recording(const struct policy *policy, const struct event *events, size_t count)
{
	static const struct probe_info probes[] = {{"inet_csk_get_port", "fentry", true}};
	static const char *const filters[] = {"port=8080"};
	const struct view_config config = {.clock = clock_base, .policy = policy};
	const struct start_info start = {.seq = 1,
					 .time_ns = AT(0, 0),
					 .version = "0.1",
					 .host = "box",
					 .kernel = "6.12",
					 .policy = policy,
					 .probes = probes,
					 .probe_count = 1,
					 .filters = filters,
					 .filter_count = 1};
	const struct end_info end = {.seq = 99, .time_ns = AT(600, 0), .reserved = count, .sent = count};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	struct view *view = json_view_new(file, &config);

	assert_int_equal(view->ops->start(view, &start), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(view->ops->event(view, &events[i]), 0);
	assert_int_equal(view->ops->end(view, &end), 0);
	view_free(view);
	fclose(file);
	return text;
}

void memory_open(struct memory_file *file)
{
	file->fd = memfd_create("recording", MFD_CLOEXEC);
	assert_true(file->fd >= 0);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

void memory_set(const struct memory_file *file, const char *content, size_t size)
{
	assert_int_equal(ftruncate(file->fd, 0), 0);
	assert_int_equal(pwrite(file->fd, content, size, 0), size);
}

void memory_close(struct memory_file *file)
{
	close(file->fd);
}

static int show(struct view *view, struct recorded_object *object, const struct policy *policy)
{
	switch (object->type) {
	case RECORDED_EVENT:
		if (event_is_attempt(&object->event))
			judge(&object->event, policy);
		else if (object->event.type == EVENT_FINDING)
			finding_write(&object->event);
		return view->ops->event(view, &object->event);
	case RECORDED_LOST:
		return view->ops->lost(view, &object->totals);
	case RECORDED_END:
		return view->ops->end(view, &object->totals);
	}
	return -1;
}

int read_recording(const char *path, struct view *(*new_view)(FILE *, const struct view_config *), FILE *out,
		   char error[RECORDING_ERROR_LEN])
{
	struct recording *recording;
	struct recorded_object object;
	int n = recording_open(path, &recording, error), count = 0;
	struct view_config config = {0};
	struct view *view;

	if (n)
		return n;
	config.clock = recording_clock(recording);
	config.policy = recording_start(recording)->policy;
	view = new_view(out, &config);
	assert_int_equal(view->ops->start(view, recording_start(recording)), 0);
	while ((n = recording_next(recording, &object, error)) > 0) {
		assert_int_equal(show(view, &object, config.policy), 0);
		event_clear(&object.event);
		count++;
	}
	view_free(view);
	recording_free(recording);
	return n ? n : count;
}
