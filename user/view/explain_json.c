/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/address.h"
#include "model/event_names.h"
#include "view/explain_view.h"

static void put_options(struct json_writer *writer, const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;

	jw_object(writer, "options");
	jw_bool(writer, "reuseaddr", sock->options.reuseaddr);
	jw_bool(writer, "reuseport", sock->options.reuseport);
	jw_bool(writer, "exclusive", sock->winsock_options.exclusive);
	if (claim->v6 == V6_DEFAULT)
		jw_null(writer, "v6only");
	else
		jw_bool(writer, "v6only", claim->v6 == V6_ONLY);
	jw_object_end(writer);
}

static void put_claim(struct json_writer *writer, const char *name, const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;
	char host[ADDRESS_TEXT_LEN];

	address_format_host(host, sizeof(host), &sock->address);
	jw_object(writer, name);
	jw_string(writer, "protocol", protocol_name(sock->protocol));
	jw_string(writer, "family", family_name(sock->address.family));
	jw_string(writer, "address", host);
	jw_u64(writer, "port", sock->port);
	jw_string(writer, "state", state_name(sock->state));
	jw_u64(writer, "uid", sock->uid);
	jw_chars(writer, "device", sock->device, sizeof(sock->device));
	jw_bool(writer, "multicast", claim->multicast);
	put_options(writer, claim);
	jw_object_end(writer);
}

static void put_result(struct json_writer *writer, const struct explanation *explanation)
{
	jw_object(writer, "result");
	if (explanation->known)
		jw_bool(writer, "ok", explanation->ok);
	else
		jw_null(writer, "ok");
	jw_string(writer, "errno", explanation->error);
	if (explanation->error && !explanation->code)
		jw_null(writer, "code");
	else
		jw_i64(writer, "code", explanation->code);
	jw_string(writer, "call", !explanation->error ? NULL : explanation->at_listen ? "listen" : "bind");
	jw_object_end(writer);
}

static void put_verdict(struct json_writer *writer, const struct explanation *explanation)
{
	jw_object(writer, "verdict");
	jw_string(writer, "rule", explanation->rule);
	jw_chars(writer, "text", explanation->text, sizeof(explanation->text));
	jw_array(writer, "fix");
	for (size_t i = 0; i < explanation->fix_count; i++)
		jw_chars(writer, NULL, explanation->fix[i], sizeof(explanation->fix[i]));
	jw_array_end(writer);
	jw_chars(writer, "delivery", explanation->delivery, sizeof(explanation->delivery));
	jw_string(writer, "note", explanation->remark);
	jw_string(writer, "source", explanation->source);
	jw_object_end(writer);
}

static void put_ignored(struct json_writer *writer, enum system_id system, const struct claim *claim)
{
	const char *note;

	jw_array(writer, "ignored");
	for (size_t i = 0; (note = system_ignores(system, claim, i)); i++)
		jw_string(writer, NULL, note);
	jw_array_end(writer);
}

int explain_json(struct json_writer *writer, enum system_id system, const struct claim *claims,
		 const struct explanation *explanations, size_t index, uint64_t seq,
		 const struct clock_base *clock)
{
	const struct explanation *explanation = &explanations[index];

	jw_object(writer, NULL);
	json_head(writer, "explain", 0, seq, clock);
	jw_string(writer, "system", system_name(system));
	jw_u64(writer, "number", index + 1);
	put_claim(writer, "socket", &claims[index]);
	put_result(writer, explanation);
	put_verdict(writer, explanation);
	if (explanation->holder < 0)
		jw_null(writer, "holder");
	else
		jw_i64(writer, "holder", explanation->holder + 1);
	put_ignored(writer, system, &claims[index]);
	jw_object_end(writer);
	return jw_finish(writer);
}

int explain_json_advice(struct json_writer *writer, const char *const *sentences, size_t count, uint64_t seq,
			const struct clock_base *clock)
{
	jw_object(writer, NULL);
	json_head(writer, "advice", 0, seq, clock);
	jw_array(writer, "portable");
	for (size_t i = 0; i < count; i++)
		jw_string(writer, NULL, sentences[i]);
	jw_array_end(writer);
	jw_object_end(writer);
	return jw_finish(writer);
}

int matrix_json(struct json_writer *writer, const struct matrix *matrix, size_t row, size_t column,
		uint64_t seq, const struct clock_base *clock)
{
	struct explanation cell;

	matrix_cell(matrix, row, column, &cell);
	jw_object(writer, NULL);
	json_head(writer, "matrix", 0, seq, clock);
	jw_string(writer, "system", system_name(matrix->system));
	put_claim(writer, "first", &matrix->rows[row].claim);
	put_claim(writer, "second", &matrix->columns[column].claim);
	put_result(writer, &cell);
	put_verdict(writer, &cell);
	jw_object_end(writer);
	return jw_finish(writer);
}
