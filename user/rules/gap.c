/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a port that changed hands. */
#include "rules/rules.h"

#include "model/text.h"
#include "model/time_text.h"

static void put_before(struct strbuf *out, const struct event_gap *gap)
{
	if (!gap->before_pid) {
		strbuf_puts(out, "another process");
		return;
	}
	strbuf_escape(out, gap->before_comm[0] ? gap->before_comm : "-", sizeof(gap->before_comm));
	strbuf_printf(out, "[%u]", gap->before_pid);
}

/* Bound and not listening is of no use to a client: both moments are told. */
static void say_gap(struct strbuf *out, const struct event *event)
{
	const struct event_gap *gap = &event->gap;
	char bound[DURATION_LEN], listening[DURATION_LEN];

	strbuf_puts(out, ": ");
	put_before(out, gap);
	strbuf_puts(out, " had it");
	if (event->sock.protocol == PROTO_UDP || gap->bound_ns < gap->released_ns ||
	    gap->served_ns < gap->bound_ns)
		return;
	duration_text(bound, (int64_t)(gap->bound_ns - gap->released_ns));
	duration_text(listening, (int64_t)(gap->served_ns - gap->bound_ns));
	strbuf_printf(out, ", bound again after %s, listening %s later", bound, listening);
}

static void say_reuseport(struct strbuf *out, const struct event *event)
{
	char overlap[DURATION_LEN];

	duration_text(overlap, (int64_t)event->gap.overlap_ns);
	strbuf_puts(out, " throughout: ");
	put_before(out, &event->gap);
	strbuf_printf(out, " let it go after both had it for %s (SO_REUSEPORT)", overlap);
}

static void say_inherited(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, " throughout: the socket is the one of ");
	put_before(out, &event->gap);
	strbuf_puts(out, " (inherited)");
}

static void (*const say[TAKEOVER_MAX])(struct strbuf *out, const struct event *event) = {
	[TAKEOVER_NONE] = say_gap,
	[TAKEOVER_REUSEPORT] = say_reuseport,
	[TAKEOVER_INHERITED] = say_inherited,
};

void gap_headline(char *buf, size_t size, const struct event *event)
{
	const char *what = event->sock.protocol == PROTO_UDP ? "socket" : "listener";
	char duration[DURATION_LEN];

	duration_text(duration, (int64_t)event->gap.gap_ns);
	if (event->gap.takeover == TAKEOVER_NONE)
		snprintf(buf, size, "port %u had no %s for %s", event->sock.port, what, duration);
	else
		snprintf(buf, size, "port %u had a %s", event->sock.port, what);
}

void gap_write(struct event *event)
{
	struct strbuf out = {.data = NULL};
	char headline[64];

	gap_headline(headline, sizeof(headline), event);
	strbuf_puts(&out, headline);
	say[event->gap.takeover](&out, event);
	snprintf(event->gap.text, sizeof(event->gap.text), "%s", out.data ? out.data : headline);
	strbuf_free(&out);
}
