/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusals.h"

#include <stdio.h>
#include <string.h>

const char *const no_holders[MAX_HOLDERS] = {NULL};

void add_refusal_facts(struct event *event)
{
	event->refusal.present = true;
	event->refusal.addrlen = event->sock.family == FAMILY_IPV6 ? 28 : 16;
	event->refusal.user_ns = event->refusal.net_user_ns = 50;
}

void add_program(struct event *event, uint32_t id, const char *name, const char *cgroup)
{
	struct cgroup_program *to = &event->refusal.programs[event->refusal.program_count++];

	*to = (struct cgroup_program){.id = id};
	snprintf(to->name, sizeof(to->name), "%s", name);
	snprintf(to->cgroup, sizeof(to->cgroup), "%s", cgroup);
}

static void check_fixes(const struct refusal *row, const struct verdict *verdict)
{
	size_t count = 0;

	while (count < REFUSAL_FIXES && row->fixes[count])
		count++;
	if (verdict->fix_count != count)
		fail_msg("\"%s\": %zu remedies, the first is \"%s\"", row->text, verdict->fix_count,
			 verdict->fix[0]);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(verdict->fix[i], row->fixes[i]);
}

void check_refusal(const struct refusal *row)
{
	struct verdict *verdict;
	struct attempt attempt;
	struct event *event = &attempt.event;

	make_attempt(&attempt, row->protocol, row->binder, no_holders);
	event->type = row->type;
	event->listening = row->type == EVENT_LISTEN;
	event->fd = -1;
	event->requested_port = 80;
	event->sock.port = 0;
	if (row->requested)
		parse_address(row->requested, &event->requested);
	kernel_says(event, row->result, row->stage);
	add_refusal_facts(event);
	if (row->prepare)
		row->prepare(event);
	judge(event, &new_kernel);
	verdict = &event->verdict;
	if (verdict->rule != (int)row->rule)
		fail_msg("\"%s\": rule %s, \"%s\"", row->text, rule_name((enum rule_id)verdict->rule),
			 verdict->text);
	assert_string_equal(verdict->text, row->text);
	assert_int_equal(verdict->agrees, row->rule == RULE_RANGE_EXHAUSTED ? 1 : -1);
	check_fixes(row, verdict);
}
