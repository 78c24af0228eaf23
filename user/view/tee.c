/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/tee.h"

#include <stdlib.h>

struct tee {
	struct view view;
	struct view *one, *other;
};

static int first_error(int one, int other)
{
	return one ? one : other;
}

static int tee_start(struct view *view, const struct start_info *info)
{
	struct tee *tee = (struct tee *)view;

	return first_error(tee->one->ops->start(tee->one, info), tee->other->ops->start(tee->other, info));
}

static int tee_event(struct view *view, const struct event *event)
{
	struct tee *tee = (struct tee *)view;

	return first_error(tee->one->ops->event(tee->one, event), tee->other->ops->event(tee->other, event));
}

static int tee_lost(struct view *view, const struct end_info *info)
{
	struct tee *tee = (struct tee *)view;

	return first_error(tee->one->ops->lost(tee->one, info), tee->other->ops->lost(tee->other, info));
}

static int tee_end(struct view *view, const struct end_info *info)
{
	struct tee *tee = (struct tee *)view;

	return first_error(tee->one->ops->end(tee->one, info), tee->other->ops->end(tee->other, info));
}

static void tee_idle(struct view *view)
{
	struct tee *tee = (struct tee *)view;

	view_idle(tee->one);
	view_idle(tee->other);
}

static void tee_free(struct view *view)
{
	struct tee *tee = (struct tee *)view;

	view_free(tee->one);
	view_free(tee->other);
	free(tee);
}

static const struct view_ops tee_ops = {
	.start = tee_start,
	.event = tee_event,
	.lost = tee_lost,
	.end = tee_end,
	.idle = tee_idle,
	.free = tee_free,
};

struct view *tee_view_new(struct view *one, struct view *other)
{
	struct tee *tee;

	if (!one || !other)
		return one ? one : other;
	tee = calloc(1, sizeof(*tee));
	if (!tee) {
		view_free(one);
		view_free(other);
		return NULL;
	}
	tee->view.ops = &tee_ops;
	tee->one = one;
	tee->other = other;
	return &tee->view;
}
