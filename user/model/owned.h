/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has which socket now, found by the key of the socket.  There may be
 * hundreds of thousands: an owner is kept without the room of its path.
 */
#ifndef REUSETRACE_MODEL_OWNED_H
#define REUSETRACE_MODEL_OWNED_H

#include "model/holder.h"

struct owned_table;

struct owned_table *owned_new(void); /* NULL without memory */
void owned_free(struct owned_table *table);
void owned_clear(struct owned_table *table);

/* Copies the owner: 0 or -ENOMEM. */
int owned_add(struct owned_table *table, uint64_t key, uint64_t inode, const struct owner *owner);

bool owned_has(const struct owned_table *table, uint64_t key, uint64_t inode);

/* Fills holder->owners with copies, by pid and descriptor; returns their number or -ENOMEM. */
int owned_copy(const struct owned_table *table, uint64_t key, uint64_t inode, struct holder *holder);

/* The key under which some owner has this inode. */
bool owned_key_of_inode(const struct owned_table *table, uint64_t inode, uint64_t *ret_key);

#endif
