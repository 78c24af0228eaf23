/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "linux/binder.h"
#include "linux/decode.h"
#include "linux/interfaces.h"
#include "rules/rules.h"

#define HOLDERS_MAX 64 /* named ones; all are judged */

/* The rows in the way of the port, in the kernel's order, as far as judging needs them. */
struct contenders {
	struct sock_info *socks;
	size_t *rows;
	size_t count;
};

enum assumption { AS_KNOWN, NO_FLAGS, ALL_FLAGS };

static bool is_tcp(enum protocol protocol)
{
	return protocol == PROTO_TCP || protocol == PROTO_MPTCP;
}

/* get_port() looks at one netns, and for TCP at the sockets of one VRF. */
static bool is_met(const struct sock_info *binder, const struct sock_info *sock)
{
	return sock->port == binder->port && sock->netns == binder->netns &&
	       is_tcp(sock->protocol) == is_tcp(binder->protocol) &&
	       (!is_tcp(binder->protocol) || sock->vrf == binder->vrf);
}

static int collect(struct listing *listing, const struct sock_info *binder, struct contenders *ret,
		   struct bucket_facts *ret_bucket)
{
	size_t count = listing_count(listing);

	*ret = (struct contenders){.socks = calloc(count + 1, sizeof(*ret->socks)),
				   .rows = calloc(count + 1, sizeof(*ret->rows))};
	if (!ret->socks || !ret->rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct rt_listed *row = listing_row(listing, i);
		struct sock_info sock;

		if (row->sock.port != binder->port)
			continue;
		listing_sock(listing, i, &sock);
		if (!is_met(binder, &sock))
			continue;
		if (!ret->count)
			decode_bucket(&row->bucket, ret_bucket);
		ret->rows[ret->count] = i;
		ret->socks[ret->count++] = sock;
	}
	return 0;
}

static const struct sock_info *contender_at(const void *context, size_t index)
{
	return &((const struct contenders *)context)->socks[index];
}

static void assume(struct contenders *contenders, enum assumption assumption)
{
	for (size_t i = 0; i < contenders->count; i++)
		if (contenders->socks[i].blind)
			contenders->socks[i].options.reuseaddr = contenders->socks[i].options.reuseport =
				assumption == ALL_FLAGS;
}

/* Of every contender, however many. */
static void predict(const struct event *event, const struct policy *policy,
		    const struct contenders *contenders, struct prediction *ret_prediction)
{
	struct attempt_facts facts;

	facts_of_event(event, policy, &facts);
	facts.contender_count = contenders->count;
	facts.contender = contender_at;
	facts.context = contenders;
	linux_predict(&facts, ret_prediction);
}

/* The culprit is among those that are named, wherever it was. */
static int name_holders(struct listing *listing, const struct contenders *contenders, int culprit,
			struct event *event)
{
	size_t count = contenders->count < HOLDERS_MAX ? contenders->count : HOLDERS_MAX;

	event->holders_total = (uint32_t)contenders->count;
	event->holders = count ? calloc(count, sizeof(*event->holders)) : NULL;
	if (count && !event->holders)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		bool last = i == count - 1 && culprit > (int)i;
		size_t from = last ? (size_t)culprit : i;
		struct holder *holder = &event->holders[i];
		int err = listing_holder(listing, contenders->rows[from], holder);

		event->holder_count = i + 1;
		if (err)
			return err;
		holder->sock = contenders->socks[from];
		holder->sock.id = contenders->rows[from] + 1;
		holder->sock.kernel = holder->kind == KIND_KERNEL;
		holder->place = (uint32_t)i;
	}
	return 0;
}

static void init_event(const struct question *question, struct event *event)
{
	*event = (struct event){
		.type = EVENT_BIND,
		.fd = -1,
		.sock = question->binder,
		.requested = question->binder.address,
		.requested_port = question->binder.port,
		.explicit_port = true,
		.asked = true,
	};
	event->process.uid = question->binder.uid;
	event->sock.state = STATE_BOUND;
}

/* What the rules answer if what is not known is otherwise. */
static enum undecided depends_on(struct event *event, const struct policy *policy,
				 struct contenders *contenders, enum answer *ret_answer)
{
	struct policy other = *policy;
	struct prediction one, two;

	assume(contenders, ALL_FLAGS);
	predict(event, policy, contenders, &one);
	assume(contenders, NO_FLAGS);
	predict(event, policy, contenders, &two);
	*ret_answer = one.answer;
	if (one.answer != two.answer)
		return BY_OPTIONS;
	/* Where its types do not, only binds can tell whether this kernel overlooks sockets in a full slot.
	 */
	other.udp_slot_blind = true;
	predict(event, &other, contenders, &two);
	return one.answer != two.answer ? BY_UDP_SLOT : DECIDED;
}

/* A refusal stands, whatever else there may be. */
static enum undecided undecided_by(const struct listing *listing, struct event *event,
				   struct contenders *contenders)
{
	enum answer answer;
	enum undecided by = depends_on(event, listing_policy(listing), contenders, &answer);

	if (by || answer == ANSWER_REFUSE)
		return by;
	if (listing_unread(listing, event->sock.protocol))
		return BY_TABLE;
	return is_tcp(event->sock.protocol) && listing_lacks_bound(listing) ? BY_BOUND : DECIDED;
}

static int judge_port(struct listing *listing, const struct question *question, struct contenders *contenders,
		      struct event *event)
{
	const struct policy *policy = listing_policy(listing);
	struct prediction prediction;
	int err;

	event->undecided = undecided_by(listing, event, contenders);
	predict(event, policy, contenders, &prediction);
	err = name_holders(listing, contenders, prediction.culprit, event);
	if (err)
		return err;
	judge_hypothetical(event, policy);
	if (!event->result && !event->undecided && question->listens && is_tcp(event->sock.protocol)) {
		event->type = EVENT_LISTEN;
		event->listening = true;
		event->entry_port = event->sock.port;
		judge_hypothetical(event, policy);
	}
	event->truncated = event->holders_total > event->holder_count;
	return 0;
}

static void judge_again(struct event *event, const struct policy *policy)
{
	event->type = EVENT_BIND;
	judge(event, policy);
	event->type = EVENT_WHY;
	event->verdict.agrees = -1;
}

void question_find_address(const struct listing *listing, struct event *answers, size_t count)
{
	struct refusal_facts *facts = &answers[0].refusal;

	if (answers[0].result != -EADDRNOTAVAIL)
		return;
	*facts = (struct refusal_facts){.present = true, .addrlen = -1};
	interfaces_find(&answers[0]);
	if (facts->here_device[0] && !facts->here_other_device && !answers[0].address_tentative)
		*facts = (struct refusal_facts){.present = false}; /* it has come meanwhile */
	for (size_t i = 0; i < count; i++) {
		answers[i].refusal = *facts;
		answers[i].address_tentative = answers[0].address_tentative;
		judge_again(&answers[i], listing_policy(listing));
	}
}

/* Before the port was looked at: who has it is told all the same. */
static int judge_refused(struct listing *listing, const struct contenders *contenders, struct event *event)
{
	const struct policy *policy = listing_policy(listing);
	struct prediction prediction;
	int err;

	predict(event, policy, contenders, &prediction);
	err = name_holders(listing, contenders, prediction.culprit, event);
	if (err)
		return err;
	event->asked = false;
	judge_again(event, policy);
	return 0;
}

int question_judge(struct listing *listing, const struct question *question, struct event *ret_event)
{
	struct contenders contenders;
	struct bucket_facts bucket = {.present = false};
	int err = collect(listing, &question->binder, &contenders, &bucket);

	init_event(question, ret_event);
	if (!err) {
		ret_event->bucket = bucket;
		ret_event->result = binder_refusal(&question->binder, ret_event);
		err = ret_event->result ? judge_refused(listing, &contenders, ret_event)
					: judge_port(listing, question, &contenders, ret_event);
	}
	ret_event->type = EVENT_WHY;
	free(contenders.socks);
	free(contenders.rows);
	if (err)
		event_clear(ret_event);
	return err;
}
