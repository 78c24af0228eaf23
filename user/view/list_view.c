// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/list_view.h"

#include <inttypes.h>
#include <string.h>

#include "model/address.h"
#include "model/event_names.h"
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

#define CELL_LEN 128 /* as much as a cell of bounded text may take, with its spaces */

/* Without the NUL: returns the length. */
static size_t copy_word(char *cell, const char *word)
{
	size_t length = 0;

	for (; word[length] && length < CELL_LEN; length++)
		cell[length] = word[length];
	return length;
}

static size_t netns_text(char *cell, const struct holder *holder)
{
	return holder->sock.netns ? decimal_text(cell, holder->sock.netns) : copy_word(cell, "-");
}

static size_t protocol_text(char *cell, const struct holder *holder)
{
	const char *name = protocol_name(holder->sock.protocol);

	return copy_word(cell, name ? name : "-");
}

static size_t state_text(char *cell, const struct holder *holder)
{
	const char *name = state_name(holder->sock.state);

	return copy_word(cell, name ? name : "-");
}

static size_t flags_text(char *cell, const struct holder *holder)
{
	text_flags(cell, &holder->sock);
	return strlen(cell);
}

/* How many are in its group; the kernel numbers a group only for a program's map. */
static size_t group_text(char *cell, const struct holder *holder)
{
	return holder->sock.group_size ? decimal_text(cell, holder->sock.group_size) : copy_word(cell, "-");
}

static size_t uid_text(char *cell, const struct holder *holder)
{
	return holder->sock.uid != UID_NONE ? decimal_text(cell, holder->sock.uid) : copy_word(cell, "-");
}

static size_t endpoint_text(char *cell, const struct address *address, uint16_t port)
{
	if (address->family != FAMILY_IPV4 && address->family != FAMILY_IPV6)
		return copy_word(cell, "-");
	return address_format(cell, ADDRESS_TEXT_LEN, address, port);
}

static size_t local_text(char *cell, const struct holder *holder)
{
	return endpoint_text(cell, &holder->sock.address, holder->sock.port);
}

static size_t peer_text(char *cell, const struct holder *holder)
{
	return endpoint_text(cell, &holder->sock.peer, holder->sock.peer_port);
}

/* With its device, whose name is anybody's. */
static void say_local(struct strbuf *out, const struct holder *holder)
{
	const struct sock_info *sock = &holder->sock;

	text_endpoint(out, &sock->address, sock->port);
	strbuf_puts(out, "%");
	if (sock->device[0])
		strbuf_escape(out, sock->device, sizeof(sock->device));
	else
		strbuf_number(out, sock->ifindex);
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

/*
 * Widths include the space behind the column; a longer cell pushes the rest.
 * Cells of ASCII and bounded length are written in place; the others say theirs.
 */
static const struct {
	const char *title;
	size_t width;
	size_t (*text)(char *cell, const struct holder *holder);
	void (*say)(struct strbuf *out, const struct holder *holder);
} columns[COLUMN_MAX] = {
	[COLUMN_NETNS] = {.title = "NETNS", .width = 11, .text = netns_text},
	[COLUMN_PROTO] = {.title = "PROTO", .width = 6, .text = protocol_text},
	[COLUMN_STATE] = {.title = "STATE", .width = 12, .text = state_text},
	[COLUMN_LOCAL] = {.title = "LOCAL", .width = 22, .text = local_text, .say = say_local},
	[COLUMN_PEER] = {.title = "PEER", .width = 22, .text = peer_text},
	[COLUMN_FLAGS] = {.title = "FLAGS", .width = 9, .text = flags_text},
	[COLUMN_GROUP] = {.title = "GROUP", .width = 6, .text = group_text},
	[COLUMN_UID] = {.title = "UID", .width = 6, .text = uid_text},
	[COLUMN_PLACE] = {.title = "UNIT", .width = 16, .say = say_place},
	[COLUMN_HELD_BY] = {.title = "HELD BY", .say = say_who},
};

_Static_assert(CELL_LEN >= ADDRESS_TEXT_LEN + 2 * sizeof(uint64_t), "the longest cell and its spaces fit");

void list_head(struct strbuf *out)
{
	for (size_t i = 0; i < COLUMN_MAX; i++) {
		size_t start = out->length;

		strbuf_puts(out, columns[i].title);
		strbuf_pad(out, start, columns[i].width);
	}
	strbuf_puts(out, "\n");
}

static void write_cell(struct strbuf *out, size_t column, const struct holder *holder)
{
	static const uint64_t spaces = UINT64_C(0x2020202020202020);
	char *cell = strbuf_room(out, CELL_LEN);
	size_t length, width = columns[column].width;

	if (!cell)
		return;
	length = columns[column].text(cell, holder);
	width = length < width ? width : length + 1;
	for (; length < width; length += sizeof(spaces))
		memcpy(cell + length, &spaces, sizeof(spaces));
	cell[width] = '\0';
	out->length += width;
}

void list_row(struct strbuf *out, const struct holder *holder)
{
	for (size_t i = 0; i < COLUMN_MAX; i++) {
		size_t start = out->length;

		if (columns[i].text && !(i == COLUMN_LOCAL && holder->sock.ifindex)) {
			write_cell(out, i, holder);
			continue;
		}
		columns[i].say(out, holder);
		if (columns[i].width) {
			strbuf_pad(out, start, columns[i].width - 1);
			strbuf_puts(out, " ");
		}
	}
	strbuf_puts(out, "\n");
}
