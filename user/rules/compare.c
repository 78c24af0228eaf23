/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/compare.h"

#include "model/address.h"
#include "rules/rules.h"

/* Linux tells network namespaces and VRFs apart where the others know one table of ports. */
static bool meets(const struct holder *holder)
{
	return holder->reason != RULE_OTHER_NETNS && holder->reason != RULE_OTHER_VRF;
}

static bool is_comparable(const struct event *event)
{
	/* elsewhere listen() asks nothing that bind() has not asked */
	bool is_listen = event->type == EVENT_LISTEN && event->entry_port && event->result < 0;
	bool is_bind = event->type == EVENT_BIND && event->explicit_port;

	if ((!is_bind && !is_listen) || !event->has_verdict || event->windows.present)
		return false;
	return event->result >= 0 || event->stage == STAGE_PORT || event->stage == STAGE_LISTEN;
}

/*
 * The program on the other system is taken to set what it set here.  Not
 * having set IPV6_V6ONLY is its choice or Linux' default: the other system's
 * own default is assumed then.
 */
static struct claim claim_of(const struct sock_info *sock)
{
	struct claim claim = {.sock = *sock, .v6 = V6_DEFAULT};

	if (sock->options.v6only && address_is_wildcard(&sock->address))
		claim.v6 = V6_ONLY;
	return claim;
}

static void note_provenance(struct comparison *comparison, enum system_id system, const struct claim *claim)
{
	bool is_any6 = claim->sock.address.family == FAMILY_IPV6 && address_is_wildcard(&claim->sock.address);

	/* a uid stands for an account of the other system */
	comparison->from[FACT_USER] = FROM_INFERRED;
	/* an option that Linux lacks: taken as not set */
	if (system_traits(system) & TRAIT_EXCLUSIVE)
		comparison->from[FACT_OPTIONS] = FROM_ASSUMED;
	if (is_any6 && claim->v6 == V6_DEFAULT)
		comparison->from[FACT_V6ONLY] = FROM_ASSUMED;
}

void compare_event(struct event *event, enum system_id system)
{
	struct comparison *comparison = &event->comparison;
	struct decision decision = decision_free;
	struct claim binder = claim_of(&event->sock);

	*comparison = (struct comparison){.system = NULL};
	if (!is_comparable(event))
		return;
	for (size_t i = 0; i < event->holder_count; i++) {
		struct claim holder = claim_of(&event->holders[i].sock);

		if (meets(&event->holders[i]))
			decision_add(&decision, system, &holder, &binder, (int)i);
	}
	if (decision.holder < 0)
		return;
	*comparison = (struct comparison){
		.system = system_name(system),
		.known = decision.row.reply != REPLY_UNDOCUMENTED,
		.ok = decision.row.reply == REPLY_ACCEPTED,
		.error = system_error(system, decision.row.reply),
		.code = system_error_code(system, decision.row.reply),
		.rule = decision.row.rule,
		.text = decision.row.because,
		.source = decision.row.source,
		.delivery = decision.row.delivery,
		.holder = decision.holder,
	};
	note_provenance(comparison, system, &binder);
	for (size_t i = 0; i < sizeof(comparison->ignored) / sizeof(comparison->ignored[0]); i++) {
		comparison->ignored[i] = system_ignores(system, &binder, i);
		if (!comparison->ignored[i])
			break;
	}
}
