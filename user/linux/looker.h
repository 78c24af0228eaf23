/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Look-ups that take more rights than the tracer keeps: a child, forked before
 * it gives them up, does these few and nothing else.  Question and answer are
 * one structure, in memory that both share.
 */
#ifndef REUSETRACE_LINUX_LOOKER_H
#define REUSETRACE_LINUX_LOOKER_H

#include <stdbool.h>

enum look {
	LOOK_VARIABLES,	 /* struct variables_look: /proc/PID/environ */
	LOOK_INTERFACES, /* struct event: interfaces of other network namespaces */
	LOOK_PORTS,	 /* struct ports_look: tables of a network namespace */
	LOOK_PATH,	 /* struct path_look: directories as another process sees them */
	LOOK_EXE,	 /* struct exe_look: /proc/PID/exe */
	LOOK_CGROUP,	 /* struct cgroup_look: a cgroup by its number */
	LOOK_SIGNAL,	 /* struct signal_look: to another user's COMMAND */
	LOOKS
};

struct looker;

/*
 * Before anything is attached, so that it has no BPF descriptors.  signals:
 * LOOK_SIGNAL will be asked for.  0 or a negative errno.
 */
int looker_new(bool signals, struct looker **ret_looker);
void looker_free(struct looker *looker); /* NULL is allowed */

/*
 * Fills in *about; what the look itself returns, or -EPIPE if the child is
 * gone or does not answer in time.  One that is late is not asked until it is
 * done.  Without a looker it is done in this process.
 */
int looker_look(struct looker *looker, enum look look, void *about);

/* It has ended: nothing will be answered any more. */
bool looker_is_gone(const struct looker *looker);

#endif
