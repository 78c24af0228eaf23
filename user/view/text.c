// SPDX-License-Identifier: GPL-2.0-or-later
/* The table: one row an event, lines under the rows that need explaining. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "model/address.h"
#include "model/event_names.h"
#include "model/time_text.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/text_parts.h"

#define COLOR_RED    "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_RESET  "\033[0m"

enum column { COLUMN_PID, COLUMN_COMM, COLUMN_PROTO, COLUMN_LOCAL, COLUMN_FLAGS, COLUMN_RESULT, COLUMN_MAX };

/* Widths include the space behind the column; a longer cell pushes the rest. */
static const struct {
	const char *title;
	size_t width;
} columns[COLUMN_MAX] = {
	[COLUMN_PID] = {"PID", 6},	[COLUMN_COMM] = {"COMM", 9},	[COLUMN_PROTO] = {"PROTO", 6},
	[COLUMN_LOCAL] = {"LOCAL", 19}, [COLUMN_FLAGS] = {"FLAGS", 10}, [COLUMN_RESULT] = {"RESULT", 0},
};

#define RESULT_WIDTH 11

struct text_view {
	struct view view;
	struct text_time time;
	bool header; /* still to be written */
	bool color;
	bool holders;
	struct strbuf text;
	FILE *out;
};

static void end_cell(struct strbuf *out, size_t start, enum column column)
{
	strbuf_pad(out, start, columns[column].width - 1);
	strbuf_add(out, " ", 1);
}

static void put_cell(struct strbuf *out, enum column column, const char *value, size_t size)
{
	size_t start = out->length;

	strbuf_escape(out, value[0] ? value : "-", size);
	end_cell(out, start, column);
}

static void put_header(struct text_view *text)
{
	if (!text->header)
		return;
	text->header = false;
	if (text->time.mode != TIME_NONE) {
		strbuf_puts(&text->text, "TIME");
		strbuf_pad(&text->text, text->text.length - 4, text_time_width(text->time.mode) + 1);
	}
	for (size_t i = 0; i < COLUMN_MAX; i++) {
		size_t start = text->text.length;

		strbuf_puts(&text->text, columns[i].title);
		strbuf_pad(&text->text, start, columns[i].width);
	}
	strbuf_add(&text->text, "\n", 1);
}

/* What was asked for, where a refusal left the socket without it. */
static void put_local(struct strbuf *out, const struct event *event)
{
	size_t start = out->length;
	bool is_unix = event->sock.protocol == PROTO_UNIX;
	bool is_asked =
		event->requested.family != FAMILY_NONE && (event->result < 0 || event->type == EVENT_FINDING);

	if (is_unix && event->unix_facts.path[0])
		strbuf_escape(out, event->unix_facts.path, sizeof(event->unix_facts.path));
	else if (is_asked)
		text_endpoint(out, &event->requested, event->requested_port);
	else if (event->sock.port)
		text_endpoint(out, &event->sock.address, event->sock.port);
	else
		strbuf_puts(out, "-");
	end_cell(out, start, COLUMN_LOCAL);
}

/* Behind `bound`: how the port was got, in short where lines follow. */
static void put_note(struct strbuf *out, const struct event *event)
{
	const struct verdict *verdict = &event->verdict;
	bool is_sharing = text_is_sharing(event);
	/* An explicit bind said it already. */
	bool is_said = event->type == EVENT_LISTEN && (event->entry_port || verdict->rule == RULE_FREE);

	if (!event->has_verdict)
		return;
	if (is_sharing) {
		strbuf_puts(out, "port is shared");
		if (verdict->differs)
			strbuf_printf(out, " with %s", difference_words[verdict->differs]);
	} else if (verdict->rule == RULE_UNEXPLAINED) {
		strbuf_puts(out, "unexplained");
	} else if (!is_said) {
		strbuf_sanitize(out, verdict->text, sizeof(verdict->text));
	}
}

/* The phrase is the result when the call succeeded and the note when it failed. */
static void say_bind(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, event->result < 0 ? "" : "bound");
}

static void say_listen(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, event->result < 0 ? "listen" : "listening");
}

static void say_autobind(struct strbuf *out, const struct event *event)
{
	(void)event;
	strbuf_puts(out, "autobind");
}

static void say_socket(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, "socket");
	if (event->result >= 0 && event->fd >= 0)
		text_descriptor(out, &event->sock, event->fd);
}

static void say_option(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, "setsockopt ");
	strbuf_escape(out, event->option.name[0] ? event->option.name : "-", sizeof(event->option.name));
	strbuf_printf(out, " = %" PRId64, event->option.value);
}

static void say_connect(struct strbuf *out, const struct event *event)
{
	if (event->result < 0) {
		strbuf_puts(out, "connect");
	} else {
		strbuf_puts(out, "connected ");
		text_endpoint(out, &event->sock.address, event->sock.port);
	}
	if (event->sock.peer.family != FAMILY_NONE) {
		strbuf_puts(out, event->result < 0 ? " to " : " -> ");
		text_endpoint(out, &event->sock.peer, event->sock.peer_port);
	}
}

static void say_accept(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, "accept");
	if (event->sock.peer.family != FAMILY_NONE) {
		strbuf_puts(out, " from ");
		text_endpoint(out, &event->sock.peer, event->sock.peer_port);
	}
	if (event->result >= 0 && event->fd >= 0)
		text_descriptor(out, &event->sock, event->fd);
}

static void say_close(struct strbuf *out, const struct event *event)
{
	(void)event;
	strbuf_puts(out, "close");
}

static void say_release(struct strbuf *out, const struct event *event)
{
	char duration[DURATION_LEN];

	static const char *const words[RELEASE_MAX] = {
		[RELEASE_PORT] = "released",
		[RELEASE_TIME_WAIT_BEGIN] = "time-wait begins",
		[RELEASE_TIME_WAIT_END] = "time-wait ends",
	};

	strbuf_puts(out, words[event->release]);
	if (!event->after_attempt)
		return;
	duration_text(duration, event->delta_ns);
	strbuf_printf(out, "   %s after ", duration);
	if (!event->refused.pid) {
		strbuf_printf(out, "refusal %" PRIu64, event->after_attempt);
		return;
	}
	strbuf_escape(out, event->refused.comm, sizeof(event->refused.comm));
	strbuf_printf(out, "[%" PRIu32 "] was refused", event->refused.pid);
}

static void say_delivery(struct strbuf *out, const struct event *event)
{
	const struct delivery *delivery = &event->delivery;

	strbuf_puts(out, "delivery   from ");
	text_endpoint(out, &event->sock.peer, event->sock.peer_port);
	if (address_equal(&delivery->to, &event->sock.address))
		return;
	strbuf_puts(out, " to ");
	text_endpoint(out, &delivery->to, delivery->to_port);
}

/* Of a shared port the lines under the attempt say it all. */
static void say_finding(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, "finding    ");
	strbuf_sanitize(out, event->finding.text, sizeof(event->finding.text));
}

static void say_holder(struct strbuf *out, const struct event *event)
{
	strbuf_printf(out, "%-10s since before the recording",
		      event->sock.state == STATE_LISTEN ? "listening" : "bound");
}

static void say_gap(struct strbuf *out, const struct event *event)
{
	strbuf_puts(out, event->gap.takeover == TAKEOVER_NONE ? "gap        " : "takeover   ");
	strbuf_sanitize(out, event->gap.text, sizeof(event->gap.text));
}

struct type_words {
	void (*say)(struct strbuf *out, const struct event *event);
	bool is_attempt; /* has a note and lines */
};

static const struct type_words type_words[EVENT_TYPE_MAX] = {
	[EVENT_HOLDER] = {say_holder, false},	  [EVENT_SOCKET] = {say_socket, false},
	[EVENT_OPTION] = {say_option, false},	  [EVENT_BIND] = {say_bind, true},
	[EVENT_LISTEN] = {say_listen, true},	  [EVENT_AUTOBIND] = {say_autobind, true},
	[EVENT_CONNECT] = {say_connect, true},	  [EVENT_ACCEPT] = {say_accept, false},
	[EVENT_CLOSE] = {say_close, false},	  [EVENT_RELEASE] = {say_release, false},
	[EVENT_DELIVERY] = {say_delivery, false}, [EVENT_FINDING] = {say_finding, false},
	[EVENT_GAP] = {say_gap, false},
};

static void put_errno(struct strbuf *out, int code)
{
	const char *name = errno_name(code);

	if (name)
		strbuf_puts(out, name);
	else
		strbuf_printf(out, "errno %d", code);
}

static void put_result(struct text_view *text, const struct event *event, const struct type_words *words)
{
	struct strbuf *out = &text->text;
	bool is_finding = event->type == EVENT_FINDING;
	int result = is_finding ? 0 : event->type == EVENT_OPTION ? event->option.result : event->result;
	bool is_odd = is_finding || text_is_sharing(event);
	const char *color = result < 0 ? COLOR_RED : is_odd ? COLOR_YELLOW : NULL;
	struct strbuf note = {.data = NULL};

	if (text->color && color)
		strbuf_puts(out, color);

	size_t start = out->length;

	if (result < 0) {
		put_errno(out, -result);
		words->say(&note, event);
	} else {
		words->say(out, event);
		if (words->is_attempt && event->type != EVENT_CONNECT)
			put_note(&note, event);
	}

	size_t length = out->length - start;

	if (text->color && color)
		strbuf_puts(out, COLOR_RESET);
	if (note.length) {
		for (; length + 1 < RESULT_WIDTH; length++)
			strbuf_add(out, " ", 1);
		strbuf_add(out, " ", 1);
		strbuf_add(out, note.data, note.length);
	}
	out->error = out->error ? out->error : note.error;
	strbuf_free(&note);
}

static void put_row(struct text_view *text, const struct event *event, const struct type_words *words)
{
	struct strbuf *out = &text->text;
	const char *protocol = protocol_name(event->sock.protocol);
	char pid[12] = "-", flags[FLAGS_LEN];

	if (event->process.pid)
		snprintf(pid, sizeof(pid), "%" PRIu32, event->process.pid);
	text_flags(flags, &event->sock);

	text_time_cell(out, &text->time, event->time_ns);
	put_cell(out, COLUMN_PID, pid, sizeof(pid));
	put_cell(out, COLUMN_COMM, event->process.comm, sizeof(event->process.comm));
	put_cell(out, COLUMN_PROTO, protocol ? protocol : "-", 8);
	put_local(out, event);
	put_cell(out, COLUMN_FLAGS, flags, sizeof(flags));
	put_result(text, event, words);
	strbuf_add(out, "\n", 1);
}

static int view_start(struct view *view, const struct start_info *info)
{
	struct text_view *text = (struct text_view *)view;

	text->time.start_ns = info->time_ns;
	put_header(text);
	return strbuf_write(&text->text, text->out);
}

static int view_event(struct view *view, const struct event *event)
{
	struct text_view *text = (struct text_view *)view;
	const struct type_words *words;

	if ((unsigned int)event->type >= EVENT_TYPE_MAX || !type_words[event->type].say)
		return 0;
	if (event->type == EVENT_FINDING && event->finding.kind == FINDING_SHARED_PORT)
		return 0;
	if (event->type == EVENT_HOLDER && !text->holders)
		return 0;
	words = &type_words[event->type];
	put_header(text);
	put_row(text, event, words);
	if (words->is_attempt)
		text_details(&text->text, event, &text->time);
	return strbuf_write(&text->text, text->out);
}

/* stdout carries events only; lost_text() is for stderr. */
static int view_totals(struct view *view, const struct end_info *info)
{
	(void)view;
	(void)info;
	return 0;
}

static void view_release(struct view *view)
{
	struct text_view *text = (struct text_view *)view;

	strbuf_free(&text->text);
	free(text);
}

static const struct view_ops text_view_ops = {
	.start = view_start,
	.event = view_event,
	.lost = view_totals,
	.end = view_totals,
	.free = view_release,
};

struct view *text_view_new(FILE *out, const struct view_config *config)
{
	struct text_view *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	text->view.ops = &text_view_ops;
	text->time = (struct text_time){.clock = config->clock, .mode = config->time};
	text->header = config->header;
	text->color = config->color;
	text->holders = config->holders;
	text->out = out;
	return &text->view;
}

size_t lost_text(const struct end_info *info, char *buf, size_t size)
{
	const struct {
		uint64_t count;
		const char *why;
	} reasons[] = {
		{info->lost_ring, "ring full"},
		{info->lost_map, "no room in the attempt map"},
		{info->lost_recursion, "programs skipped"},
		{info->lost_missed, "kprobes missed"},
		{info->lost_exits, "ends of attempts not seen"},
		{info->lost_options, "option histories pushed out"},
		{info->lost_decode, "not decoded"},
	};
	struct strbuf out = {.data = NULL};
	uint64_t total = 0;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		total += reasons[i].count;
	if (size)
		buf[0] = '\0';
	if (!total)
		return 0;
	strbuf_printf(&out, "lost %" PRIu64 " records", total);
	for (size_t i = 0, shown = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].count)
			strbuf_printf(&out, "%s%" PRIu64 " %s", shown++ ? ", " : ": ", reasons[i].count,
				      reasons[i].why);
	}

	size_t length = out.length;

	snprintf(buf, size, "%s", out.data ? out.data : "");
	strbuf_free(&out);
	return length;
}
