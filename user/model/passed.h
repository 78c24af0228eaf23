/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that systemd passed to a service, by the variables that it set
 * for it (sd_listen_fds_with_names(3)).  A socket unit gives its descriptors
 * its own name unless FileDescriptorName= says otherwise.  For sockets that
 * were not made in the cgroup of their unit, as those of a user's manager,
 * nothing else tells where they came from.
 */
#ifndef REUSETRACE_MODEL_PASSED_H
#define REUSETRACE_MODEL_PASSED_H

#include <stddef.h>
#include <stdint.h>

/*
 * environment: variables, each ended by a NUL, as in /proc/PID/environ, perhaps
 * cut off; pid as the process itself counts.  ret_name is "" if this descriptor
 * was not passed to this process, or without a name that fits.
 */
void passed_name(const char *environment, size_t length, uint32_t pid, int fd, char *ret_name, size_t size);

#endif
