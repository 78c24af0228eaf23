/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "model/text.h"

#define NAMES_MAX 16 /* of files that a tracer which was killed left behind */

struct metrics_view {
	struct view view;
	struct metrics *metrics;
	const char *path;
	bool changed;
	time_t written; /* CLOCK_MONOTONIC; 0: never */
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* A new file beside it, whatever else somebody put there; the descriptor. */
static int open_beside(const char *path, char beside[PATH_MAX])
{
	int fd = -1;

	for (int i = 0; i < NAMES_MAX; i++) {
		if (snprintf(beside, PATH_MAX, "%s.%d.%d", path, (int)getpid(), i) >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	return fd >= 0 ? fd : -errno;
}

/* It takes the place of the file in one step. */
static int replace(const char *path, const struct strbuf *text)
{
	char beside[PATH_MAX];
	int fd = open_beside(path, beside), err;
	FILE *file;

	if (fd < 0)
		return fd;
	file = fdopen(fd, "w");
	if (!file) {
		err = -errno;
		close(fd);
	} else {
		err = fwrite(text->data, 1, text->length, file) == text->length ? 0 : -EIO;
		if (fclose(file) && !err)
			err = -errno;
	}
	if (!err && rename(beside, path))
		err = -errno;
	if (err)
		(void)unlink(beside);
	return err;
}

static int write_now(struct metrics_view *view)
{
	struct strbuf text = {.data = NULL};
	int err = metrics_text(view->metrics, &text);

	if (!err)
		err = replace(view->path, &text);
	strbuf_free(&text);
	view->written = now();
	view->changed = err;
	return err;
}

static int view_start(struct view *view, const struct start_info *info)
{
	struct metrics_view *metrics = (struct metrics_view *)view;

	metrics_start(metrics->metrics, info);
	return write_now(metrics);
}

/* A disk that is full for a while is no reason to end the trace: the next second tries again. */
static void view_idle_(struct view *view)
{
	struct metrics_view *metrics = (struct metrics_view *)view;

	if (metrics->changed && now() != metrics->written)
		(void)write_now(metrics);
}

static int view_event(struct view *view, const struct event *event)
{
	struct metrics_view *metrics = (struct metrics_view *)view;

	metrics_count(metrics->metrics, event);
	metrics->changed = true;
	view_idle_(view);
	return 0;
}

static int view_lost(struct view *view, const struct end_info *info)
{
	metrics_totals(((struct metrics_view *)view)->metrics, info);
	return 0;
}

static int view_end(struct view *view, const struct end_info *info)
{
	struct metrics_view *metrics = (struct metrics_view *)view;

	metrics_totals(metrics->metrics, info);
	return write_now(metrics);
}

static void view_release(struct view *view)
{
	metrics_free(((struct metrics_view *)view)->metrics);
	free(view);
}

static const struct view_ops metrics_ops = {
	.start = view_start,
	.event = view_event,
	.lost = view_lost,
	.end = view_end,
	.idle = view_idle_,
	.free = view_release,
};

int metrics_view_new(const char *path, struct view **ret_view)
{
	struct metrics_view *view = calloc(1, sizeof(*view));
	int err;

	if (!view)
		return -ENOMEM;
	view->view.ops = &metrics_ops;
	view->path = path;
	view->metrics = metrics_new();
	err = view->metrics ? write_now(view) : -ENOMEM;
	if (err) {
		view_release(&view->view);
		return err;
	}
	*ret_view = &view->view;
	return 0;
}
