/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth values of model/event.h by the names that NDJSON has for them:
 * one list for who writes them and who reads them back.
 */
#ifndef REUSETRACE_MODEL_MEMBERS_H
#define REUSETRACE_MODEL_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

struct member {		  /* a bool */
	const char *name; /* NULL ends a list */
	size_t offset;
};

extern const struct member option_members[];  /* struct sock_options */
extern const struct member winsock_members[]; /* struct winsock_options */
extern const struct member fact_members[];    /* struct sock_info */
extern const struct member policy_members[];  /* struct policy, without orphan_uid_root */
extern const struct member attempt_members[]; /* struct event */
extern const struct member unix_members[];    /* struct unix_facts */

static inline bool *member_of(void *object, const struct member *member)
{
	return (bool *)((char *)object + member->offset);
}

static inline bool member_value(const void *object, const struct member *member)
{
	return *(const bool *)((const char *)object + member->offset);
}

#endif
