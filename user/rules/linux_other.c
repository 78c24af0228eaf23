/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sctp_get_port_local(), ping_get_port(), raw_bind(): tables of their own, or none. */
#include "rules/linux_common.h"

/*
 * Only the socket that the kernel compared last is known, and one that it
 * passed over by an option is never compared; addresses are the kernel's own
 * matter, since an SCTP socket may have many (sctp_bind_addr_conflict()).
 * SCTP_REUSE_PORT, which counts as SO_REUSEADDR, cannot be seen.
 */
enum rule_id linux_sctp_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			     bool *ret_conflict)
{
	const struct sock_info *binder = facts->binder;

	*ret_conflict = false;
	if (binder->netns && contender->netns && binder->netns != contender->netns)
		return RULE_OTHER_NETNS;
	if (binder->ifindex && contender->ifindex && binder->ifindex != contender->ifindex)
		return RULE_OTHER_DEVICE;
	if (sock_reuse(binder) && sock_reuse(contender) && contender->state != STATE_LISTEN)
		return RULE_REUSEADDR_BOTH;
	if (binder->options.reuseport && contender->options.reuseport &&
	    linux_uid_same(facts->policy, binder, contender))
		return RULE_REUSEPORT_GROUP;
	*ret_conflict = true;
	return linux_conflict_rule(facts, contender);
}

/* One identifier, and SO_REUSEADDR on both, which ping sockets are born with; nothing else counts. */
enum rule_id linux_ping_pair(const struct attempt_facts *facts, const struct sock_info *contender,
			     bool *ret_conflict)
{
	*ret_conflict = !sock_reuse(facts->binder) || !sock_reuse(contender);
	return *ret_conflict ? RULE_NO_REUSE : RULE_PING_REUSE;
}

void linux_other_predict(const struct attempt_facts *facts, struct prediction *ret_prediction)
{
	struct prediction prediction = {.answer = ANSWER_ACCEPT, .rule = RULE_FREE, .culprit = -1};
	bool is_ping = facts->binder->protocol == PROTO_PING;
	struct scan scan;

	if (facts->binder->protocol == PROTO_RAW) {
		ret_prediction->answer = ANSWER_ACCEPT;
		ret_prediction->rule = RULE_NO_PORT;
		return;
	}
	linux_scan(facts, is_ping ? linux_ping_pair : linux_sctp_pair, &scan);
	if (scan.conflict >= 0) {
		prediction.answer = ANSWER_REFUSE;
		prediction.culprit = scan.conflict;
		prediction.rule = scan.conflict_rule;
	} else if (scan.best >= 0) {
		prediction.rule = scan.best_rule;
	}
	*ret_prediction = prediction;
}
