/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users of this machine; each platform has its own users.c. */
#ifndef REUSETRACE_MODEL_USERS_H
#define REUSETRACE_MODEL_USERS_H

#include <stdbool.h>
#include <stdint.h>

/* False if nobody has that name. */
bool user_by_name(const char *name, uint32_t *ret_uid);

/*
 * Makes this process the user's, with its groups and HOME, USER, LOGNAME.
 * A uid without a user gets itself as its only group.  0 or a negative errno.
 */
int user_become(uint32_t uid);

#endif
