/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a session have in common. */
#ifndef REUSETRACE_LINUX_SESSION_PARTS_H
#define REUSETRACE_LINUX_SESSION_PARTS_H

#include "linux/deliveries.h"
#include "linux/session.h"
#include "linux/unix.h"
#include "model/refused.h"
#include "model/sockets.h"

struct pending {
	struct event event;
	uint64_t key;
	uint64_t keys[RT_MAX_CONTENDERS]; /* of the holders, before they are sorted */
	struct rt_unix *unix_record;	  /* owned; NULL: of another family */
};

#define EXES 64

/* Of a process in this batch; it may execute something else later. */
struct exe_row {
	uint32_t pid;
	uint64_t start_ns;
	char exe[EXE_LEN];
};

struct session {
	struct tracer *tracer;
	struct looker *looker;
	struct sockets *sockets;
	struct places *places;
	struct refusal_lookup *refusals;
	struct seek *seek;
	struct unix_lookup *unix_sockets;
	struct connections *connections;
	struct handovers *handovers;
	struct pending *batch;
	size_t count;
	struct refused refused;
	struct deliveries *deliveries; /* NULL: not asked for */
	struct exe_row exes[EXES];     /* by pid, the last one wins */
	uint64_t seq, undecoded;
	bool unresolved; /* some holder's process is not known yet */
};

/* A process as the owner of a descriptor. */
void session_owner(const struct proc_info *process, int fd, struct owner *ret_owner);

/* Asks the kernel for the executable if it is not known; "" for a process that is gone. */
void session_find_exe(struct session *session, struct proc_info *process);
void session_forget_exes(struct session *session);

/* Who holds what, anew; and one socket of a snapshot, a struct rt_holder.  0 or a negative errno. */
int session_refresh(struct session *session);
int session_note_owner(void *session, const void *record, size_t size);

/* The holders of an attempt: kind, processes, who bound them, and the places of all of these. */
void session_resolve(struct session *session, struct pending *pending);

/* Unit and container of those who have a holder.  -ENOMEM. */
int session_name_places(struct session *session, struct holder *holder);

/* A port that is shared with a stranger; one that changed hands; who lives on without its port. */
int session_tell_sharing(struct session *session, const struct event *event, event_fn fn, void *context);
int session_tell_handover(struct session *session, const struct event *event, event_fn fn, void *context);
int session_tell_lives_on(struct session *session, event_fn fn, void *context);

/* Members of shared ports: of the snapshot, of an attempt, and those whose process is not known yet. */
int session_note_member(struct session *session, const struct rt_life *life, const struct event *event);
int session_settle_members(struct session *session);
int session_note_members(struct session *session, const struct pending *pending);
bool session_has_unknown_member(const struct session *session);

/* Counts a delivery; false if its socket is no member. */
bool session_delivered(struct session *session, struct pending *pending);

#endif
