// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/list_view.h"

#include <inttypes.h>
#include "view/text_parts.h"

enum column {
	COLUMN_NETNS,
	COLUMN_PROTO,
	COLUMN_STATE,
	COLUMN_LOCAL,
	COLUMN_PEER,
	COLUMN_FLAGS,
	COLUMN_GROUP,
	COLUMN_UID,
	COLUMN_PLACE,
	COLUMN_HELD_BY,
	COLUMN_MAX
};

static void say_netns(struct strbuf *out, const struct holder *holder)
{
	if (holder->sock.netns)
		strbuf_number(out, holder->sock.netns);
	else
		strbuf_puts(out, "-");
}

static void say_protocol(struct strbuf *out, const struct holder *holder)
{
	const char *name = protocol_name(holder->sock.protocol);

	strbuf_puts(out, name ? name : "-");
}

static void say_state(struct strbuf *out, const struct holder *holder)
{
	const char *name = state_name(holder->sock.state);

	strbuf_puts(out, name ? name : "-");
}

static void say_local(struct strbuf *out, const struct holder *holder)
{
	const struct sock_info *sock = &holder->sock;

	text_endpoint(out, &sock->address, sock->port);
	if (!sock->ifindex)
		return;
	strbuf_puts(out, "%");
	if (sock->device[0])
		strbuf_escape(out, sock->device, sizeof(sock->device));
	else
		strbuf_number(out, sock->ifindex);
}

static void say_peer(struct strbuf *out, const struct holder *holder)
{
	text_endpoint(out, &holder->sock.peer, holder->sock.peer_port);
}

static void say_flags(struct strbuf *out, const struct holder *holder)
{
	char flags[FLAGS_LEN];

	text_flags(flags, &holder->sock);
	strbuf_puts(out, flags);
}

/* How many are in its group; the kernel numbers a group only for a program's map. */
static void say_group(struct strbuf *out, const struct holder *holder)
{
	if (holder->sock.group_size)
		strbuf_number(out, holder->sock.group_size);
	else
		strbuf_puts(out, "-");
}

static void say_uid(struct strbuf *out, const struct holder *holder)
{
	if (holder->sock.uid == UID_NONE)
		strbuf_puts(out, "-");
	else
		strbuf_number(out, holder->sock.uid);
}

/* The socket unit that systemd has it for; else of the process that has it; else where it was made. */
static void say_place(struct strbuf *out, const struct holder *holder)
{
	const struct place *place = holder->owner_count && !text_is_socket_unit(holder->made_in)
					    ? holder->owners[0].place
					    : holder->made_in;

	if (place && place->container_name[0])
		strbuf_escape(out, place->container_name, sizeof(place->container_name));
	else if (place && place->container[0])
		strbuf_escape(out, place->container, 12);
	else if (place && place->unit[0])
		strbuf_escape(out, place->unit, sizeof(place->unit));
	else
		strbuf_puts(out, "-");
}

static void say_who(struct strbuf *out, const struct holder *holder)
{
	if (holder->sock.winsock && holder->kind == KIND_UNKNOWN)
		strbuf_puts(out, "-"); /* the table names nobody */
	else
		text_who(out, holder);
	if (holder->expires_ms >= 0)
		strbuf_printf(out, ", %" PRId64 " s left", (holder->expires_ms + 999) / 1000);
}

/* Widths include the space behind the column; a longer cell pushes the rest. */
static const struct {
	const char *title;
	size_t width;
	void (*say)(struct strbuf *out, const struct holder *holder);
} columns[COLUMN_MAX] = {
	[COLUMN_NETNS] = {"NETNS", 11, say_netns}, [COLUMN_PROTO] = {"PROTO", 6, say_protocol},
	[COLUMN_STATE] = {"STATE", 12, say_state}, [COLUMN_LOCAL] = {"LOCAL", 22, say_local},
	[COLUMN_PEER] = {"PEER", 22, say_peer},	   [COLUMN_FLAGS] = {"FLAGS", 9, say_flags},
	[COLUMN_GROUP] = {"GROUP", 6, say_group},  [COLUMN_UID] = {"UID", 6, say_uid},
	[COLUMN_PLACE] = {"UNIT", 16, say_place},  [COLUMN_HELD_BY] = {"HELD BY", 0, say_who},
};

void list_head(struct strbuf *out)
{
	for (size_t i = 0; i < COLUMN_MAX; i++) {
		size_t start = out->length;

		strbuf_puts(out, columns[i].title);
		strbuf_pad(out, start, columns[i].width);
	}
	strbuf_puts(out, "\n");
}

void list_row(struct strbuf *out, const struct holder *holder)
{
	for (size_t i = 0; i < COLUMN_MAX; i++) {
		size_t start = out->length;

		columns[i].say(out, holder);
		if (columns[i].width) {
			strbuf_pad(out, start, columns[i].width - 1);
			strbuf_puts(out, " ");
		}
	}
	strbuf_puts(out, "\n");
}
