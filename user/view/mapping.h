/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events under the field names of others: a mapping is a table whose rows say
 * where a fact goes.  What is unknown is left out, as these schemas want it.
 */
#ifndef REUSETRACE_VIEW_MAPPING_H
#define REUSETRACE_VIEW_MAPPING_H

#include "view/view.h"

enum source {
	SOURCE_TEXT,   /* the row's constant */
	SOURCE_LIST,   /* the same, split at commas into an array */
	SOURCE_NUMBER, /* the same as a number */
	/* the event */
	SOURCE_TIME,	/* RFC 3339 */
	SOURCE_TIME_MS, /* since 1970 */
	SOURCE_TIME_NS, /* since 1970, a string */
	SOURCE_ACTION,	/* "bind" */
	SOURCE_SEQ,
	SOURCE_TOOK_NS,
	SOURCE_OUTCOME,	 /* "success", "failure" */
	SOURCE_DECISION, /* an array: "allowed", "denied" or "info" */
	SOURCE_STATUS_ID,
	SOURCE_ACTIVITY_ID,
	SOURCE_TYPE_UID,
	SOURCE_SEVERITY_NUMBER, /* of OpenTelemetry */
	SOURCE_SEVERITY_ID,	/* of OCSF */
	SOURCE_ERRNO,
	SOURCE_RULE,
	SOURCE_SENTENCE,
	/* who called */
	SOURCE_PID,
	SOURCE_TID,
	SOURCE_PPID,
	SOURCE_NSPID,
	SOURCE_COMM,
	SOURCE_EXE,
	SOURCE_UID,
	SOURCE_UID_TEXT,
	SOURCE_CGROUP,
	SOURCE_UNIT,
	SOURCE_CONTAINER,
	SOURCE_CONTAINER_NAME,
	/* the socket */
	SOURCE_ADDRESS,
	SOURCE_PORT,
	SOURCE_TRANSPORT,
	SOURCE_PROTOCOL_NUMBER, /* IANA's */
	SOURCE_FAMILY,		/* "ipv4" */
	SOURCE_IP_VERSION,	/* 4 */
	SOURCE_STATE,
	SOURCE_NETNS,
	SOURCE_DEVICE,
	SOURCE_PEER_ADDRESS,
	SOURCE_PEER_PORT,
	/* the first holder: the one in the way */
	SOURCE_HOLDER_KIND,
	SOURCE_HOLDER_STATE,
	SOURCE_HOLDER_ADDRESS,
	SOURCE_HOLDER_PORT,
	SOURCE_HOLDER_UID,
	SOURCE_HOLDER_PID,
	SOURCE_HOLDER_COMM,
	SOURCE_HOLDER_EXE,
	/* the recording */
	SOURCE_HOST,
	SOURCE_KERNEL,
	SOURCE_VERSION,
};

struct mapping_row {
	const char *path; /* rows of one object follow each other */
	enum source source;
	const char *constant;
};

struct mapping {
	const char *name; /* "ecs" */
	char separator;	  /* between the names of objects in a path */
	const struct mapping_row *rows;
	size_t count;
};

/* The facts of one event as text, in the order of the rows; text need not end with a NUL. */
void mapping_visit(const struct mapping_row *rows, size_t count, const struct view_config *config,
		   const struct event *event,
		   void (*visit)(void *context, const char *path, const char *text, size_t length),
		   void *context);

/* By name; NULL if there is none. */
const struct mapping *mapping_find(const char *name);

extern const struct mapping mappings[];
extern const size_t mapping_count;

/* Objects of this mapping, a line each; start, lost and end have none.  NULL without memory. */
struct view *mapped_view_new(FILE *out, const struct view_config *config, const struct mapping *mapping);

#endif
