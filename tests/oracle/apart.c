/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets in different VRFs or network namespaces are in different buckets, so
 * that no trace lists one as the other's contender.  Here the rules are given
 * both, as the case made them.
 */
#include "apart.h"

#include <net/if.h>
#include <string.h>

static const char *const vrfs[PLACE_MAX] = {[PLACE_VRF] = "vrf0", [PLACE_VRF_TOO] = "vrf1"};

static void set_address(const struct endpoint *endpoint, struct sock_info *sock)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&endpoint->address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&endpoint->address;

	sock->family = endpoint->address.ss_family == AF_INET6 ? FAMILY_IPV6 : FAMILY_IPV4;
	sock->address.family = sock->family;
	if (sock->family == FAMILY_IPV6)
		memcpy(sock->address.bytes, &six->sin6_addr, 16);
	else
		memcpy(sock->address.bytes, &four->sin_addr, 4);
	sock->port = ntohs(four->sin_port);
}

static struct sock_info sock_of(const struct test_case *one, const struct socket_plan *plan,
				const struct endpoint *endpoint)
{
	struct sock_info sock = {
		.netns = plan->place == PLACE_NETNS ? 2 : 1,
		.uid = plan->uid,
		.protocol = one->udp ? PROTO_UDP : PROTO_TCP,
		.state = STATE_BOUND,
		.options.reuseaddr = plan->flags & FLAG_RA,
		.options.reuseport = plan->flags & FLAG_RP,
		.options.v6only = variants[plan->variant].v6only,
	};

	if (vrfs[plan->place])
		sock.vrf = sock.ifindex = if_nametoindex(vrfs[plan->place]);
	set_address(endpoint, &sock);
	return sock;
}

static const struct sock_info *the_holder(const void *context, size_t index)
{
	(void)index;
	return context;
}

void apart_check(const struct pair *pair, struct attempt *attempt)
{
	const struct test_case *one = &pair->one;
	const struct variant *variant = &variants[one->holder.variant];
	struct endpoint bound = endpoint_of(variant->text, variant->family, pair->port);
	struct sock_info binder = sock_of(one, &one->binder, &pair->endpoint);
	struct sock_info holder =
		sock_of(one, &one->holder, pair->held.connected ? &pair->held.local : &bound);
	const struct policy policy = {.closed_group_ok = true};
	const struct attempt_facts facts = {.policy = &policy,
					    .binder = &binder,
					    .listening = attempt->op == OP_LISTEN,
					    .explicit_port = true,
					    .contender_count = 1,
					    .contender = the_holder,
					    .context = &holder};
	enum rule_id rule = holder.netns != binder.netns ? RULE_OTHER_NETNS : RULE_OTHER_VRF;
	struct prediction prediction;

	if (one->twist->port != PORT_NUMBER || !(expected_rules(one, attempt->op, 0) & BIT(rule)))
		return;
	linux_predict(&facts, &prediction);
	tally.rules[prediction.rule]++;
	if (prediction.answer != ANSWER_ACCEPT || prediction.rule != rule || attempt->result)
		complain(attempt, "predicted %s of sockets that are apart", rule_name(prediction.rule));
}
