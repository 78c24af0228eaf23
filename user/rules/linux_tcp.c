/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inet_csk_get_port() for a port asked for by number, and again for listen(). */
#include "rules/linux_common.h"

#include "rules/address.h"

/*
 * With bhash2 (6.1+) a specific IPv4 binder looks at its own address and at
 * the wildcards, so it never meets 127.0.0.6, which an IPv6 socket that
 * connect() bound has as its IPv4 equivalent.  Earlier kernels compare it.
 */
static bool bhash2_apart(const struct attempt_facts *facts, const struct sock_info *contender)
{
	bool bhash2 = facts->policy->bhash2_native || !facts->policy->fast_cache_live;

	return bhash2 && address_class(facts->binder) == ADDRESS_MAPPED && !addr_wildcard(facts->binder) &&
	       address_class(contender) == ADDRESS_OTHER;
}

/*
 * 6.1 .. 6.7 look for a wildcard in bhash2 by family and native address
 * (inet_bind2_bucket_match_addr_any()): between two IPv6 sockets only [::] is
 * one, so that [::ffff:0.0.0.0] is not found.
 */
static bool mapped_any_missed(const struct attempt_facts *facts, const struct sock_info *contender)
{
	const struct sock_info *binder = facts->binder;

	return facts->policy->bhash2_native && binder->family == FAMILY_IPV6 && !addr_wildcard(binder) &&
	       contender->family == FAMILY_IPV6 && address_class(contender) == ADDRESS_MAPPED &&
	       addr_wildcard(contender);
}

/* inet_bind_conflict() with relax and reuseport_ok, and inet_rcv_saddr_equal() */
enum rule_id linux_tcp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			    bool *ret_conflict)
{
	const struct sock_info *binder = facts->binder;
	bool time_wait = sock_is_time_wait(contender);
	enum rule_id apart = linux_apart(facts, contender, true);
	bool by_addr, by_port;

	*ret_conflict = false;
	if (apart != RULE_NONE)
		return apart;
	if (bhash2_apart(facts, contender))
		return RULE_OTHER_FAMILY;

	by_addr = sock_reuse(binder) && sock_reuse(contender) && contender->state != STATE_LISTEN;
	by_port = binder->options.reuseport && contender->options.reuseport &&
		  linux_tcp_group_ok(facts->policy, binder) &&
		  (time_wait || linux_uid_same(facts->policy, binder, contender));
	if (!by_addr && !by_port) {
		if (mapped_any_missed(facts, contender))
			return RULE_QUIRK_MAPPED_ANY;
		*ret_conflict = true;
		return linux_conflict_rule(facts, contender);
	}
	if (time_wait)
		return RULE_TIME_WAIT_REUSE;
	if (by_addr && (!by_port || sock_is_connected(contender)))
		return RULE_REUSEADDR_BOTH;
	return RULE_REUSEPORT_GROUP;
}

/* sk_reuseport_match(); the bucket is as it was before the attempt */
static bool reuseport_match(const struct attempt_facts *facts)
{
	const struct bucket_facts *bucket = facts->bucket;
	const struct sock_info *binder = facts->binder;

	if (bucket->fastreuseport <= 0 || !binder->options.reuseport || binder->group_own)
		return false;
	if (bucket->fastuid != binder->uid)
		return false;
	return bucket->fastreuseport == 1 || addr_fast_covers(bucket, binder);
}

/* The rule that answers without looking at any owner, RULE_NONE if they are looked at. */
static enum rule_id fast_accept(const struct attempt_facts *facts)
{
	const struct bucket_facts *bucket = facts->bucket;

	if (facts->binder->options.force_reuse)
		return RULE_FORCE_REUSE;
	if (!bucket || !bucket->present)
		return RULE_NONE;
	/* <= 6.7: later kernels never set fastreuse (the tb2 refactoring of 6.8) */
	if (facts->policy->fast_cache_live && bucket->fastreuse > 0 && sock_reuse(facts->binder) &&
	    !facts->listening)
		return RULE_QUIRK_STALE_REUSEADDR;
	return reuseport_match(facts) ? RULE_QUIRK_STALE_REUSEPORT : RULE_NONE;
}

void linux_tcp_predict(const struct attempt_facts *facts, struct prediction *ret_prediction)
{
	struct prediction prediction = {.answer = ANSWER_ACCEPT, .rule = RULE_FREE, .culprit = -1};
	enum rule_id fast = RULE_NONE;
	struct scan scan;

	linux_scan(facts, linux_tcp_pair, &scan);
	if (facts->contender_count)
		fast = fast_accept(facts);
	prediction.culprit = scan.conflict;
	if (scan.best >= 0)
		prediction.rule = scan.best_rule;

	if (fast != RULE_NONE && scan.conflict >= 0) {
		prediction.rule = fast;
	} else if (scan.conflict >= 0) {
		prediction.answer = ANSWER_REFUSE;
		prediction.rule = scan.conflict_rule;
	} else if (facts->truncated && fast == RULE_NONE) {
		prediction.answer = ANSWER_OPEN;
	}
	*ret_prediction = prediction;
}
