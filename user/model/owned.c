/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/owned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 16384 /* a power of two; untouched pages take no memory */
#define NONE	       UINT32_MAX
#define KEPT	       offsetof(struct owner, exe) /* of an owner */

struct owned {
	uint64_t key, inode;
	uint32_t next; /* of the same key, in the order in which they came */
	uint32_t last; /* of the first one: the end of its chain */
	char *exe;     /* NULL: unknown */
	_Alignas(struct owner) unsigned char owner[KEPT];
};

struct owned_table {
	struct owned *rows;
	uint32_t *slots; /* twice as many: open addressing, first of a key, NONE: free */
	size_t count, capacity;
};

_Static_assert(KEPT + EXE_LEN == sizeof(struct owner), "exe is the last member");

struct owned_table *owned_new(void)
{
	return calloc(1, sizeof(struct owned_table));
}

void owned_clear(struct owned_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->rows[i].exe);
	if (table->count)
		memset(table->slots, 0xff, 2 * table->capacity * sizeof(*table->slots));
	table->count = 0;
}

void owned_free(struct owned_table *table)
{
	if (!table)
		return;
	owned_clear(table);
	free(table->rows);
	free(table->slots);
	free(table);
}

static uint32_t *slot_of(const struct owned_table *table, uint64_t key)
{
	size_t mask = 2 * table->capacity - 1, at = (key * 0xff51afd7ed558ccdULL) >> 32 & mask;

	while (table->slots[at] != NONE && table->rows[table->slots[at]].key != key)
		at = (at + 1) & mask;
	return &table->slots[at];
}

static uint32_t first_of(const struct owned_table *table, uint64_t key)
{
	return table->count ? *slot_of(table, key) : NONE;
}

static void link_row(struct owned_table *table, uint32_t index)
{
	struct owned *row = &table->rows[index];
	uint32_t *slot = slot_of(table, row->key);

	row->next = NONE;
	row->last = index;
	if (*slot == NONE) {
		*slot = index;
		return;
	}
	table->rows[table->rows[*slot].last].next = index;
	table->rows[*slot].last = index;
}

static int grow(struct owned_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
	uint32_t *slots = malloc(2 * capacity * sizeof(*slots));
	struct owned *rows = slots && capacity < NONE ? realloc(table->rows, capacity * sizeof(*rows)) : NULL;

	if (!rows) {
		free(slots);
		return -ENOMEM;
	}
	free(table->slots);
	table->rows = rows;
	table->slots = slots;
	table->capacity = capacity;
	memset(slots, 0xff, 2 * capacity * sizeof(*slots));
	for (size_t i = 0; i < table->count; i++)
		link_row(table, i);
	return 0;
}

int owned_add(struct owned_table *table, uint64_t key, uint64_t inode, const struct owner *owner)
{
	struct owned *row;
	char *exe = NULL;

	if (table->count == table->capacity && grow(table))
		return -ENOMEM;
	if (owner->exe[0]) {
		exe = strndup(owner->exe, sizeof(owner->exe) - 1);
		if (!exe)
			return -ENOMEM;
	}
	row = &table->rows[table->count];
	row->key = key;
	row->inode = inode;
	row->exe = exe;
	memcpy(row->owner, owner, KEPT);
	link_row(table, table->count++);
	return 0;
}

bool owned_has(const struct owned_table *table, uint64_t key, uint64_t inode)
{
	for (uint32_t i = first_of(table, key); i != NONE; i = table->rows[i].next)
		if (table->rows[i].inode == inode)
			return true;
	return false;
}

static int by_process(const void *left, const void *right)
{
	const struct owner *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return (a->fd > b->fd) - (a->fd < b->fd);
}

static void take(const struct owned *row, struct owner *to)
{
	memcpy(to, row->owner, KEPT);
	memset(to->exe, 0, sizeof(to->exe));
	if (row->exe)
		memcpy(to->exe, row->exe, strlen(row->exe));
}

int owned_copy(const struct owned_table *table, uint64_t key, uint64_t inode, struct holder *holder)
{
	uint32_t first = first_of(table, key);
	bool sorted = true;
	size_t n = 0;

	for (uint32_t i = first; i != NONE; i = table->rows[i].next)
		n += table->rows[i].inode == inode;
	free(holder->owners);
	holder->owner_count = 0;
	holder->owners = n ? malloc(n * sizeof(*holder->owners)) : NULL;
	if (n && !holder->owners)
		return -ENOMEM;
	for (uint32_t i = first; i != NONE; i = table->rows[i].next) {
		struct owner *to = holder->owners + holder->owner_count;

		if (table->rows[i].inode != inode)
			continue;
		take(&table->rows[i], to);
		sorted &= !holder->owner_count || by_process(to - 1, to) <= 0;
		holder->owner_count++;
	}
	if (!sorted)
		qsort(holder->owners, n, sizeof(*holder->owners), by_process);
	return n;
}

bool owned_key_of_inode(const struct owned_table *table, uint64_t inode, uint64_t *ret_key)
{
	for (size_t i = 0; inode && i < table->count; i++) {
		if (table->rows[i].inode != inode)
			continue;
		*ret_key = table->rows[i].key;
		return true;
	}
	return false;
}
