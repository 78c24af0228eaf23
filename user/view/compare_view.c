/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/compare_view.h"

#include <inttypes.h>
#include <stdio.h>

bool compare_is_told(const struct event *event)
{
	const struct comparison *comparison = &event->comparison;

	return comparison->system &&
	       (!comparison->ok || comparison->delivery || comparison->ok != (event->result >= 0));
}

static void put_label(struct strbuf *out, const char *label, size_t width)
{
	size_t start;

	strbuf_puts(out, "    ");
	start = out->length;
	strbuf_puts(out, label);
	strbuf_pad(out, start, width - 1);
	strbuf_puts(out, " ");
}

void compare_text(struct strbuf *out, const struct event *event, size_t label_width)
{
	const struct comparison *comparison = &event->comparison;

	if (!compare_is_told(event))
		return;
	put_label(out, comparison->system, label_width);
	if (!comparison->known)
		strbuf_puts(out, "undocumented");
	else if (comparison->ok)
		strbuf_puts(out, "would accept it");
	else
		strbuf_printf(out, "would refuse it with %s", comparison->error);
	if (comparison->code >= 10000)
		strbuf_printf(out, " (%d)", comparison->code);
	strbuf_printf(out, ": %s", comparison->text);
	for (size_t i = 0; i < 4 && comparison->ignored[i]; i++)
		strbuf_printf(out, "; %s", comparison->ignored[i]);
	strbuf_printf(out, " (rule %s)\n", comparison->rule);
	if (comparison->delivery) {
		put_label(out, "", label_width);
		strbuf_printf(out, "who answers there: %s\n", comparison->delivery);
	}
}

static void put_provenance(struct json_writer *writer, const struct comparison *comparison)
{
	static const char *const facts[FACT_MAX] = {
		[FACT_PROTOCOL] = "protocol", [FACT_ADDRESS] = "address", [FACT_OPTIONS] = "exclusive",
		[FACT_V6ONLY] = "v6only",     [FACT_USER] = "user",	  [FACT_PROCESS] = "process",
	};
	static const char *const names[PROVENANCE_MAX] = {
		[FROM_OBSERVED] = "observed",
		[FROM_QUERIED] = "queried",
		[FROM_INFERRED] = "inferred",
		[FROM_ASSUMED] = "assumed",
	};

	jw_object(writer, "provenance");
	for (size_t i = 0; i < FACT_MAX; i++)
		if (comparison->from[i] != FROM_OBSERVED)
			jw_string(writer, facts[i], names[comparison->from[i]]);
	jw_object_end(writer);
}

/* The id of the holder that decides there, as in holders[]. */
static void put_holder(struct json_writer *writer, const struct event *event)
{
	uint64_t id = event->comparison.holder < 0 ? 0 : event->holders[event->comparison.holder].sock.id;
	char text[24];

	snprintf(text, sizeof(text), "s%" PRIu64, id);
	jw_string(writer, "holder", id ? text : NULL);
}

void compare_json(struct json_writer *writer, const struct event *event)
{
	const struct comparison *comparison = &event->comparison;

	if (!comparison->system)
		return;
	jw_object(writer, "compare");
	jw_string(writer, "system", comparison->system);
	jw_object(writer, "result");
	if (comparison->known)
		jw_bool(writer, "ok", comparison->ok);
	else
		jw_null(writer, "ok");
	jw_string(writer, "errno", comparison->error);
	if (comparison->error && !comparison->code)
		jw_null(writer, "code");
	else
		jw_i64(writer, "code", comparison->code);
	jw_object_end(writer);
	jw_object(writer, "verdict");
	jw_string(writer, "rule", comparison->rule);
	jw_string(writer, "text", comparison->text);
	jw_string(writer, "delivery", comparison->delivery);
	jw_string(writer, "source", comparison->source);
	jw_object_end(writer);
	put_holder(writer, event);
	jw_array(writer, "ignored");
	for (size_t i = 0; i < 4 && comparison->ignored[i]; i++)
		jw_string(writer, NULL, comparison->ignored[i]);
	jw_array_end(writer);
	put_provenance(writer, comparison);
	jw_object_end(writer);
}
