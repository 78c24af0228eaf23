/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is particular to findings, handovers and deliveries. */
#ifndef REUSETRACE_VIEW_JSON_FINDINGS_H
#define REUSETRACE_VIEW_JSON_FINDINGS_H

#include "view/json_writer.h"
#include "view/view.h"

/* "differs": of a set of enum difference */
void json_differs(struct json_writer *writer, unsigned int differs);

/* "finding", "gap" and "delivery" */
void json_finding(struct json_writer *writer, const struct event *event);
void json_gap(struct json_writer *writer, const struct event_gap *gap, const struct clock_base *clock);
void json_delivery(struct json_writer *writer, const struct delivery *delivery);

/* A member of a shared port and how many deliveries it got. */
void json_delivery_total(struct json_writer *writer, const struct delivery_total *total);

#endif
