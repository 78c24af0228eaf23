/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/rules.h"

#include <errno.h>
#include <string.h>

#include "rules/address.h"
#include "rules/linux_common.h"
#include "rules/refusal.h"
#include "rules/sentence.h"
#include "rules/situation.h"
#include "rules/table.h"
#include "rules/winsock.h"

struct finding {
	enum rule_id rule;
	int agrees;
	int subject;	 /* the holder that the sentence is about, -1 none */
	bool is_culprit; /* ... and that made the kernel refuse */
};

static const struct sock_info *event_contender(const void *context, size_t index)
{
	const struct event *event = context;

	return &event->holders[index].sock;
}

void facts_of_event(const struct event *event, const struct policy *policy, struct attempt_facts *ret_facts)
{
	*ret_facts = (struct attempt_facts){
		.policy = policy,
		.binder = &event->sock,
		.bucket = &event->bucket,
		.listening = event->listening,
		.explicit_port = event->explicit_port,
		.deferred = event->type == EVENT_BIND && !event->explicit_port &&
			    event->sock.options.bind_address_no_port,
		.by_connect = event->type == EVENT_CONNECT,
		.l3mdev_accept = event->l3mdev_accept,
		.truncated = event->truncated,
		.contender_count = event->holder_count,
		.contender = event_contender,
		.context = event,
	};
}

static enum rule_id pair(const struct attempt_facts *facts, const struct sock_info *contender,
			 bool *ret_conflict)
{
	*ret_conflict = false;
	if (sock_is_tcp(facts->binder))
		return linux_tcp_pair(facts, contender, ret_conflict);
	if (facts->binder->protocol == PROTO_UDP)
		return linux_udp_pair(facts, contender, ret_conflict);
	if (facts->binder->protocol == PROTO_SCTP)
		return linux_sctp_pair(facts, contender, ret_conflict);
	if (facts->binder->protocol == PROTO_PING)
		return linux_ping_pair(facts, contender, ret_conflict);
	return RULE_NONE;
}

static void name_reasons(struct event *event, const struct attempt_facts *facts)
{
	bool conflict;

	for (size_t i = 0; i < event->holder_count; i++)
		event->holders[i].reason = (int)pair(facts, &event->holders[i].sock, &conflict);
}

static bool conflicts(const struct event *event, size_t index)
{
	return rule_is_refusal((enum rule_id)event->holders[index].reason);
}

static bool is_port_conflict(const struct event *event)
{
	return (event->stage == STAGE_PORT || event->stage == STAGE_LISTEN) &&
	       (event->result == -EADDRINUSE || event->result == -EAGAIN || event->result == -EADDRNOTAVAIL);
}

/* The holder whose reason is the prediction's. */
static int subject_of(const struct event *event, const struct prediction *prediction)
{
	int connected = -1;

	for (size_t i = 0; i < event->holder_count; i++) {
		if (event->holders[i].reason != (int)prediction->rule)
			continue;
		if (!sock_is_connected(&event->holders[i].sock))
			return (int)i;
		if (connected < 0)
			connected = (int)i;
	}
	return connected;
}

static struct finding find_accepted(const struct event *event, const struct attempt_facts *facts,
				    const struct prediction *prediction)
{
	struct finding finding = {.rule = prediction->rule, .agrees = 1, .subject = -1};

	if (prediction->answer == ANSWER_OPEN) {
		if (prediction->rule == RULE_NONE || (facts->by_connect && event->entry_port)) {
			finding.rule = RULE_FREE;
			finding.agrees = -1;
		} else if (prediction->rule != RULE_AUTO_PORT) {
			finding.agrees = -1;
		}
	} else if (prediction->answer == ANSWER_REFUSE) {
		finding.rule = RULE_UNEXPLAINED;
		finding.agrees = 0;
		finding.subject = prediction->culprit;
		return finding;
	}
	finding.subject = prediction->culprit >= 0 && prediction->answer == ANSWER_ACCEPT
				  ? prediction->culprit
				  : subject_of(event, prediction);
	return finding;
}

/* The kernel's own last comparison, if it was seen. */
static int flagged(const struct event *event)
{
	for (size_t i = 0; i < event->holder_count; i++)
		if (event->holders[i].culprit)
			return (int)i;
	return -1;
}

/*
 * A socket in the way is the last that udp_lib_get_port() compares.  Where that one may share, it says
 * EADDRINUSE because reuseport_add_sock() failed: whose group this one would have joined, else -1.
 */
static int group_without_room(const struct event *event, const struct prediction *prediction)
{
	int index = flagged(event);

	if (event->sock.protocol != PROTO_UDP || prediction->answer == ANSWER_REFUSE || index < 0)
		return -1;
	return event->holders[index].reason == RULE_REUSEPORT_GROUP ? index : -1;
}

static struct finding find_refused(const struct event *event, const struct prediction *prediction)
{
	struct finding finding = {.rule = RULE_UNEXPLAINED, .agrees = 0, .subject = flagged(event)};
	int group;

	if (prediction->answer == ANSWER_OPEN && prediction->rule == RULE_AUTO_PORT) {
		finding.rule = RULE_RANGE_EXHAUSTED;
		finding.agrees = 1;
		finding.subject = -1;
		return finding;
	}
	group = group_without_room(event, prediction);
	if (group >= 0)
		return (struct finding){
			.rule = RULE_NO_MEMORY, .agrees = -1, .subject = group, .is_culprit = true};
	finding.is_culprit = finding.subject >= 0;
	if (prediction->answer == ANSWER_REFUSE && finding.subject < 0)
		finding.subject = prediction->culprit;
	if (prediction->answer == ANSWER_REFUSE && conflicts(event, (size_t)finding.subject)) {
		finding.rule = (enum rule_id)event->holders[finding.subject].reason;
		finding.agrees = 1;
		finding.is_culprit = true;
	} else if (prediction->answer == ANSWER_OPEN) {
		finding.agrees = finding.is_culprit ? 0 : -1;
	} else if (!event->holder_count) {
		/* get_port() says EADDRINUSE for a bucket that it could not allocate, too */
		finding.rule = RULE_NO_MEMORY;
		finding.agrees = -1;
	}
	return finding;
}

static void move_first(struct event *event, int index)
{
	struct holder culprit = event->holders[index];

	memmove(event->holders + 1, event->holders, (size_t)index * sizeof(culprit));
	event->holders[0] = culprit;
}

static void write_text(struct verdict *verdict, const struct situation *situation)
{
	size_t position = 0, length;
	const struct phrase *row = phrase_next(&table_refusals, situation, &position);

	position = 0;
	if (!row)
		row = phrase_next(&table_because, situation, &position);
	if (row)
		sentence_expand(verdict->text, sizeof(verdict->text), row->text, situation);
	position = 0;
	row = phrase_next(&table_notes, situation, &position);
	length = strlen(verdict->text);
	if (row)
		sentence_expand(verdict->text + length, sizeof(verdict->text) - length, row->text, situation);
}

static void write_fixes(struct verdict *verdict, const struct situation *situation,
			const struct phrase_table *table)
{
	const size_t max = sizeof(verdict->fix) / sizeof(verdict->fix[0]);
	const struct phrase *row;
	size_t position = 0;

	while (verdict->fix_count < max && (row = phrase_next(table, situation, &position)))
		sentence_expand(verdict->fix[verdict->fix_count++], sizeof(verdict->fix[0]), row->text,
				situation);
}

static void write_verdict(struct event *event, const struct policy *policy, const struct finding *finding)
{
	const struct holder *holder = finding->subject >= 0 ? &event->holders[finding->subject] : NULL;
	struct verdict *verdict = &event->verdict;
	struct situation situation;
	const struct phrase *row;
	size_t position = 0;

	situation_init(&situation, event, policy, finding->rule, holder);
	if (holder && !holder->sock.blind && rule_is_refusal((enum rule_id)holder->reason)) {
		sentence_expand(verdict->lacks, sizeof(verdict->lacks),
				lacks_text(&event->sock, &holder->sock), &situation);
		situation_init(&situation, event, policy, finding->rule, holder);
	}

	write_text(verdict, &situation);
	row = event->result < 0 ? NULL : phrase_next(&table_delivery, &situation, &position);
	if (row)
		sentence_expand(verdict->delivery, sizeof(verdict->delivery), row->text, &situation);
	if (event->result >= 0)
		return;
	write_fixes(verdict, &situation, &table_refusal_remedies);
	write_fixes(verdict, &situation, &table_remedies);
}

static bool is_attempt(const struct event *event)
{
	return event->type == EVENT_BIND || event->type == EVENT_LISTEN || event->type == EVENT_AUTOBIND ||
	       event->type == EVENT_CONNECT;
}

void judge(struct event *event, const struct policy *policy)
{
	struct finding finding = {.agrees = -1, .subject = -1};
	struct prediction prediction;
	struct attempt_facts facts;

	if (event->windows.present) {
		judge_winsock(event);
		return;
	}
	event->verdict = (struct verdict){.rule = RULE_NONE, .agrees = -1, .culprit = -1};
	event->has_verdict = is_attempt(event);
	if (!event->has_verdict)
		return;

	if (event->sock.protocol == PROTO_UNIX && judge_unix(event))
		return;
	facts_of_event(event, policy, &facts);
	linux_predict(&facts, &prediction);
	name_reasons(event, &facts);

	if (event->result >= 0)
		finding = find_accepted(event, &facts, &prediction);
	else if ((finding.rule = refusal_rule(event)) != RULE_NONE)
		finding.agrees = -1;
	else if (is_port_conflict(event))
		finding = find_refused(event, &prediction);
	else
		finding.rule = RULE_UNEXPLAINED;

	if (finding.is_culprit) {
		move_first(event, finding.subject);
		finding.subject = 0;
		event->holders[0].culprit = true;
		event->verdict.culprit = 0;
	}
	event->verdict.rule = (int)finding.rule;
	event->verdict.agrees = finding.agrees;
	find_strangers(event);
	write_verdict(event, policy, &finding);
}

enum answer judge_hypothetical(struct event *event, const struct policy *policy)
{
	struct prediction prediction;
	struct attempt_facts facts;

	facts_of_event(event, policy, &facts);
	linux_predict(&facts, &prediction);
	event->result = prediction.answer == ANSWER_REFUSE ? -EADDRINUSE : 0;
	event->stage = prediction.answer == ANSWER_REFUSE ? STAGE_PORT : STAGE_NONE;
	judge(event, policy);
	event->verdict.agrees = -1;
	return prediction.answer;
}
