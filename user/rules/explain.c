/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/address.h"
#include "rules/rules.h"

/* A kernel without orphans, stale caches or quirks: 6.17 or newer. */
static const struct policy today = {.closed_group_ok = true, .connect_bind_flag = true};

static bool is_attempt(const struct claim *claim)
{
	return claim->sock.state == STATE_BOUND || claim->sock.state == STATE_LISTEN;
}

/* __inet6_bind(): a specific IPv6 address implies v6only */
static struct sock_info linux_sock(const struct claim *claim)
{
	struct sock_info sock = claim->sock;
	const struct address *address = &sock.address;

	sock.options.v6only = address->family == FAMILY_IPV6 && !address_is_mapped(address) &&
			      (claim->v6 == V6_ONLY || !address_is_wildcard(address));
	if (sock.minisock)
		sock.uid = UID_NONE;
	return sock;
}

static void fill_event(struct event *event, const struct claim *claims, const struct explanation *done,
		       size_t index, struct holder *holders, int *ret_origin)
{
	*event = (struct event){
		.type = EVENT_BIND,
		.sock = linux_sock(&claims[index]),
		.requested = claims[index].sock.address,
		.requested_port = claims[index].sock.port,
		.fd = -1,
		.explicit_port = true,
		.asked = true,
		.holders = holders,
	};
	event->sock.state = STATE_BOUND;
	for (size_t i = 0; i < index; i++) {
		if (!done[i].ok || claims[i].sock.port != event->sock.port ||
		    claims[i].sock.protocol != event->sock.protocol)
			continue;
		holders[event->holder_count] = (struct holder){
			.sock = linux_sock(&claims[i]), .expires_ms = -1, .released_after_ns = -1};
		/* the number that judge() carries along when it moves the culprit to the front */
		holders[event->holder_count].sock.id = i;
		event->holder_count++;
	}
	event->holders_total = (uint32_t)event->holder_count;
	*ret_origin = event->holder_count == 1 ? (int)holders[0].sock.id : -1;
}

/* The holder with the verdict's reason. */
static int subject(const struct event *event, int only)
{
	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].reason == event->verdict.rule)
			return (int)event->holders[i].sock.id;
	return only;
}

static void take_verdict(const struct event *event, int only, struct explanation *explanation)
{
	const struct verdict *verdict = &event->verdict;

	explanation->ok = event->result >= 0;
	explanation->error = explanation->ok ? NULL : "EADDRINUSE";
	explanation->code = explanation->ok ? 0 : EADDRINUSE;
	explanation->rule = rule_name((enum rule_id)verdict->rule);
	explanation->holder = subject(event, only);
	snprintf(explanation->text, sizeof(explanation->text), "%s", verdict->text);
	snprintf(explanation->delivery, sizeof(explanation->delivery), "%s", verdict->delivery);
	explanation->fix_count = verdict->fix_count;
	for (size_t i = 0; i < verdict->fix_count; i++)
		snprintf(explanation->fix[i], sizeof(explanation->fix[i]), "%s", verdict->fix[i]);
}

/* The rules of the trace; listen() is a second attempt. */
static void explain_linux(const struct claim *claims, size_t index, struct explanation *done)
{
	struct holder holders[EXPLAIN_MAX];
	struct explanation *explanation = &done[index];
	struct event event;
	int only;

	fill_event(&event, claims, done, index, holders, &only);
	judge_hypothetical(&event, &today);
	take_verdict(&event, only, explanation);
	explanation->source =
		event.sock.protocol == PROTO_UDP ? "Linux: udp_lib_get_port()" : "Linux: inet_csk_get_port()";
	if (!explanation->ok || claims[index].sock.state != STATE_LISTEN || !event.holder_count)
		return;
	event.type = EVENT_LISTEN;
	event.listening = true;
	event.entry_port = event.sock.port;
	judge_hypothetical(&event, &today);
	if (event.result >= 0)
		return;
	take_verdict(&event, only, explanation);
	explanation->at_listen = true;
}

static void explain_other(enum system_id system, const struct claim *claims, size_t index,
			  struct explanation *done)
{
	const struct pair_row *alone = system_alone(system, &claims[index]);
	struct explanation *explanation = &done[index];
	struct decision decision = decision_free;
	const struct pair_row *row = alone ? alone : &decision.row;

	for (size_t i = 0; i < index && !alone; i++)
		if (done[i].ok)
			decision_add(&decision, system, &claims[i], &claims[index], (int)i);
	explanation->holder = decision.holder;
	if (decision.holder >= 0)
		explanation->remark = system_remark(system, &claims[decision.holder], &claims[index]);
	explanation->known = row->reply != REPLY_UNDOCUMENTED;
	explanation->ok = row->reply == REPLY_ACCEPTED;
	explanation->error = system_error(system, row->reply);
	explanation->code = system_error_code(system, row->reply);
	explanation->rule = row->rule;
	explanation->source = row->source;
	snprintf(explanation->text, sizeof(explanation->text), "%s", row->because);
	snprintf(explanation->delivery, sizeof(explanation->delivery), "%s",
		 row->delivery ? row->delivery : "");
}

void rules_explain(enum system_id system, const struct claim *claims, size_t count, struct explanation *ret)
{
	for (size_t i = 0; i < count && i < EXPLAIN_MAX; i++) {
		ret[i] = (struct explanation){.known = true, .ok = true, .holder = -1, .rule = "given"};
		ret[i].attempted = is_attempt(&claims[i]);
		if (!ret[i].attempted)
			continue;
		if (system == SYSTEM_LINUX)
			explain_linux(claims, i, ret);
		else
			explain_other(system, claims, i, ret);
	}
}

bool explanation_same(const struct explanation *one, const struct explanation *two)
{
	bool same_error =
		one->error && two->error ? !strcmp(one->error, two->error) : one->error == two->error;

	return one->attempted == two->attempted && one->known == two->known && one->ok == two->ok &&
	       one->at_listen == two->at_listen && one->holder == two->holder && same_error &&
	       !strcmp(one->rule, two->rule) && !strcmp(one->text, two->text) &&
	       !strcmp(one->delivery, two->delivery) && !one->fix_count && !two->fix_count;
}

/* ---- portable advice: what is the case in any two of the sockets */

enum advice_bit {
	A_TCP = 1 << 0,
	A_SAME = 1 << 1,
	A_WIDER = 1 << 2,
	A_REUSEADDR = 1 << 3,
	A_REUSEPORT = 1 << 4,
	A_REMNANT = 1 << 5, /* a connection or what is left of one */
	A_SIX = 1 << 6,	    /* an IPv6 wildcard that leaves v6only to the system */
	A_MULTICAST = 1 << 7,
	A_UDP = 1 << 8,
	A_USERS = 1 << 9,
};

static const struct {
	unsigned int need, deny;
	const char *sentence;
} advice[] = {
	{A_REMNANT, 0,
	 "for a restart set SO_REUSEADDR before every bind() on Unix; Windows does not need it and means "
	 "something else by it"},
	{A_SAME | A_TCP | A_REUSEADDR, A_REUSEPORT,
	 "so that a second server fails everywhere, set SO_REUSEADDR on Unix only and SO_EXCLUSIVEADDRUSE "
	 "on Windows"},
	{A_SAME | A_REUSEPORT, 0,
	 "to share on purpose: SO_REUSEPORT on Linux, SO_REUSEPORT_LB on FreeBSD; elsewhere bind once and "
	 "hand the socket to the other processes"},
	{A_REUSEPORT | A_USERS, 0, "run what shares a port as one user"},
	{A_WIDER, 0,
	 "systems disagree about a wildcard beside one address: let everything that competes for a port bind "
	 "the same address, and keep it with SO_EXCLUSIVEADDRUSE (Windows) or SO_EXCLBIND (Solaris)"},
	{A_SIX, 0,
	 "set IPV6_V6ONLY, to 0 or 1: Linux, macOS and Solaris serve IPv4 by default, Windows, FreeBSD and "
	 "NetBSD do not, OpenBSD never"},
	{A_UDP | A_MULTICAST, 0,
	 "for multicast set SO_REUSEADDR and, where it exists, SO_REUSEPORT on every member"},
	{A_UDP | A_SAME | A_REUSEADDR, A_MULTICAST,
	 "do not share a unicast UDP address by SO_REUSEADDR: whether it is allowed, and who gets the "
	 "datagrams, differs"},
	{A_SAME, A_REUSEADDR | A_REUSEPORT | A_REMNANT,
	 "without options two sockets never share one address, on any of these systems"},
};

static unsigned int claim_advice_bits(const struct claim *claim)
{
	const struct sock_info *sock = &claim->sock;
	unsigned int bits = sock->protocol == PROTO_UDP ? A_UDP : A_TCP;

	if (sock->options.reuseaddr)
		bits |= A_REUSEADDR;
	if (sock->options.reuseport)
		bits |= A_REUSEPORT;
	if (!is_attempt(claim))
		bits |= A_REMNANT;
	if (claim->multicast)
		bits |= A_MULTICAST;
	if (sock->address.family == FAMILY_IPV6 && address_is_wildcard(&sock->address) &&
	    claim->v6 == V6_DEFAULT)
		bits |= A_SIX;
	return bits;
}

static unsigned int pair_advice_bits(const struct claim *first, const struct claim *second)
{
	uint32_t pair = pair_bits(first, second, system_traits(SYSTEM_LINUX));
	unsigned int bits = 0;

	if (pair & P_SAME && !(pair & P_MIXED) && is_attempt(first) && is_attempt(second))
		bits |= A_SAME;
	if (pair & (P_NEW_WIDER | P_OLD_WIDER) && is_attempt(first) && is_attempt(second))
		bits |= A_WIDER;
	if (pair & P_USERS)
		bits |= A_USERS;
	if (pair & P_GROUP)
		bits |= A_MULTICAST;
	return bits;
}

size_t explain_advice(const struct claim *claims, size_t count, const char **sentences, size_t size)
{
	unsigned int bits = 0;
	size_t given = 0;

	for (size_t i = 0; i < count; i++) {
		bits |= claim_advice_bits(&claims[i]);
		for (size_t j = 0; j < i; j++)
			bits |= pair_advice_bits(&claims[j], &claims[i]);
	}
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]) && given < size; i++)
		if ((bits & advice[i].need) == advice[i].need && !(bits & advice[i].deny))
			sentences[given++] = advice[i].sentence;
	return given;
}
