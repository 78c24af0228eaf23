/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of NDJSON for what a process has of a holder, and how it got it. */
#ifndef REUSETRACE_MODEL_OWNER_H
#define REUSETRACE_MODEL_OWNER_H

#include "model/event.h"

const char *owner_how_name(enum owner_how how);		       /* never NULL */
const char *owner_got_name(enum owner_got got);		       /* NULL for GOT_UNKNOWN */
const char *owner_relation_name(enum owner_relation relation); /* NULL for RELATION_NONE */

/* The enum's value, or -EINVAL. */
int owner_how_from_name(const char *name);
int owner_got_from_name(const char *name);
int owner_relation_from_name(const char *name);

/* Fills got of the holder's owners from who bound it and when. */
void owners_judge(struct holder *holder);

/* Fills relation of the holder's owners: what they are to the process that asks. */
void owners_relate(struct holder *holder, const struct proc_info *asking);

/*
 * How well a listener fits a connection that nobody has accepted yet, as the
 * kernel looks one up (compute_score()): 2 by its address, 1 for it takes any, 0
 * not at all.
 */
int listener_fits(const struct sock_info *listener, const struct sock_info *connection);

#endif
