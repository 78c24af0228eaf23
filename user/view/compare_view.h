/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another system would have answered, under an attempt. */
#ifndef REUSETRACE_VIEW_COMPARE_VIEW_H
#define REUSETRACE_VIEW_COMPARE_VIEW_H

#include "model/event.h"
#include "view/json_writer.h"

/* Worth a line: it differs, is refused, undocumented, or shares the port. */
bool compare_is_told(const struct event *event);

/* `    windows  would accept it: ... (rule ...)`, or nothing; label_width as for the lines before. */
void compare_text(struct strbuf *out, const struct event *event, size_t label_width);

/* The member "compare", or nothing where nothing was compared. */
void compare_json(struct json_writer *writer, const struct event *event);

#endif
