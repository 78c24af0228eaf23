/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "model/address.h"
#include "view/explain_view.h"

#define COLOR_RED    "\033[31m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_RESET  "\033[0m"

#define SYSTEM_WIDTH 12
#define SOCKET_WIDTH 7

static const struct {
	enum sock_state state;
	bool accepted;
	const char *word;
} states[] = {
	{STATE_LISTEN, false, "listen"},
	{STATE_ESTABLISHED, true, "accepted"},
	{STATE_ESTABLISHED, false, "connected"},
	{STATE_TIME_WAIT, false, "time-wait"},
};

static void put_words(struct strbuf *out, const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;
	const struct {
		bool is_set;
		const char *word;
	} words[] = {
		{sock->options.reuseaddr, "reuseaddr"},
		{sock->options.reuseport, "reuseport"},
		{sock->winsock_options.exclusive, "exclusive"},
		{claim->v6 == V6_ONLY, "v6only"},
		{claim->v6 == V6_DUAL, "dual"},
		{claim->multicast, "multicast"},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].is_set)
			strbuf_printf(out, " %s", words[i].word);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (sock->state == states[i].state && sock->accepted == states[i].accepted)
			strbuf_printf(out, " %s", states[i].word);
}

void claim_text(struct strbuf *out, const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;
	char endpoint[ADDRESS_TEXT_LEN];

	address_format(endpoint, sizeof(endpoint), &sock->address, sock->port);
	strbuf_printf(out, "%s %s", sock->protocol == PROTO_UDP ? "udp" : "tcp", endpoint);
	put_words(out, claim);
	if (sock->uid != UID_NONE)
		strbuf_printf(out, " uid=%" PRIu32, sock->uid);
	if (sock->device[0]) {
		strbuf_puts(out, " device=");
		strbuf_escape(out, sock->device, sizeof(sock->device));
	}
}

static void put_titles(struct strbuf *out)
{
	size_t start = out->length;

	strbuf_puts(out, "SYSTEM");
	strbuf_pad(out, start, SYSTEM_WIDTH);
	strbuf_puts(out, "SOCKET RESULT\n");
}

void explain_text_head(struct strbuf *out, const struct claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out, "%zu  ", i + 1);
		claim_text(out, &claims[i]);
		strbuf_puts(out, "\n");
	}
	strbuf_puts(out, "\n");
	put_titles(out);
}

static void put_result(struct strbuf *out, const struct claim *claim, const struct explanation *explanation)
{
	if (!explanation->known) {
		strbuf_puts(out, "undocumented");
	} else if (explanation->ok) {
		strbuf_puts(out, claim->sock.state == STATE_LISTEN ? "listening" : "bound");
	} else {
		strbuf_puts(out, explanation->error);
		if (explanation->code >= 10000)
			strbuf_printf(out, " (%d)", explanation->code);
		if (explanation->at_listen)
			strbuf_puts(out, "  at listen(); bind() passes");
	}
}

static void put_row(struct strbuf *out, enum system_id system, const struct claim *claims,
		    const struct explanation *explanation, size_t index, bool color)
{
	const char *paint = !explanation->ok && explanation->known ? COLOR_RED
			    : explanation->delivery[0]		   ? COLOR_YELLOW
								   : NULL;
	size_t start = out->length;

	strbuf_puts(out, system_name(system));
	strbuf_pad(out, start, SYSTEM_WIDTH);
	start = out->length;
	strbuf_printf(out, "%zu", index + 1);
	strbuf_pad(out, start, SOCKET_WIDTH);
	if (color && paint)
		strbuf_puts(out, paint);
	put_result(out, &claims[index], explanation);
	if (color && paint)
		strbuf_puts(out, COLOR_RESET);
}

static void begin_line(struct strbuf *out, const char *label, bool wide)
{
	size_t start;

	strbuf_puts(out, "    ");
	start = out->length;
	strbuf_puts(out, label);
	strbuf_pad(out, start, wide ? 13 : 9);
}

static void put_line(struct strbuf *out, const char *label, const char *text, bool wide)
{
	if (!text || !text[0])
		return;
	begin_line(out, label, wide);
	strbuf_sanitize(out, text, strlen(text));
	strbuf_puts(out, "\n");
}

static void put_fixes(struct strbuf *out, const struct explanation *explanation, bool wide)
{
	if (!explanation->fix_count)
		return;
	begin_line(out, "fix", wide);
	for (size_t i = 0; i < explanation->fix_count; i++) {
		strbuf_puts(out, i ? "; or " : "");
		strbuf_sanitize(out, explanation->fix[i], sizeof(explanation->fix[i]));
	}
	strbuf_puts(out, "\n");
}

/* Options that mean nothing there, of this socket and of the one it met. */
static void put_notes(struct strbuf *out, enum system_id system, const struct claim *claims,
		      const struct explanation *explanation, size_t index, bool wide)
{
	const int sockets[] = {explanation->holder, (int)index};

	for (size_t s = 0; s < sizeof(sockets) / sizeof(sockets[0]); s++) {
		const char *note;

		for (size_t i = 0; sockets[s] >= 0 && (note = system_ignores(system, &claims[sockets[s]], i));
		     i++) {
			begin_line(out, "note", wide);
			strbuf_printf(out, "socket %d: %s\n", sockets[s] + 1, note);
		}
	}
}

static void put_lines(struct strbuf *out, const struct explanation *explanation)
{
	bool wide = explanation->delivery[0];
	const char *label = !explanation->ok && explanation->known ? "held by" : wide ? "shared with" : NULL;

	if (label && explanation->holder >= 0) {
		begin_line(out, label, wide);
		strbuf_printf(out, "socket %d\n", explanation->holder + 1);
	}
	begin_line(out, "because", wide);
	strbuf_sanitize(out, explanation->text, sizeof(explanation->text));
	strbuf_printf(out, " (rule %s)\n", explanation->rule);
	put_line(out, "who answers", explanation->delivery, wide);
	put_fixes(out, explanation, wide);
}

/* The earlier system that said the same of this socket, -1 if there is none. */
static int twin_of(enum system_id system, size_t index, const explanations all[SYSTEM_MAX],
		   unsigned int systems)
{
	for (int other = 0; other < (int)system; other++)
		if (systems & 1u << other && explanation_same(&all[other][index], &all[system][index]))
			return other;
	return -1;
}

void explain_text(struct strbuf *out, enum system_id system, const struct claim *claims, size_t count,
		  const explanations all[SYSTEM_MAX], unsigned int systems, bool color)
{
	for (size_t i = 0; i < count; i++) {
		const struct explanation *explanation = &all[system][i];
		int twin = twin_of(system, i, all, systems);
		bool wide = explanation->delivery[0];

		/* the first one meets nobody */
		if (!explanation->attempted || (!i && explanation->ok))
			continue;
		put_row(out, system, claims, explanation, i, color);
		if (twin >= 0)
			strbuf_printf(out, "  as %s", system_name((enum system_id)twin));
		strbuf_puts(out, "\n");
		if (twin < 0)
			put_lines(out, explanation);
		put_line(out, "note", explanation->remark, wide);
		put_notes(out, system, claims, explanation, i, wide);
		put_line(out, "source", explanation->source, wide);
	}
}

void explain_text_advice(struct strbuf *out, const char *const *sentences, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t start = out->length;

		strbuf_puts(out, i ? "" : "portable");
		strbuf_pad(out, start, SYSTEM_WIDTH);
		strbuf_printf(out, "%s\n", sentences[i]);
	}
}
