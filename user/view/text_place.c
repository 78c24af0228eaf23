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

/* "forwards to 172.17.0.2:80", "watches container web (0123456789ab)" */
static void put_task(struct strbuf *out, const struct place *place)
{
	if (!place->task && !place->serves[0])
		return;
	strbuf_printf(out, ", %s ", place->task ? place->task : "watches");
	if (place->serves[0])
		put_container(out, place->serves, place->container_name);
	else
		strbuf_puts(out, place->target[0] ? "" : "a container");
	if (place->target[0])
		strbuf_printf(out, "%s%s", place->serves[0] ? " at " : "", place->target);
}

/* made_in is NULL or was told already. */
static bool put_place(struct strbuf *out, const struct place *place, const struct place *made_in)
{
	size_t start = out->length;

	if (place->container[0]) {
		strbuf_puts(out, ", ");
		put_container(out, place->container, place->container_name);
	}
	put_task(out, place);
	if (is_telling(place->unit)) {
		strbuf_puts(out, ", unit ");
		strbuf_escape(out, place->unit, sizeof(place->unit));
	}
	if (place->passed_as[0] && (!made_in || strcmp(place->passed_as, made_in->unit))) {
		strbuf_puts(out, ", passed by systemd as ");
		strbuf_escape(out, place->passed_as, sizeof(place->passed_as));
	}
	return out->length > start;
}

static bool is_same(const struct place *a, const struct place *b)
{
	return !strcmp(a->unit, b->unit) && !strcmp(a->container, b->container) &&
	       !strcmp(a->serves, b->serves) && !strcmp(a->target, b->target);
}

static bool was_told(const struct holder *holder, size_t owner)
{
	for (size_t i = 0; i < owner; i++)
		if (holder->owners[i].place && is_same(holder->owners[i].place, holder->owners[owner].place))
			return true;
	return false;
}

bool text_is_socket_unit(const struct place *place)
{
	const char *type = place ? strrchr(place->unit, '.') : NULL;

	return type && !strcmp(type, ".socket");
}

void text_places(struct strbuf *out, const struct holder *holder)
{
	const struct place *made_in = holder->made_in;
	size_t told = 0;

	if (text_is_socket_unit(made_in)) {
		strbuf_puts(out, ", socket unit ");
		strbuf_escape(out, made_in->unit, sizeof(made_in->unit));
	}
	for (size_t i = 0; i < holder->owner_count && told < PLACES_MAX; i++)
		if (holder->owners[i].place && !was_told(holder, i))
			told += put_place(out, holder->owners[i].place, made_in);
	if (holder->owner_count)
		return;
	if (holder->bound_by.place)
		told += put_place(out, holder->bound_by.place, made_in);
	if (!told && made_in && !text_is_socket_unit(made_in))
		(void)put_place(out, made_in, NULL);
}
