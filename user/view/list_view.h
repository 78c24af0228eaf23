/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of `ls`: one row a socket. */
#ifndef REUSETRACE_VIEW_LIST_VIEW_H
#define REUSETRACE_VIEW_LIST_VIEW_H

#include "model/event.h"
#include "model/text.h"

void list_head(struct strbuf *out);
void list_row(struct strbuf *out, const struct holder *holder);

#endif
