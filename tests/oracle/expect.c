/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reason that a case was made for, from how it was made: tables of what
 * interface.md promises, not the rules.
 */
#include "oracle.h"

#include <errno.h>

/* A refusal's kind comes first. */
static const enum rule_id state_rule[AT_MAX] = {
	[AT_CLIENT] = RULE_OUTGOING_CONNECTION,
	[AT_ACCEPTED] = RULE_ACCEPTED_CONNECTION,
	[AT_ORPHAN] = RULE_ORPHAN,
	[AT_TIME_WAIT] = RULE_TIME_WAIT,
};

/* Then the flags: [binder][holder], in the order -, R, r, Rr. */
static const enum rule_id flags_rule[4][4] = {
	{RULE_NO_REUSE, RULE_NO_REUSE, RULE_NO_REUSE, RULE_NO_REUSE},
	{RULE_NO_REUSE, RULE_LISTENER, RULE_NO_COMMON_FLAG, RULE_LISTENER},
	{RULE_NO_REUSE, RULE_NO_COMMON_FLAG, RULE_REUSEPORT_UID, RULE_REUSEPORT_UID},
	{RULE_NO_REUSE, RULE_LISTENER, RULE_REUSEPORT_UID, RULE_REUSEPORT_UID},
};

static unsigned int flipped(unsigned int flags, enum change change)
{
	static const unsigned int bit[] = {[CHANGE_RA] = FLAG_RA, [CHANGE_RP] = FLAG_RP};

	return change == CHANGE_NONE ? flags : flags ^ bit[change];
}

static unsigned int holder_flags(const struct test_case *one)
{
	return flipped(flipped(one->holder.flags, one->twist->bound), one->twist->stated);
}

static unsigned int binder_flags(const struct test_case *one, enum op op)
{
	return op == OP_LISTEN ? flipped(one->binder.flags, one->twist->binder) : one->binder.flags;
}

static const uint8_t vrf_of[PLACE_MAX] = {[PLACE_VRF] = 1, [PLACE_VRF_TOO] = 2};
static const bool is_device[PLACE_MAX] = {[PLACE_LO] = true,
					  [PLACE_DUMMY] = true,
					  [PLACE_DUMMY_TOO] = true,
					  [PLACE_VRF] = true,
					  [PLACE_VRF_TOO] = true};

/* 0: the two meet as far as their places go */
static uint64_t place_rules(const struct test_case *one)
{
	enum spot holder = one->holder.place, binder = one->binder.place;

	if ((holder == PLACE_NETNS) != (binder == PLACE_NETNS))
		return BIT(RULE_FREE) | BIT(RULE_OTHER_NETNS);
	if (!one->udp && !one->twist->l3mdev_accept && vrf_of[holder] != vrf_of[binder])
		return BIT(RULE_FREE) | BIT(RULE_OTHER_VRF);
	if (is_device[holder] && is_device[binder] && holder != binder)
		return BIT(RULE_OTHER_DEVICE);
	return 0;
}

/* Both served IP versions differ, or it is no matter of versions. */
static uint64_t apart_rule(const struct test_case *one)
{
	return variant_mapped(one->holder.variant) != variant_mapped(one->binder.variant)
		       ? BIT(RULE_OTHER_FAMILY)
		       : BIT(RULE_OTHER_ADDRESS);
}

/* Sharing needs an option on both; caches may remember one that is gone. */
static uint64_t sharing_rules(const struct test_case *one, enum op op)
{
	unsigned int both = holder_flags(one) & binder_flags(one, op);
	uint64_t rules = 0;

	if (one->state == AT_TIME_WAIT)
		return both ? BIT(RULE_TIME_WAIT_REUSE) : 0;
	if (both & FLAG_RA)
		rules |= one->udp ? BIT(RULE_UDP_REUSEADDR) : BIT(RULE_REUSEADDR_BOTH);
	if (both & FLAG_RP)
		rules |= BIT(RULE_REUSEPORT_GROUP);
	return rules;
}

static uint64_t quirk_rules(const struct test_case *one)
{
	uint64_t rules = 0;

	if (!one->udp && (one->twist->bound || one->twist->stated || one->twist->binder))
		rules |= BIT(RULE_QUIRK_STALE_REUSEADDR) | BIT(RULE_QUIRK_STALE_REUSEPORT);
	/* <= 6.16 an orphan counts as root's, but the cache still has its user */
	if (one->state == AT_ORPHAN && one->holder.flags & one->binder.flags & FLAG_RP)
		rules |= BIT(RULE_QUIRK_STALE_REUSEPORT);
	/* 6.1: ::ffff:0.0.0.0 is overlooked when ::ffff:127.0.0.1 binds */
	if (!one->udp && one->holder.variant == 7 && one->binder.variant == 8)
		rules |= BIT(RULE_QUIRK_MAPPED_ANY);
	return rules;
}

static uint64_t refused_rules(const struct test_case *one, enum op op)
{
	if (one->twist->port != PORT_NUMBER)
		return BIT(RULE_RANGE_EXHAUSTED);
	if (place_rules(one) || !case_overlap(one))
		return BIT(RULE_NONE);
	if (state_rule[one->state] != RULE_NONE)
		return BIT(state_rule[one->state]);
	return BIT(flags_rule[binder_flags(one, op)][holder_flags(one)]);
}

uint64_t expected_rules(const struct test_case *one, enum op op, int result)
{
	uint64_t apart;

	if (result)
		return result == EADDRINUSE ? refused_rules(one, op) : 0;
	if (one->twist->port != PORT_NUMBER && op == OP_BIND)
		return BIT(RULE_AUTO_PORT);
	if (one->twist->port == PORT_LISTEN)
		return BIT(RULE_AUTO_PORT);
	apart = place_rules(one);
	if (apart)
		return apart;
	if (!case_overlap(one))
		return apart_rule(one);
	return sharing_rules(one, op) | quirk_rules(one);
}
