/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers as their runtimes know them, for --containers only: it asks
 * other programs and reads their files.  Sources, those that can be read:
 *
 *   GET /containers/json      on the sockets of Docker and Podman
 *   containers.json           of containers/storage (Podman, CRI-O)
 *   ID/state.json             of runc, which is told by its cgroup's path
 *
 * All of them may be written by somebody else: sizes, counts and depth are
 * bounded, and what is not as expected is passed over.
 */
#ifndef REUSETRACE_LINUX_RUNTIMES_H
#define REUSETRACE_LINUX_RUNTIMES_H

#include "model/event.h"

struct runtimes;

/* root is put before every path, "" outside of tests. */
struct runtimes *runtimes_new(const char *root);
void runtimes_free(struct runtimes *runtimes);

/*
 * Adds what the runtimes say: the name of a container by its id, the id by the
 * path of its cgroup or by the address that is forwarded to.  They are asked
 * again when something is not known, a second after the last time or, where
 * one of them hangs, after ever longer pauses of up to a minute; until then
 * the answer for what may be a container is -EAGAIN.
 */
int runtimes_name(struct runtimes *runtimes, const char *cgroup, struct place *place);

/* The two formats of lists, for tests: adds what is in the text; false if it has another format. */
bool runtimes_read_list(struct runtimes *runtimes, const char *text, size_t length);
bool runtimes_read_state(struct runtimes *runtimes, const char *text, size_t length);

#endif
