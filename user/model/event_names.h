/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for the enums of model/event.h, and back. */
#ifndef REUSETRACE_MODEL_EVENT_NAMES_H
#define REUSETRACE_MODEL_EVENT_NAMES_H

#include "model/event.h"

/* The names used by NDJSON; NULL for NONE, UNKNOWN and what is out of range. */
const char *event_type_name(enum event_type type);
const char *family_name(enum family family);
const char *protocol_name(enum protocol protocol);
const char *state_name(enum sock_state state);
const char *kind_name(enum holder_kind kind); /* "unknown" has a name */
const char *stage_name(enum stage stage);
const char *release_name(enum release release);
const char *finding_kind_name(enum finding_kind kind);
const char *takeover_name(enum takeover takeover);
const char *unix_type_name(enum unix_type type);
const char *obstacle_name(enum obstacle obstacle);
const char *path_fault_name(enum path_fault fault);

/* The enum's value, or -EINVAL. */
int event_type_from_name(const char *name);
int family_from_name(const char *name);
int protocol_from_name(const char *name);
int state_from_name(const char *name);
int kind_from_name(const char *name);
int stage_from_name(const char *name);
int release_from_name(const char *name);
int finding_kind_from_name(const char *name);
int takeover_from_name(const char *name);
int unix_type_from_name(const char *name);
int obstacle_from_name(const char *name);
int path_fault_from_name(const char *name);

#endif
