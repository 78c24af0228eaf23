/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers of `why`: one row each, and the lines under it. */
#ifndef REUSETRACE_VIEW_WHY_VIEW_H
#define REUSETRACE_VIEW_WHY_VIEW_H

#include "model/event.h"
#include "model/text.h"

void why_head(struct strbuf *out);
void why_row(struct strbuf *out, const struct event *event, bool color);

#endif
