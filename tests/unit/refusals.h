/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals that no other socket caused, one a row: what was asked for, what else
 * was seen, what the kernel said; and every word that must be said of it.
 */
#ifndef REUSETRACE_TESTS_REFUSALS_H
#define REUSETRACE_TESTS_REFUSALS_H

#include "attempts.h"

#define REFUSAL_FIXES 4

struct refusal {
	enum event_type type;
	enum protocol protocol;
	const char *binder;
	const char *requested; /* NULL: the binder's address */
	int result;
	enum stage stage;
	void (*prepare)(struct event *event);
	enum rule_id rule;
	const char *text;
	const char *fixes[REFUSAL_FIXES];
};

/* The first seven members. */
#define BIND_TCP(binder, requested, code, stage, prepare)                                                    \
	EVENT_BIND, PROTO_TCP, binder, requested, -(code), STAGE_##stage, prepare
#define BIND_UDP(binder, requested, code, stage, prepare)                                                    \
	EVENT_BIND, PROTO_UDP, binder, requested, -(code), STAGE_##stage, prepare
#define LISTEN_TCP(binder, requested, code, stage, prepare)                                                  \
	EVENT_LISTEN, PROTO_TCP, binder, requested, -(code), STAGE_##stage, prepare
#define LISTEN_UDP(binder, requested, code, stage, prepare)                                                  \
	EVENT_LISTEN, PROTO_UDP, binder, requested, -(code), STAGE_##stage, prepare

#define CHECK_REFUSALS(rows)                                                                                 \
	for (size_t i_ = 0; i_ < COUNT(rows); i_++)                                                          \
	check_refusal(&(rows)[i_])

extern const char *const no_holders[MAX_HOLDERS];

/* What every refusal on Linux comes with. */
void add_refusal_facts(struct event *event);

/* One more program on a cgroup. */
void add_program(struct event *event, uint32_t id, const char *name, const char *cgroup);

void check_refusal(const struct refusal *row);

#endif
