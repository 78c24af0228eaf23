/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/decode_refusal.h"

#include <stdio.h>
#include <string.h>

static const char *const modules[RT_LSMS] = {
	[RT_LSM_UNKNOWN] = "",	    [RT_LSM_SELINUX] = "selinux",   [RT_LSM_SMACK] = "smack",
	[RT_LSM_TOMOYO] = "tomoyo", [RT_LSM_APPARMOR] = "apparmor", [RT_LSM_LANDLOCK] = "landlock",
	[RT_LSM_BPF] = "bpf",
};

_Static_assert(RT_MAX_PROGRAMS == PROGRAMS_MAX, "as many programs as a record has");
_Static_assert(RT_COMM_LEN == CGROUP_PROGRAM_LEN, "BPF_OBJ_NAME_LEN");

static void decode_programs(const struct rt_refusal *from, struct refusal_facts *facts)
{
	facts->cgroup_id = from->cgroup;
	facts->program_count = from->program_count < PROGRAMS_MAX ? from->program_count : PROGRAMS_MAX;
	for (uint32_t i = 0; i < facts->program_count; i++) {
		facts->programs[i].id = from->programs[i].id;
		facts->programs[i].up = from->program_up[i];
		memcpy(facts->programs[i].name, from->programs[i].name, CGROUP_PROGRAM_LEN);
		facts->programs[i].name[CGROUP_PROGRAM_LEN - 1] = '\0';
	}
}

static void decode_rewrite(const struct rt_refusal *from, const struct event *event,
			   struct refusal_facts *facts)
{
	facts->rewritten = true;
	facts->new_port = from->new_port;
	facts->new_address = (struct address){.family = event->requested.family};
	memcpy(facts->new_address.bytes, from->new_addr,
	       event->requested.family == FAMILY_IPV6 ? sizeof(from->new_addr) : 4);
}

void decode_module(uint32_t lsm, char ret_name[LSM_NAME_LEN])
{
	snprintf(ret_name, LSM_NAME_LEN, "%s", lsm < RT_LSMS ? modules[lsm] : "");
}

void decode_refusal(const struct rt_attempt *attempt, struct event *event)
{
	const struct rt_refusal *from = &attempt->refusal;
	struct refusal_facts *facts = &event->refusal;

	facts->addrlen = attempt->addrlen;
	facts->sa_family = attempt->requested_family;
	if (from->flags & RT_REWRITTEN)
		decode_rewrite(from, event, facts);
	facts->present = event->result < 0 || facts->rewritten;
	if (event->stage == STAGE_CGROUP || event->stage == STAGE_POST_BIND || facts->rewritten)
		decode_programs(from, facts);
	if (event->result >= 0)
		return;
	if (event->stage == STAGE_LSM)
		decode_module(from->lsm, facts->lsm);
	facts->user_ns = from->user_ns;
	facts->net_user_ns = from->net_user_ns;
	facts->capable = from->flags & RT_REFUSED_CAPABLE;
	facts->own_lo = from->own_lo;
	facts->own_hi = from->own_hi;
	facts->keeps_port = from->flags & RT_KEEPS_PORT;
	facts->nonlocal_bind = from->flags & RT_REFUSED_NONLOCAL;
}
