/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/index.h"

#include <errno.h>
#include <stdlib.h>

static size_t home_of(const struct index *index, uint64_t a, uint64_t b)
{
	uint64_t hash = (a ^ (b << 32 | b >> 32)) * UINT64_C(0x9e3779b97f4a7c15);

	hash = (hash ^ (hash >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(hash ^ (hash >> 32)) & (index->room - 1);
}

/* The entry with this key, or the free one where it belongs. */
static size_t find(const struct index *index, uint64_t a, uint64_t b)
{
	size_t at = home_of(index, a, b);

	while (index->entries[at].value && (index->entries[at].a != a || index->entries[at].b != b))
		at = (at + 1) & (index->room - 1);
	return at;
}

static int grow(struct index *index)
{
	struct index bigger = {.room = index->room ? 2 * index->room : 64, .used = index->used};

	bigger.entries = calloc(bigger.room, sizeof(*bigger.entries));
	if (!bigger.entries)
		return -ENOMEM;
	for (size_t i = 0; i < index->room; i++) {
		const struct index_entry *entry = &index->entries[i];

		if (entry->value)
			bigger.entries[find(&bigger, entry->a, entry->b)] = *entry;
	}
	free(index->entries);
	*index = bigger;
	return 0;
}

int index_put(struct index *index, uint64_t a, uint64_t b, void *value)
{
	size_t at;

	if (index->used * 4 >= index->room * 3) {
		int err = grow(index);

		if (err)
			return err;
	}
	at = find(index, a, b);
	index->used += !index->entries[at].value;
	index->entries[at] = (struct index_entry){.a = a, .b = b, .value = value};
	return 0;
}

void *index_get(const struct index *index, uint64_t a, uint64_t b)
{
	return index->room ? index->entries[find(index, a, b)].value : NULL;
}

/* Entries behind a freed one move up, so that every search still ends at a free one. */
static void close_gap(struct index *index, size_t gap)
{
	size_t mask = index->room - 1;

	for (size_t at = (gap + 1) & mask; index->entries[at].value; at = (at + 1) & mask) {
		size_t home = home_of(index, index->entries[at].a, index->entries[at].b);

		if (((at - home) & mask) < ((at - gap) & mask))
			continue;
		index->entries[gap] = index->entries[at];
		gap = at;
	}
	index->entries[gap] = (struct index_entry){.value = NULL};
}

void *index_take(struct index *index, uint64_t a, uint64_t b)
{
	size_t at;
	void *value;

	if (!index->room)
		return NULL;
	at = find(index, a, b);
	value = index->entries[at].value;
	if (!value)
		return NULL;
	index->used--;
	close_gap(index, at);
	return value;
}

void index_free(struct index *index)
{
	free(index->entries);
	*index = (struct index){.room = 0};
}
