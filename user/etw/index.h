/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table from two numbers to a pointer, which stays its owner's. */
#ifndef REUSETRACE_ETW_INDEX_H
#define REUSETRACE_ETW_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index_entry {
	uint64_t a, b;
	void *value; /* NULL: free */
};

/* All zero: empty. */
struct index {
	struct index_entry *entries;
	size_t room, used; /* room is 0 or a power of two */
};

/* Replaces what was there.  0 or -ENOMEM.  value is not NULL. */
int index_put(struct index *index, uint64_t a, uint64_t b, void *value);
void *index_get(const struct index *index, uint64_t a, uint64_t b);

/* Removes and returns, NULL if it was not there. */
void *index_take(struct index *index, uint64_t a, uint64_t b);

void index_free(struct index *index);

#endif
