// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/text_parts.h"

#include <inttypes.h>
#include <string.h>
#include "model/address.h"
#include "rules/rules.h"
#include "view/compare_view.h"

#define MORE_HOLDERS  4 /* in short lines after the first one */
#define REFUSED_LABEL 9
#define SHARED_LABEL  13

void text_flags(char buf[FLAGS_LEN], const struct sock_info *sock)
{
	const struct sock_options *options = &sock->options;
	const bool set[FLAGS_LEN - 1] = {
		options->freebind,  options->transparent, options->bind_address_no_port,
		options->reuseaddr, options->reuseport,	  options->v6only,
		sock->ifindex != 0, options->force_reuse,
	};

	if (sock->winsock) {
		text_winsock_flags(buf, sock);
		return;
	}
	if (sock->blind) {
		snprintf(buf, FLAGS_LEN, "-");
		return;
	}
	for (size_t i = 0; i < FLAGS_LEN - 1; i++)
		buf[i] = set[i] ? "FTNRr6D!"[i] : '.';
	buf[FLAGS_LEN - 1] = '\0';
}

void text_endpoint(struct strbuf *out, const struct address *address, uint16_t port)
{
	char text[ADDRESS_TEXT_LEN];

	if (address->family == FAMILY_IPV4 || address->family == FAMILY_IPV6)
		strbuf_add(out, text, address_format(text, sizeof(text), address, port));
	else
		strbuf_puts(out, "-");
}

bool text_is_sharing(const struct event *event)
{
	if (event->result < 0 || !event->has_verdict || !event->holder_count)
		return false;
	return rule_is_sharing((enum rule_id)event->verdict.rule);
}

static const char *const state_words[STATE_MAX] = {
	[STATE_UNKNOWN] = "on ",	  [STATE_BOUND] = "bound to ",
	[STATE_LISTEN] = "listening on ", [STATE_SYN_SENT] = "connecting from ",
	[STATE_SYN_RECV] = "SYN_RECV ",	  [STATE_ESTABLISHED] = "connected ",
	[STATE_FIN_WAIT1] = "FIN_WAIT1 ", [STATE_FIN_WAIT2] = "FIN_WAIT2 ",
	[STATE_TIME_WAIT] = "",		  [STATE_CLOSE_WAIT] = "CLOSE_WAIT ",
	[STATE_LAST_ACK] = "LAST_ACK ",	  [STATE_CLOSING] = "CLOSING ",
};

static void put_place(struct strbuf *out, const struct event *event, const struct holder *holder)
{
	const struct sock_info *sock = &holder->sock;

	strbuf_puts(out,
		    (size_t)sock->state < STATE_MAX ? state_words[sock->state] : state_words[STATE_UNKNOWN]);
	if (sock->protocol == PROTO_UNIX) {
		strbuf_escape(out, event->unix_facts.path, sizeof(event->unix_facts.path));
		return;
	}
	text_endpoint(out, &sock->address, sock->port);
	if (sock->peer.family != FAMILY_NONE) {
		strbuf_puts(out, " -> ");
		text_endpoint(out, &sock->peer, sock->peer_port);
	}
}

static void put_device(struct strbuf *out, const struct sock_info *sock)
{
	if (!sock->ifindex)
		return;
	strbuf_puts(out, ", device ");
	if (sock->device[0])
		strbuf_escape(out, sock->device, sizeof(sock->device));
	else
		strbuf_printf(out, "%" PRIu32, sock->ifindex);
}

/* An executable of another name than the binder's is worth its path. */
static void put_other_exe(struct strbuf *out, const struct event *event, const struct holder *holder)
{
	const char *exe = holder->owner_count ? holder->owners[0].exe : holder->bound_by.exe;

	if (!exe[0] || !event->process.exe[0] || !strncmp(exe, event->process.exe, EXE_LEN))
		return;
	strbuf_puts(out, ", exe ");
	strbuf_escape(out, exe, EXE_LEN);
}

static void put_holder(struct strbuf *out, const struct event *event, const struct holder *holder,
		       const struct text_time *time)
{
	const struct sock_info *sock = &holder->sock;
	char flags[FLAGS_LEN];

	text_who(out, holder);
	strbuf_puts(out, ", ");
	put_place(out, event, holder);
	if (sock->subflow)
		strbuf_puts(out, " as a subflow of its MPTCP socket");
	if (holder->kind != KIND_TIME_WAIT && (holder->since_ns || holder->older))
		text_since(out, time, holder->since_ns, event->time_ns);
	if (holder->expires_ms >= 0)
		strbuf_printf(out, ", %" PRId64 " s left", (holder->expires_ms + 999) / 1000);

	text_flags(flags, sock);
	if (sock->protocol != PROTO_UNIX) /* no option of theirs has a say */
		strbuf_printf(out, ", flags %s", flags);
	if (sock->uid != UID_NONE)
		strbuf_printf(out, ", uid %" PRIu32, sock->uid);
	else if (!sock->minisock)
		strbuf_puts(out, ", uid -");
	put_device(out, sock);
	text_places(out, holder);
	if (text_is_sharing(event))
		put_other_exe(out, event, holder);
	text_relation(out, holder);
}

static void put_rule(struct strbuf *out, int rule)
{
	if (rule != RULE_NONE)
		strbuf_printf(out, " (rule %s)", rule_name((enum rule_id)rule));
}

struct block {
	struct strbuf *out;
	size_t label_width;
};

static void begin_line(const struct block *block, const char *label)
{
	strbuf_puts(block->out, "    ");
	size_t start = block->out->length;

	strbuf_puts(block->out, label);
	strbuf_pad(block->out, start, block->label_width);
}

static void end_line(const struct block *block)
{
	strbuf_add(block->out, "\n", 1);
}

/* Shares with the binder, or would be in its way. */
static bool is_concerned(const struct holder *holder)
{
	return rule_is_sharing((enum rule_id)holder->reason) || rule_is_refusal((enum rule_id)holder->reason);
}

/* Of an accepted attempt only the concerned ones, if the rules could tell them apart. */
static bool shows_all(const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++) {
		if (is_concerned(&event->holders[i]))
			return event->result < 0;
	}
	return true;
}

/* The first one in full, a few more in short, the number of the rest. */
static void put_holders(const struct block *block, const struct event *event, const struct text_time *time,
			const char *label)
{
	bool all = shows_all(event);
	size_t shown = 0, omitted = 0;

	for (size_t i = 0; i < event->holder_count; i++) {
		const struct holder *holder = &event->holders[i];

		if (!all && !is_concerned(holder))
			continue;
		if (shown > MORE_HOLDERS) {
			omitted++;
			continue;
		}
		begin_line(block, shown ? "also" : label);
		if (!shown) {
			put_holder(block->out, event, holder, time);
		} else {
			text_who(block->out, holder);
			strbuf_puts(block->out, ", ");
			put_place(block->out, event, holder);
			put_rule(block->out, holder->reason);
		}
		end_line(block);
		shown++;
	}
	if (all && event->holders_total > event->holder_count)
		omitted += event->holders_total - event->holder_count;
	if (omitted) {
		begin_line(block, "");
		strbuf_printf(block->out, "and %zu more", omitted);
		end_line(block);
	}
}

static void put_because(const struct block *block, const struct verdict *verdict)
{
	if (!verdict->text[0] && verdict->rule == RULE_NONE)
		return;
	begin_line(block, "because");
	if (verdict->text[0])
		strbuf_sanitize(block->out, verdict->text, sizeof(verdict->text));
	else
		strbuf_puts(block->out, "-");
	put_rule(block->out, verdict->rule);
	end_line(block);
}

static void put_answers(const struct block *block, const struct verdict *verdict)
{
	if (!verdict->delivery[0])
		return;
	begin_line(block, "who answers");
	strbuf_sanitize(block->out, verdict->delivery, sizeof(verdict->delivery));
	end_line(block);
}

static void put_fixes(const struct block *block, const struct verdict *verdict)
{
	if (!verdict->fix_count)
		return;
	begin_line(block, "fix");
	for (size_t i = 0; i < verdict->fix_count; i++) {
		strbuf_puts(block->out, i ? "; or " : "");
		strbuf_sanitize(block->out, verdict->fix[i], sizeof(verdict->fix[i]));
	}
	end_line(block);
}

/* Contenders explain a refusal only where the port decided. */
static const char *holder_label(const struct event *event)
{
	if (!event->holder_count)
		return NULL;
	if (text_is_sharing(event))
		return "shared with";
	if (event->result < 0 && event->holders[0].culprit)
		return "held by";
	if (event->sock.protocol == PROTO_UNIX)
		return "on path";
	return event->stage == STAGE_PORT || event->stage == STAGE_LISTEN || event->result >= 0 ? "on port"
												: NULL;
}

void text_details(struct strbuf *out, const struct event *event, const struct text_time *time)
{
	bool is_sharing = text_is_sharing(event);
	bool is_odd = event->has_verdict && event->verdict.rule == RULE_UNEXPLAINED;
	const struct block block = {.out = out, .label_width = is_sharing ? SHARED_LABEL : REFUSED_LABEL};
	const char *label = holder_label(event);

	if (event->result >= 0 && !is_sharing && !is_odd) {
		compare_text(out, event, REFUSED_LABEL);
		return;
	}
	if (label)
		put_holders(&block, event, time, label);
	if (!event->has_verdict)
		return;
	put_because(&block, &event->verdict);
	if (is_sharing)
		put_answers(&block, &event->verdict);
	put_fixes(&block, &event->verdict);
	compare_text(out, event, block.label_width);
}
