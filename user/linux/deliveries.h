/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of shared ports, and what each of them got.
 *
 * The programs report what arrives on any port that may be shared; here it is
 * decided by what the rules said of the members whether it is.  There may be
 * 65,536 of them; what further ones get is not told.
 */
#ifndef REUSETRACE_LINUX_DELIVERIES_H
#define REUSETRACE_LINUX_DELIVERIES_H

#include "model/event.h"

struct deliveries;

struct deliveries *deliveries_new(void); /* NULL without memory */
void deliveries_free(struct deliveries *deliveries);

/* A socket of the first snapshot; -ENOMEM. */
int deliveries_holder(struct deliveries *deliveries, uint64_t key, const struct sock_info *sock,
		      const struct owner *owner);

/* The snapshot is complete: fn is called for one member of each shared port, the others are forgotten. */
int deliveries_settle(struct deliveries *deliveries, int (*fn)(void *context, const struct sock_info *sock),
		      void *context);

/* A judged attempt: where it shares its port, it and those it shares with are members; keys[] of the holders.
 */
int deliveries_attempt(struct deliveries *deliveries, const struct event *event, uint64_t key,
		       const uint64_t *keys);

/*
 * Counts an EVENT_DELIVERY and names its member and its process; false if the
 * socket shares its port with nobody.
 */
bool deliveries_count(struct deliveries *deliveries, uint64_t key, struct event *event);

/* A member whose process has not been looked up since it bound: it may have passed the socket on. */
bool deliveries_unknown(const struct deliveries *deliveries, uint64_t key, uint64_t inode);

/* Its process, as a snapshot found it; NULL if none has it. */
void deliveries_owner(struct deliveries *deliveries, uint64_t key, uint64_t inode, const struct owner *owner);

/* Who got how many, ports and members in order; valid until the next call of any of these. */
const struct delivery_total *deliveries_totals(struct deliveries *deliveries, size_t *ret_count);

#endif
