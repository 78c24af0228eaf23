/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters as OpenMetrics text, which Prometheus' text format is as well: for
 * the textfile collector of prometheus-node-exporter.  The file is replaced
 * by rename(), so no reader sees half of it; after changes, once a second.
 */
#ifndef REUSETRACE_VIEW_METRICS_H
#define REUSETRACE_VIEW_METRICS_H

#include "model/text.h"
#include "view/view.h"

struct metrics;

/* The counting alone. NULL without memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);
void metrics_start(struct metrics *metrics, const struct start_info *info);
void metrics_count(struct metrics *metrics, const struct event *event);
void metrics_totals(struct metrics *metrics, const struct end_info *info);

/* 0 or the buffer's error. */
int metrics_text(const struct metrics *metrics, struct strbuf *out);

/* A view that counts and keeps the file at path, which must outlive it.  0, or why the file cannot be
 * written. */
int metrics_view_new(const char *path, struct view **ret_view);

#endif
