/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/refusal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "linux/clock.h"
#include "linux/interfaces.h"
#include "linux/range_use.h"
#include "linux/security.h"
#include "model/address.h"

#define SEARCH_NS	     250000000ULL /* in a batch, for addresses and ports: each search may take long */
#define ADDRESSES_KEPT	     16
#define RANGES_KEPT	     4
#define KEPT_NS		     1000000000ULL
#define KEPT_PER_SEARCH_TIME 10 /* so that counting takes a tenth of the time at most */

/* What was found of an address in this batch. */
struct address_row {
	struct sought_address sought;
	bool tentative;
	struct refusal_facts facts;
};

/* How a range was used lately.  The number of a network namespace is soon another one's. */
struct range_row {
	uint32_t netns; /* 0: empty */
	uint32_t pid;	/* of who asked: of one process come many refusals */
	enum protocol protocol;
	uint16_t lo, hi;
	uint64_t until_ns; /* CLOCK_BOOTTIME */
	struct range_use use;
};

struct refusal_lookup {
	struct looker *looker;
	uint64_t spent_ns;
	struct address_row addresses[ADDRESSES_KEPT];
	size_t address_count; /* in this batch, of which the last are kept */
	struct range_row ranges[RANGES_KEPT];
	size_t next_range;
	char modules[LSM_LIST_LEN];
};

struct refusal_lookup *refusal_lookup_new(struct looker *looker)
{
	struct refusal_lookup *lookup = calloc(1, sizeof(*lookup));

	if (lookup)
		lookup->looker = looker;
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
	lookup->spent_ns = 0;
	lookup->address_count = 0;
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

static bool same_sought(const struct sought_address *one, const struct sought_address *two)
{
	return one->netns == two->netns && one->device == two->device &&
	       address_equal(&one->address, &two->address);
}

static void copy_address_facts(const struct address_row *row, struct event *event)
{
	const struct refusal_facts *from = &row->facts;
	struct refusal_facts *to = &event->refusal;

	event->address_tentative = row->tentative;
	to->interfaces_listed = from->interfaces_listed;
	memcpy(to->here_device, from->here_device, sizeof(to->here_device));
	to->here_failed = from->here_failed;
	to->here_down = from->here_down;
	to->here_other_device = from->here_other_device;
	to->others_listed = from->others_listed;
	to->there = from->there;
}

static void find_address(struct refusal_lookup *lookup, struct event *event)
{
	struct address_row *row;
	struct sought_address sought;
	uint64_t began_ns;

	interfaces_sought(event, &sought);
	for (size_t i = 0; i < lookup->address_count && i < ADDRESSES_KEPT; i++) {
		if (!same_sought(&lookup->addresses[i].sought, &sought))
			continue;
		copy_address_facts(&lookup->addresses[i], event);
		return;
	}
	if (lookup->spent_ns >= SEARCH_NS)
		return;
	began_ns = boot_ns();
	(void)looker_look(lookup->looker, LOOK_INTERFACES, event); /* else unknown */
	lookup->spent_ns += boot_ns() - began_ns;
	row = &lookup->addresses[lookup->address_count++ % ADDRESSES_KEPT];
	*row = (struct address_row){
		.sought = sought, .tentative = event->address_tentative, .facts = event->refusal};
}

static bool is_of_range(const struct range_row *row, const struct event *event)
{
	return row->netns == event->sock.netns && row->pid == event->process.pid &&
	       row->protocol == event->sock.protocol && row->lo == event->range_lo &&
	       row->hi == event->range_hi;
}

static void count_range(struct refusal_lookup *lookup, struct tracer *tracer, struct event *event)
{
	uint64_t began_ns = boot_ns(), took_ns;
	struct range_row *row;

	for (size_t i = 0; i < RANGES_KEPT; i++) {
		row = &lookup->ranges[i];
		if (!is_of_range(row, event) || began_ns >= row->until_ns)
			continue;
		event->refusal.ports = row->use;
		return;
	}
	if (lookup->spent_ns >= SEARCH_NS || !event->sock.netns)
		return;
	(void)range_use_count(tracer, lookup->looker, event); /* else unknown */
	took_ns = boot_ns() - began_ns;
	lookup->spent_ns += took_ns;
	row = &lookup->ranges[lookup->next_range++ % RANGES_KEPT];
	*row = (struct range_row){
		.netns = event->sock.netns,
		.pid = event->process.pid,
		.protocol = event->sock.protocol,
		.lo = event->range_lo,
		.hi = event->range_hi,
		.until_ns =
			began_ns + took_ns +
			(took_ns < KEPT_NS / KEPT_PER_SEARCH_TIME ? took_ns * KEPT_PER_SEARCH_TIME : KEPT_NS),
		.use = event->refusal.ports,
	};
}

void refusal_complete(struct refusal_lookup *lookup, struct tracer *tracer, struct places *places,
		      struct event *event)
{
	if (!event->refusal.present)
		return;
	if (event->stage == STAGE_LSM || may_be_module(event))
		find_module(lookup, event);
	if (is_not_local(event))
		find_address(lookup, event);
	if (is_exhausted(event))
		count_range(lookup, tracer, event);
	find_programs(places, event);
}
