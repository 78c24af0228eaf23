/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that is said to be a recording, of any kind: read, judged and shown. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "recording/recording.h"
#include "view/view.h"

#define FILES_MOST 3

static const char *const suffixes[FILES_MOST] = {"", "-wal", "-shm"};
static char path[64];

static void remove_all(void)
{
	char name[80];

	for (size_t i = 0; i < FILES_MOST; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

/* In memory; SQLite wants a name. */
static void write_file(const uint8_t *data, size_t size)
{
	int fd;

	if (!path[0])
		snprintf(path, sizeof(path), "/dev/shm/fuzz-recording.%d", (int)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static void show(struct recording *recording, struct view *view, struct recorded_object *object)
{
	if (object->type != RECORDED_EVENT) {
		(void)(object->type == RECORDED_END ? view->ops->end : view->ops->lost)(view,
											&object->totals);
		return;
	}
	if (event_is_attempt(&object->event))
		judge(&object->event, recording_start(recording)->policy);
	(void)view->ops->event(view, &object->event);
	recording_judged(recording, &object->event);
}

static void read_all(struct view *(*new_view)(FILE *, const struct view_config *), FILE *out)
{
	struct recording *recording;
	struct recorded_object object;
	struct view *view;
	char error[RECORDING_ERROR_LEN] = "";
	int n = recording_open(path, &recording, error);

	if (n < 0 && !error[0])
		abort();
	if (n < 0)
		return;
	view = new_view(out, &(struct view_config){.clock = recording_clock(recording),
						   .policy = recording_start(recording)->policy,
						   .time = TIME_DELTA,
						   .holders = true});
	(void)view->ops->start(view, recording_start(recording));
	(void)recording_exclude(recording, PROTO_TCP, 50000, 50099, true);
	while ((n = recording_next(recording, &object, error)) > 0) {
		show(recording, view, &object);
		event_clear(&object.event);
	}
	if (n < 0 && !error[0])
		abort();
	(void)recording_unknown(recording);
	view_free(view);
	recording_free(recording);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *out = fopen("/dev/null", "we");

	if (!out)
		return 0;
	write_file(data, size);
	read_all(json_view_new, out);
	read_all(text_view_new, out);
	remove_all();
	fclose(out);
	return 0;
}
