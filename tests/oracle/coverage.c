/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Was everything that the suite is for really there? */
#include "coverage.h"

#define TWISTS_MAX 64

static bool holders[VARIANTS], binders[VARIANTS], states[2][AT_MAX], flags[4][4], listens[2];
static bool seen_twists[2][TWISTS_MAX];

void coverage_add(const struct test_case *one)
{
	holders[one->holder.variant] = true;
	binders[one->binder.variant] = true;
	states[one->udp][one->state] = true;
	flags[one->holder.flags][one->binder.flags] = true;
	listens[one->listens] = true;
	seen_twists[one->udp][one->twist - twists] = true;
}

static void need(bool seen, const char *axis, size_t value)
{
	if (!seen)
		complain(NULL, "no case has %s %zu", axis, value);
}

static void check_axes(void)
{
	for (size_t i = 0; i < VARIANTS; i++) {
		need(holders[i], "the holder's address", i);
		need(binders[i], "the binder's address", i);
	}
	for (size_t i = 0; i < AT_MAX; i++)
		need(states[0][i], "state", i);
	need(states[1][AT_BOUND] && states[1][AT_CONNECTED], "UDP state", 0);
	for (size_t i = 0; i < 16; i++)
		need(flags[i / 4][i % 4], "flags", i);
	need(listens[0] && listens[1], "listen", 0);
	for (size_t i = 0; i < twist_count; i++)
		need(seen_twists[0][i] && (seen_twists[1][i] || twists[i].port == PORT_LISTEN), "twist", i);
}

/* The rules of the port table; the others are tests/vm's. */
static void check_rules(const struct policy *policy)
{
	const struct {
		enum rule_id rule;
		bool needed;
	} rows[] = {
		{RULE_FREE, true},
		{RULE_AUTO_PORT, true},
		{RULE_DEFERRED, true},
		{RULE_OTHER_ADDRESS, true},
		{RULE_OTHER_FAMILY, true},
		{RULE_OTHER_DEVICE, true},
		{RULE_OTHER_VRF, true},
		{RULE_OTHER_NETNS, true},
		{RULE_REUSEADDR_BOTH, true},
		{RULE_TIME_WAIT_REUSE, true},
		{RULE_REUSEPORT_GROUP, true},
		{RULE_UDP_REUSEADDR, true},
		{RULE_FORCE_REUSE, true},
		{RULE_LISTENER, true},
		{RULE_NO_REUSE, true},
		{RULE_NO_COMMON_FLAG, true},
		{RULE_REUSEPORT_UID, true},
		{RULE_REUSEPORT_PROGRAM, true},
		{RULE_TIME_WAIT, true},
		{RULE_ORPHAN, true},
		{RULE_ACCEPTED_CONNECTION, true},
		{RULE_OUTGOING_CONNECTION, true},
		{RULE_RANGE_EXHAUSTED, true},
		{RULE_ADDRESS_NOT_LOCAL, true},
		{RULE_PRIVILEGED_PORT, true},
		{RULE_ALREADY_BOUND, true},
		{RULE_BAD_ADDRESS, true},
		{RULE_WRONG_STATE, true},
		{RULE_WRONG_FAMILY, true},
		{RULE_NO_DEVICE, true},
		{RULE_QUIRK_STALE_REUSEPORT, true},
		{RULE_QUIRK_STALE_REUSEADDR, policy->fast_cache_live},
		{RULE_QUIRK_MAPPED_ANY, policy->bhash2_native},
		{RULE_QUIRK_UDP_SLOT, policy->udp_slot_blind},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].needed && !tally.rules[rows[i].rule])
			complain(NULL, "no attempt has the rule %s", rule_name(rows[i].rule));
}

void coverage_check(const struct policy *policy)
{
	check_axes();
	check_rules(policy);
}
