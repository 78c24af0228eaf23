/* SPDX-License-Identifier: GPL-2.0-or-later */
/* facts.refusal of an attempt. */
#ifndef REUSETRACE_VIEW_JSON_REFUSAL_H
#define REUSETRACE_VIEW_JSON_REFUSAL_H

#include "model/event.h"
#include "view/json_writer.h"

/* The member "refusal": null where nothing but the port table had a say. */
void json_refusal(struct json_writer *writer, const struct refusal_facts *facts);

#endif
