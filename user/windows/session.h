/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A real-time ETW session with the three providers (evntrace.h).  It belongs
 * to the system and outlives a process that crashes, so its name is fixed and
 * a stale one is stopped first.  A mutex of the same name (CreateMutex(),
 * Global\) tells a stale one from one that another process is using.
 */
#ifndef REUSETRACE_WINDOWS_SESSION_H
#define REUSETRACE_WINDOWS_SESSION_H

#include "etw/decode.h"

#define SESSION_ERROR_LEN 256

struct etw_session;

struct session_provider {
	const char *name;
	bool enabled;
	bool filtered; /* by event id, which Windows before 8.1 refuses */
};

struct session_lost {
	uint64_t events, buffers;
};

#define SESSION_TRACE "reusetrace"
#define SESSION_PROOF "reusetrace-doctor" /* beside a trace that runs */

struct session_callbacks {
	const char *name; /* SESSION_TRACE or SESSION_PROOF */
	void *context;
	/* On a thread of its own, in the order of time; false ends the session. */
	bool (*record)(void *context, const struct etw_record *record);
	/* After each buffer: whatever comes now is younger than this. */
	bool (*quiet)(void *context, uint64_t before_ns);
};

/*
 * 0; or a negative errno and one sentence in error[]: -EACCES not permitted,
 * -ENOSPC the system's limit of sessions, -EEXIST another process uses the
 * session or has the name, -ENOSYS no ETW here (Wine), -EIO anything else.
 */
int session_start(const struct session_callbacks *callbacks, struct etw_session **ret_session,
		  char error[SESSION_ERROR_LEN]);

/* In the order of enum etw_provider. */
const struct session_provider *session_providers(const struct etw_session *session);

/* Begins to call back.  0 or as above. */
int session_run(struct etw_session *session, char error[SESSION_ERROR_LEN]);

/* A HANDLE that is signalled when no callback will come any more. */
void *session_ended(const struct etw_session *session);

/* Stops, waits for the last callback; what was lost. */
void session_stop(struct etw_session *session, struct session_lost *ret_lost);
void session_free(struct etw_session *session); /* NULL is allowed; stops it */

/* What an earlier run left behind under that name: 1 stopped, 0 there was none, or as session_start(). */
int session_stop_stale(const char *name, char error[SESSION_ERROR_LEN]);

#endif
