/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of container runtimes that hold ports for a container from outside
 * of it.  They are known by their names and say on their command lines whom
 * they serve (docker-proxy(8), conmon(8), rootlessport of Podman).
 */
#ifndef REUSETRACE_MODEL_HELPER_H
#define REUSETRACE_MODEL_HELPER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/event.h"

/* Whether a process of this name and executable may be such a program: its command line is worth reading. */
bool helper_known(const struct owner *owner);

/*
 * Adds what the command line says: arguments, each ended by a NUL, as in
 * /proc/PID/cmdline, perhaps cut off.  What it does not say stays as it is.
 */
void helper_parse(const struct owner *owner, const char *cmdline, size_t length, struct place *place);

#endif
