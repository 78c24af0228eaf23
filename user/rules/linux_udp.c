/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udp_lib_get_port() for a port asked for by number. */
#include "rules/linux_common.h"

#include "rules/address.h"

/* Above this the kernel looks into the table by (address, port) instead. */
#define SLOT_SCAN_MAX 10

/* The socket is looked for by address: in its own chain, then in the wildcards'. */
static bool by_address(const struct attempt_facts *facts)
{
	return facts->bucket && facts->bucket->slot_count > SLOT_SCAN_MAX &&
	       (facts->policy->udp_slot_blind || !addr_wildcard(facts->binder));
}

/* A wildcard's own chain is the wildcards': kernels without inet_use_hash2_on_bind() look no further. */
static bool is_overlooked(const struct attempt_facts *facts, const struct sock_info *contender)
{
	return by_address(facts) && addr_wildcard(facts->binder) && !addr_wildcard(contender);
}

static bool group_ok(const struct attempt_facts *facts, const struct sock_info *contender)
{
	const struct sock_info *binder = facts->binder;

	return binder->options.reuseport && contender->options.reuseport && linux_udp_group_ok(binder) &&
	       linux_uid_same(facts->policy, binder, contender);
}

enum rule_id linux_udp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			    bool *ret_conflict)
{
	enum rule_id apart = linux_apart(facts, contender, false);
	bool by_addr = sock_reuse(facts->binder) && sock_reuse(contender);
	bool by_port = group_ok(facts, contender);

	*ret_conflict = false;
	if (apart != RULE_NONE)
		return apart;
	if (by_port && (!by_addr || linux_same_group(facts->binder, contender)))
		return RULE_REUSEPORT_GROUP;
	if (by_addr)
		return RULE_UDP_REUSEADDR;
	if (is_overlooked(facts, contender))
		return RULE_QUIRK_UDP_SLOT;
	*ret_conflict = true;
	return linux_conflict_rule(facts, contender);
}

/* udp_lib_lport_inuse() returns 0 here, without a look at those behind. */
static bool scan_stops(const struct attempt_facts *facts, const struct sock_info *contender)
{
	return linux_apart(facts, contender, false) == RULE_NONE &&
	       !(sock_reuse(facts->binder) && sock_reuse(contender)) && group_ok(facts, contender);
}

enum chain { CHAIN_PRIMARY, CHAIN_OWN_ADDRESS, CHAIN_WILDCARD };

static bool in_chain(enum chain chain, const struct sock_info *contender)
{
	return chain == CHAIN_PRIMARY || addr_wildcard(contender) == (chain == CHAIN_WILDCARD);
}

/* The contender that ends one scan with a refusal, -1 if none does. */
static int scan_chain(const struct attempt_facts *facts, enum chain chain)
{
	for (size_t i = 0; i < facts->contender_count; i++) {
		const struct sock_info *contender = facts->contender(facts->context, i);
		bool conflict;

		if (!in_chain(chain, contender))
			continue;
		linux_udp_pair(facts, contender, &conflict);
		if (conflict)
			return (int)i;
		if (scan_stops(facts, contender))
			return -1;
	}
	return -1;
}

/* A full slot: first the chain of the binder's address, then that of the wildcards. */
static int scan_slot(const struct attempt_facts *facts)
{
	int culprit;

	if (!by_address(facts))
		return scan_chain(facts, CHAIN_PRIMARY);
	culprit = addr_wildcard(facts->binder) ? -1 : scan_chain(facts, CHAIN_OWN_ADDRESS);
	return culprit >= 0 ? culprit : scan_chain(facts, CHAIN_WILDCARD);
}

void linux_udp_predict(const struct attempt_facts *facts, struct prediction *ret_prediction)
{
	struct prediction prediction = {.answer = ANSWER_ACCEPT, .rule = RULE_FREE, .culprit = -1};
	struct scan scan;
	bool conflict;

	linux_scan(facts, linux_udp_pair, &scan);
	prediction.culprit = scan_slot(facts);
	if (prediction.culprit >= 0) {
		prediction.answer = ANSWER_REFUSE;
		prediction.rule = linux_udp_pair(
			facts, facts->contender(facts->context, (size_t)prediction.culprit), &conflict);
	} else {
		if (scan.best >= 0)
			prediction.rule = scan.best_rule;
		if (facts->truncated)
			prediction.answer = ANSWER_OPEN;
	}
	*ret_prediction = prediction;
}
