/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One view that is several: each gets everything. */
#ifndef REUSETRACE_VIEW_TEE_H
#define REUSETRACE_VIEW_TEE_H

#include "view/view.h"

/* Owns both, also if it is NULL for lack of memory; with one of them NULL it is the other one. */
struct view *tee_view_new(struct view *one, struct view *other);

#endif
