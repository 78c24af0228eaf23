/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/linux_common.h"

#include "rules/address.h"

/* How much a reason tells of why both live; sharing before being apart, another netns least. */
static const int reason_rank[RULE_MAX] = {
	[RULE_OTHER_VRF] = 2,	    [RULE_OTHER_DEVICE] = 3,	 [RULE_OTHER_FAMILY] = 4,
	[RULE_OTHER_ADDRESS] = 5,   [RULE_TIME_WAIT_REUSE] = 6,	 [RULE_REUSEADDR_BOTH] = 8,
	[RULE_UDP_REUSEADDR] = 10,  [RULE_REUSEPORT_GROUP] = 12, [RULE_QUIRK_MAPPED_ANY] = 14,
	[RULE_QUIRK_UDP_SLOT] = 14,
};

bool sock_reuse(const struct sock_info *sock)
{
	return sock->options.reuseaddr || sock->options.force_reuse;
}

bool sock_is_time_wait(const struct sock_info *sock)
{
	return sock->minisock || sock->state == STATE_TIME_WAIT;
}

bool sock_is_connected(const struct sock_info *sock)
{
	return sock->state >= STATE_SYN_SENT && sock->state < STATE_MAX;
}

bool sock_is_tcp(const struct sock_info *sock)
{
	return sock->protocol == PROTO_TCP || sock->protocol == PROTO_MPTCP;
}

bool sock_is_other(const struct sock_info *sock)
{
	return sock->protocol == PROTO_SCTP || sock->protocol == PROTO_PING || sock->protocol == PROTO_RAW;
}

uint32_t linux_uid(const struct policy *policy, const struct sock_info *sock)
{
	return policy->orphan_uid_root && sock->orphan ? 0 : sock->uid;
}

/* An unknown uid is no evidence of a difference. */
bool linux_uid_same(const struct policy *policy, const struct sock_info *binder,
		    const struct sock_info *holder)
{
	uint32_t one = linux_uid(policy, binder), two = linux_uid(policy, holder);

	return one == two || one == UID_NONE || two == UID_NONE;
}

/* 5.14 (333bb73f620e) lets a binder with closed members in its group pass. */
bool linux_tcp_group_ok(const struct policy *policy, const struct sock_info *binder)
{
	return !binder->group_own || (policy->closed_group_ok && binder->group_closed);
}

bool linux_udp_group_ok(const struct sock_info *binder)
{
	return !binder->group_own;
}

/* inet_reuseport_add_sock(), udp_reuseport_add_sock() */
bool linux_same_group(const struct sock_info *one, const struct sock_info *two)
{
	return one->options.reuseport && two->options.reuseport && one->uid == two->uid &&
	       one->ifindex == two->ifindex && addr_same(one, two);
}

enum rule_id linux_apart(const struct attempt_facts *facts, const struct sock_info *contender, bool vrf_apart)
{
	const struct sock_info *binder = facts->binder;

	if (binder->netns && contender->netns && binder->netns != contender->netns)
		return RULE_OTHER_NETNS;
	if (vrf_apart && !facts->l3mdev_accept && binder->vrf != contender->vrf)
		return RULE_OTHER_VRF;
	if (binder->ifindex && contender->ifindex && binder->ifindex != contender->ifindex)
		return RULE_OTHER_DEVICE;
	if (addr_overlap(binder, contender))
		return RULE_NONE;
	if ((address_class(binder) == ADDRESS_MAPPED) != (address_class(contender) == ADDRESS_MAPPED))
		return RULE_OTHER_FAMILY;
	return RULE_OTHER_ADDRESS;
}

static enum rule_id kind_rule(const struct sock_info *contender)
{
	if (sock_is_time_wait(contender))
		return RULE_TIME_WAIT;
	if (contender->orphan && !contender->unaccepted)
		return RULE_ORPHAN;
	if (contender->accepted)
		return RULE_ACCEPTED_CONNECTION;
	if (contender->connect_bound || (contender->port_chosen && sock_is_connected(contender)))
		return RULE_OUTGOING_CONNECTION;
	return RULE_NONE;
}

enum rule_id linux_conflict_rule(const struct attempt_facts *facts, const struct sock_info *contender)
{
	const struct sock_info *binder = facts->binder;
	bool new_addr = sock_reuse(binder), new_port = binder->options.reuseport;
	bool old_addr = sock_reuse(contender), old_port = contender->options.reuseport;
	enum rule_id kind = kind_rule(contender);

	if (contender->blind)
		return RULE_OPTIONS_UNSEEN;
	if (kind != RULE_NONE)
		return kind;
	if (new_port && old_port)
		return linux_uid_same(facts->policy, binder, contender) ? RULE_REUSEPORT_PROGRAM
									: RULE_REUSEPORT_UID;
	if (new_addr && old_addr)
		return RULE_LISTENER;
	if (new_addr != new_port && old_addr != old_port && new_addr != old_addr)
		return RULE_NO_COMMON_FLAG;
	return RULE_NO_REUSE;
}

void linux_scan(const struct attempt_facts *facts, pair_fn pair, struct scan *ret_scan)
{
	struct scan scan = {.conflict = -1, .best = -1};
	int best_rank = 0;

	for (size_t i = 0; i < facts->contender_count; i++) {
		const struct sock_info *contender = facts->contender(facts->context, i);
		bool conflict = false;
		enum rule_id rule = pair(facts, contender, &conflict);
		int rank = reason_rank[rule];

		if (conflict && scan.conflict < 0) {
			scan.conflict = (int)i;
			scan.conflict_rule = rule;
		}
		if (!conflict && (scan.best < 0 || rank > best_rank)) {
			scan.best = (int)i;
			scan.best_rule = rule;
			best_rank = rank;
		}
	}
	*ret_scan = scan;
}

void linux_predict(const struct attempt_facts *facts, struct prediction *ret_prediction)
{
	bool tcp = sock_is_tcp(facts->binder);

	*ret_prediction = (struct prediction){.answer = ANSWER_OPEN, .rule = RULE_NONE, .culprit = -1};
	if (facts->deferred) {
		ret_prediction->answer = ANSWER_ACCEPT;
		ret_prediction->rule = RULE_DEFERRED;
		return;
	}
	if (!tcp && facts->binder->protocol != PROTO_UDP && !sock_is_other(facts->binder))
		return;
	if ((!facts->explicit_port || facts->by_connect) && facts->binder->protocol != PROTO_RAW) {
		ret_prediction->rule = RULE_AUTO_PORT;
		return;
	}
	if (sock_is_other(facts->binder))
		linux_other_predict(facts, ret_prediction);
	else if (tcp)
		linux_tcp_predict(facts, ret_prediction);
	else
		linux_udp_predict(facts, ret_prediction);
}
