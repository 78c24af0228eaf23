/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "view/text_parts.h"

#define ID_LEN	   64 /* of a container, in hex digits */
#define SHORT_LEN  12 /* as much as runtimes show */
#define PLACES_MAX 3  /* told of one holder */

/* An id in short, a name as it is. */
static void put_id(struct strbuf *out, const char *id)
{
	bool is_id = strnlen(id, CONTAINER_LEN) == ID_LEN && strspn(id, "0123456789abcdef") == ID_LEN;

	strbuf_escape(out, id, is_id ? SHORT_LEN : CONTAINER_LEN);
}

static void put_container(struct strbuf *out, const char *id, const char *name)
{
	strbuf_puts(out, "container ");
	if (!name[0]) {
		put_id(out, id);
		return;
	}
	strbuf_escape(out, name, CONTAINER_LEN);
	strbuf_puts(out, " (");
	put_id(out, id);
	strbuf_puts(out, ")");
}

/* Scopes and slices group what others started: logins, terminals, containers. */
static bool is_telling(const char *unit)
{
	const char *type = strrchr(unit, '.');

	return type && strcmp(type, ".scope") && strcmp(type, ".slice");
}

static bool put_place(struct strbuf *out, const struct place *place)
{
	size_t start = out->length;

	if (place->container[0]) {
		strbuf_puts(out, ", ");
		put_container(out, place->container, place->container_name);
	}
	if (place->serves[0]) {
		strbuf_puts(out, ", for ");
		put_container(out, place->serves, place->container_name);
	}
	if (is_telling(place->unit)) {
		strbuf_puts(out, ", unit ");
		strbuf_escape(out, place->unit, sizeof(place->unit));
	}
	return out->length > start;
}

static bool is_same(const struct place *a, const struct place *b)
{
	return !strcmp(a->unit, b->unit) && !strcmp(a->container, b->container) &&
	       !strcmp(a->serves, b->serves);
}

static bool was_told(const struct holder *holder, size_t owner)
{
	for (size_t i = 0; i < owner; i++)
		if (holder->owners[i].place && is_same(holder->owners[i].place, holder->owners[owner].place))
			return true;
	return false;
}

void text_places(struct strbuf *out, const struct holder *holder)
{
	size_t told = 0;

	for (size_t i = 0; i < holder->owner_count && told < PLACES_MAX; i++)
		if (holder->owners[i].place && !was_told(holder, i))
			told += put_place(out, holder->owners[i].place);
	if (!holder->owner_count && holder->bound_by.place)
		(void)put_place(out, holder->bound_by.place);
}
