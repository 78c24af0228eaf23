// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/why_view.h"

#include "model/event_names.h"
#include "view/errno_name.h"
#include "view/text_parts.h"

#define PROTO_WIDTH  6
#define LOCAL_WIDTH  22
#define FLAGS_WIDTH  10
#define RESULT_WIDTH 14

#define COLOR_RED    "\033[31m"
#define COLOR_RESET  "\033[0m"

static void end_cell(struct strbuf *out, size_t start, size_t width)
{
	strbuf_pad(out, start, width - 1);
	strbuf_puts(out, " ");
}

void why_head(struct strbuf *out)
{
	const struct {
		const char *title;
		size_t width;
	} columns[] = {{"PROTO", PROTO_WIDTH}, {"LOCAL", LOCAL_WIDTH}, {"FLAGS", FLAGS_WIDTH}};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		size_t start = out->length;

		strbuf_puts(out, columns[i].title);
		strbuf_pad(out, start, columns[i].width);
	}
	strbuf_puts(out, "RESULT\n");
}

static const char *result_word(const struct event *event)
{
	if (event->undecided)
		return "-";
	if (event->result < 0)
		return errno_name(-event->result);
	return event->listening ? "would listen" : "would bind";
}

static const char *const depends[] = {
	[BY_OPTIONS] = "depends on options of the other socket that are not known here",
	[BY_TABLE] = "depends on the sockets of this protocol, which could not be read",
	[BY_BOUND] = "depends on sockets that are bound without listening, which are not seen here",
	[BY_UDP_SLOT] = "depends on whether this kernel overlooks sockets of other addresses where more than "
			"10 share a slot of the UDP table",
};

static void put_note(struct strbuf *out, const struct event *event)
{
	if (event->undecided)
		strbuf_puts(out, depends[event->undecided]);
	else if (event->result < 0)
		strbuf_puts(out, event->listening ? "at listen()" : "");
	else if (text_is_sharing(event))
		strbuf_puts(out, "port is shared");
	else
		strbuf_sanitize(out, event->verdict.text, sizeof(event->verdict.text));
}

void why_row(struct strbuf *out, const struct event *event, bool color)
{
	const struct text_time no_time = {.mode = TIME_NONE};
	bool red = color && event->result < 0 && !event->undecided;
	const char *protocol = protocol_name(event->sock.protocol);
	struct strbuf note = {.data = NULL};
	char flags[FLAGS_LEN];
	size_t start = out->length;

	strbuf_puts(out, protocol ? protocol : "-");
	end_cell(out, start, PROTO_WIDTH);
	start = out->length;
	text_endpoint(out, &event->sock.address, event->sock.port);
	end_cell(out, start, LOCAL_WIDTH);
	start = out->length;
	text_flags(flags, &event->sock);
	strbuf_puts(out, flags);
	end_cell(out, start, FLAGS_WIDTH);
	put_note(&note, event);
	strbuf_puts(out, red ? COLOR_RED : "");
	start = out->length;
	strbuf_puts(out, result_word(event));
	if (note.length)
		end_cell(out, start, RESULT_WIDTH);
	strbuf_puts(out, red ? COLOR_RESET : "");
	strbuf_add(out, note.data ? note.data : "", note.length);
	strbuf_puts(out, "\n");
	strbuf_free(&note);
	if (!event->undecided)
		text_details(out, event, &no_time);
}
