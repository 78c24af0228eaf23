/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The systems whose answers can be compared, by name. */
#ifndef REUSETRACE_RULES_SYSTEMS_H
#define REUSETRACE_RULES_SYSTEMS_H

#include "rules/pair.h"

enum system_id {
	SYSTEM_LINUX,
	SYSTEM_WINDOWS,
	SYSTEM_WINDOWS_XP,
	SYSTEM_MACOS,
	SYSTEM_FREEBSD,
	SYSTEM_OPENBSD,
	SYSTEM_NETBSD,
	SYSTEM_SOLARIS,
	SYSTEM_MAX
};

/* "windows"; "Windows (Server 2003, Vista and later)" */
const char *system_name(enum system_id system);
const char *system_title(enum system_id system);

/* length bytes of name, -EINVAL if no system has it. */
int system_from_name(const char *name, size_t length);

/* enum trait */
unsigned int system_traits(enum system_id system);

/* For every system but Linux, whose answers are judge_hypothetical()'s. */
void system_pair(enum system_id system, const struct claim *first, const struct claim *second,
		 struct pair_row *ret_row);

/* What is wrong with the options of one socket; NULL if nothing. */
const struct pair_row *system_alone(enum system_id system, const struct claim *claim);

/*
 * The one answer that several holders give: a refusal before what is
 * undocumented, that before sharing, that before being apart.  Begins as
 * "port was free" of holder -1.
 */
struct decision {
	struct pair_row row;
	int rank, holder;
};

extern const struct decision decision_free;

void decision_add(struct decision *decision, enum system_id system, const struct claim *first,
		  const struct claim *second, int holder);

bool reply_is_refusal(enum reply reply);
/* How the system names it: "WSAEADDRINUSE or WSAEACCES"; NULL if accepted or undocumented. */
const char *system_error(enum system_id system, enum reply reply);
/* Its number there (10048), 0 if it is none or more than one. */
int system_error_code(enum system_id system, enum reply reply);

/* What may change that answer: a sentence, or NULL. */
const char *system_remark(enum system_id system, const struct claim *first, const struct claim *second);

/* An option that the claim sets and the system lacks: a sentence; NULL behind the last. */
const char *system_ignores(enum system_id system, const struct claim *claim, size_t index);

#endif
