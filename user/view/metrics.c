/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "model/event_names.h"
#include "model/text.h"
#include "rules/rules.h"
#include "view/errno_name.h"

#define SERIES_MAX  1024 /* of each counter; what comes later is counted as "other" */
#define BUCKETS	    24	 /* 1 ms, 2 ms, 4 ms ... about 2 hours */
#define NSEC_PER_MS 1000000
#define NSEC	    UINT64_C(1000000000)

struct series {
	enum event_type type;
	enum protocol protocol;
	enum family family;
	int error; /* positive; 0: accepted */
	int rule;  /* enum rule_id; RULE_MAX: other */
	uint64_t count;
};

struct metrics {
	char version[32];
	struct series series[SERIES_MAX];
	size_t count;
	uint64_t findings[FINDING_MAX];
	uint64_t takeovers[TAKEOVER_MAX]; /* without TAKEOVER_NONE: that is a gap */
	uint64_t gap_buckets[BUCKETS + 1];
	uint64_t gaps, gap_ns;
	struct end_info totals;
};

struct metrics *metrics_new(void)
{
	return calloc(1, sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
	free(metrics);
}

void metrics_start(struct metrics *metrics, const struct start_info *info)
{
	snprintf(metrics->version, sizeof(metrics->version), "%s", info->version ? info->version : "");
}

static bool is_same(const struct series *one, const struct series *other)
{
	return one->type == other->type && one->protocol == other->protocol && one->family == other->family &&
	       one->error == other->error && one->rule == other->rule;
}

static void count_attempt(struct metrics *metrics, const struct event *event)
{
	struct series wanted = {
		.type = event->type,
		.protocol = event->sock.protocol,
		.family = event->sock.family,
		.error = event->result < 0 ? -event->result : 0,
		.rule = event->has_verdict ? event->verdict.rule : RULE_NONE,
	};
	size_t i = 0;

	while (i < metrics->count && !is_same(&metrics->series[i], &wanted))
		i++;
	if (i == SERIES_MAX)
		i = SERIES_MAX - 1;
	if (i == SERIES_MAX - 1)
		wanted.rule = RULE_MAX;
	if (i == metrics->count)
		metrics->series[metrics->count++] = wanted;
	metrics->series[i].count++;
}

static void count_gap(struct metrics *metrics, const struct event_gap *gap)
{
	size_t bucket = 0;

	if (gap->takeover > TAKEOVER_NONE && gap->takeover < TAKEOVER_MAX) {
		metrics->takeovers[gap->takeover]++;
		return;
	}
	while (bucket < BUCKETS && gap->gap_ns > (uint64_t)NSEC_PER_MS << bucket)
		bucket++;
	metrics->gap_buckets[bucket]++;
	metrics->gaps++;
	metrics->gap_ns += gap->gap_ns;
}

void metrics_count(struct metrics *metrics, const struct event *event)
{
	if (event_is_attempt(event))
		count_attempt(metrics, event);
	else if (event->type == EVENT_GAP)
		count_gap(metrics, &event->gap);
	else if (event->type == EVENT_FINDING && event->finding.kind < FINDING_MAX)
		metrics->findings[event->finding.kind]++;
}

void metrics_totals(struct metrics *metrics, const struct end_info *info)
{
	metrics->totals = *info;
}

static void put_family(struct strbuf *out, const char *name, const char *type, const char *help)
{
	strbuf_printf(out, "# HELP reusetrace_%s %s\n# TYPE reusetrace_%s %s\n", name, help, name, type);
}

static const char *error_label(int error)
{
	const char *name = error ? errno_name(error) : "";

	return name ? name : "other";
}

/* Names and words of tables only: nothing that a process chose is a label. */
static void put_attempts(struct strbuf *out, const struct metrics *metrics, const char *name,
			 enum event_type type, const char *help)
{
	put_family(out, name, "counter", help);
	for (size_t i = 0; i < metrics->count; i++) {
		const struct series *series = &metrics->series[i];
		const char *transport = protocol_name(series->protocol),
			   *family = family_name(series->family);

		if (series->type != type)
			continue;
		strbuf_printf(
			out,
			"reusetrace_%s_total{transport=\"%s\",family=\"%s\",outcome=\"%s\",errno=\"%s\","
			"rule=\"%s\"} %" PRIu64 "\n",
			name, transport ? transport : "", family ? family : "",
			series->error ? "failure" : "success", error_label(series->error),
			series->rule == RULE_MAX ? "other" : rule_name((enum rule_id)series->rule),
			series->count);
	}
}

static void put_seconds(struct strbuf *out, uint64_t ns)
{
	strbuf_printf(out, "%" PRIu64 ".%09" PRIu64, ns / NSEC, ns % NSEC);
}

static void put_gaps(struct strbuf *out, const struct metrics *metrics)
{
	uint64_t so_far = 0;

	put_family(out, "port_gap_seconds", "histogram",
		   "How long nobody listened when a port changed hands.");
	for (size_t i = 0; i < BUCKETS; i++) {
		so_far += metrics->gap_buckets[i];
		strbuf_puts(out, "reusetrace_port_gap_seconds_bucket{le=\"");
		put_seconds(out, (uint64_t)NSEC_PER_MS << i);
		strbuf_printf(out, "\"} %" PRIu64 "\n", so_far);
	}
	strbuf_printf(out, "reusetrace_port_gap_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", metrics->gaps);
	strbuf_puts(out, "reusetrace_port_gap_seconds_sum ");
	put_seconds(out, metrics->gap_ns);
	strbuf_printf(out, "\nreusetrace_port_gap_seconds_count %" PRIu64 "\n", metrics->gaps);
	put_family(out, "port_takeovers", "counter", "Ports that changed hands without a gap.");
	for (int i = TAKEOVER_NONE + 1; i < TAKEOVER_MAX; i++)
		strbuf_printf(out, "reusetrace_port_takeovers_total{how=\"%s\"} %" PRIu64 "\n",
			      takeover_name((enum takeover)i), metrics->takeovers[i]);
}

static void put_lost(struct strbuf *out, const struct end_info *totals)
{
	const struct {
		const char *reason;
		uint64_t count;
	} rows[] = {
		{"ring", totals->lost_ring},	       {"map", totals->lost_map},
		{"recursion", totals->lost_recursion}, {"missed", totals->lost_missed},
		{"exits", totals->lost_exits},	       {"options", totals->lost_options},
		{"decode", totals->lost_decode},
	};

	put_family(out, "events_lost", "counter", "Events that are missing; known when the trace ends.");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		strbuf_printf(out, "reusetrace_events_lost_total{reason=\"%s\"} %" PRIu64 "\n",
			      rows[i].reason, rows[i].count);
}

int metrics_text(const struct metrics *metrics, struct strbuf *out)
{
	put_attempts(out, metrics, "binds", EVENT_BIND, "Attempts to bind, by answer and rule.");
	put_attempts(out, metrics, "listens", EVENT_LISTEN, "Attempts to listen, by answer and rule.");
	put_attempts(out, metrics, "autobinds", EVENT_AUTOBIND, "Ports that the kernel was to choose.");
	put_family(out, "findings", "counter", "Ports shared with a stranger, servers without a listener.");
	for (int i = 0; i < FINDING_MAX; i++)
		strbuf_printf(out, "reusetrace_findings_total{kind=\"%s\"} %" PRIu64 "\n",
			      finding_kind_name((enum finding_kind)i), metrics->findings[i]);
	put_gaps(out, metrics);
	put_lost(out, &metrics->totals);
	put_family(out, "build_info", "gauge", "Which reusetrace this is.");
	strbuf_puts(out, "reusetrace_build_info{version=\"");
	strbuf_escape(out, metrics->version, sizeof(metrics->version));
	strbuf_puts(out, "\"} 1\n# EOF\n");
	return out->error;
}
