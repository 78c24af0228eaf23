/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a holder, in NDJSON. */
#ifndef REUSETRACE_VIEW_JSON_OWNERS_H
#define REUSETRACE_VIEW_JSON_OWNERS_H

#include "view/json_writer.h"
#include "model/event.h"

/* Members unit and container. */
void json_place(struct json_writer *writer, const struct place *place);

/* Members bound_by, processes, receivers and kernel of the object that is open. */
void json_owners(struct json_writer *writer, const struct holder *holder);

#endif
