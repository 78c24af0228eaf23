/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "linux/interfaces.h"
#include "linux/range_use.h"
#include "linux/security.h"

#define SEARCHES_MAX 8 /* for addresses or ports, in a batch: each may take long */

struct refusal_lookup {
	unsigned int searches;
	char modules[LSM_LIST_LEN];
};

struct refusal_lookup *refusal_lookup_new(void)
{
	struct refusal_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup && security_modules(lookup->modules, sizeof(lookup->modules)))
		lookup->modules[0] = '\0';
	return lookup;
}

void refusal_lookup_free(struct refusal_lookup *lookup)
{
	free(lookup);
}

void refusal_lookup_renew(struct refusal_lookup *lookup)
{
	lookup->searches = 0;
}

static void find_module(struct refusal_lookup *lookup, struct event *event)
{
	struct refusal_facts *facts = &event->refusal;

	memcpy(facts->lsm_active, lookup->modules, sizeof(facts->lsm_active));
	if (facts->lsm[0] &&
	    security_label(facts->lsm, event->process.pid, facts->lsm_label, sizeof(facts->lsm_label)))
		facts->lsm_label[0] = '\0';
}

/* The cgroup so many levels above a path; "" if there is none. */
static void path_above(const char *path, uint32_t up, char *ret_path, size_t size)
{
	char *slash;

	snprintf(ret_path, size, "%s", path);
	if (up >= RT_UP_MAX)
		ret_path[0] = '\0';
	for (; up && ret_path[0]; up--) {
		slash = strrchr(ret_path, '/');
		slash[slash == ret_path && slash[1]] = '\0';
	}
}

static void find_programs(struct places *places, struct event *event)
{
	struct refusal_facts *facts = &event->refusal;
	struct proc_info of_socket = {.cgroup_id = facts->cgroup_id};

	if (facts->program_count)
		places_fill(places, &of_socket);
	for (uint32_t i = 0; i < facts->program_count && of_socket.cgroup[0]; i++) {
		struct cgroup_program *program = &facts->programs[i];

		path_above(of_socket.cgroup, program->up, program->cgroup, sizeof(program->cgroup));
	}
}

/* Security modules have a say in the making of a file, too. */
static bool may_be_module(const struct event *event)
{
	return event->sock.protocol == PROTO_UNIX && event->result == -EACCES;
}

static bool is_not_local(const struct event *event)
{
	return event->type == EVENT_BIND && event->stage == STAGE_ADDRESS &&
	       event->result == -EADDRNOTAVAIL && event->requested.family != FAMILY_NONE &&
	       event->requested.family != FAMILY_OTHER;
}

/* Any port would have done, or IP_BIND_ADDRESS_NO_PORT put off the choice: none was free. */
static bool is_exhausted(const struct event *event)
{
	return !event->explicit_port && !event->entry_port && event->range_hi &&
	       (event->stage == STAGE_PORT || event->stage == STAGE_LISTEN) &&
	       (event->result == -EADDRINUSE || event->result == -EAGAIN || event->result == -EADDRNOTAVAIL);
}

void refusal_complete(struct refusal_lookup *lookup, struct tracer *tracer, struct places *places,
		      struct event *event)
{
	if (!event->refusal.present)
		return;
	if (event->stage == STAGE_LSM || may_be_module(event))
		find_module(lookup, event);
	if (is_not_local(event) && lookup->searches++ < SEARCHES_MAX)
		interfaces_find(event);
	if (is_exhausted(event) && lookup->searches++ < SEARCHES_MAX)
		(void)range_use_count(tracer, event); /* else unknown */
	find_programs(places, event);
}
