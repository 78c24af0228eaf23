/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/place_cache.h"

#include <stdlib.h>

#define BUCKETS	   4096
#define PASSED_END 67 /* descriptors of a service from 3 on may be systemd's: each has a name of its own */

struct entry {
	struct entry *next;
	uint64_t cgroup_id;
	uint32_t pid; /* 0: the cgroup itself */
	int fd;	      /* -1: of all that systemd did not pass */
	struct place place;
	bool has_exe;
	char exe[EXE_LEN];
};

struct place_cache {
	struct places *places;
	struct entry *buckets[BUCKETS];
};

struct place_cache *place_cache_new(void)
{
	struct place_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->places = places_new(NULL);
	if (!cache->places) {
		free(cache);
		return NULL;
	}
	return cache;
}

void place_cache_clear(struct place_cache *cache)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (cache->buckets[i]) {
			struct entry *entry = cache->buckets[i];

			cache->buckets[i] = entry->next;
			free(entry);
		}
	}
}

void place_cache_free(struct place_cache *cache)
{
	if (!cache)
		return;
	place_cache_clear(cache);
	places_free(cache->places);
	free(cache);
}

/* *ret_new: its place is to be filled. */
static struct entry *entry_of(struct place_cache *cache, uint64_t cgroup_id, uint32_t pid, int fd,
			      bool *ret_new)
{
	struct entry **at = &cache->buckets[(cgroup_id * 31 + pid) % BUCKETS], *entry;

	*ret_new = false;
	for (entry = *at; entry; entry = entry->next)
		if (entry->cgroup_id == cgroup_id && entry->pid == pid && entry->fd == fd)
			return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->cgroup_id = cgroup_id;
	entry->pid = pid;
	entry->fd = fd;
	entry->next = *at;
	*at = entry;
	*ret_new = true;
	return entry;
}

static struct entry *descriptor_entry(struct place_cache *cache, const struct owner *owner, int fd)
{
	bool is_new;
	struct entry *entry = entry_of(cache, owner->cgroup_id, owner->pid, fd, &is_new);

	if (entry && is_new) {
		struct owner asked = *owner;

		asked.fd = fd;
		places_of_owner(cache->places, &asked, &entry->place);
	}
	return entry;
}

const struct place *place_cache_owner(struct place_cache *cache, const struct owner *owner)
{
	struct entry *entry = descriptor_entry(cache, owner, -1);

	if (entry && owner->fd >= 0 && owner->fd < PASSED_END && place_is_service(&entry->place))
		entry = descriptor_entry(cache, owner, owner->fd);
	return entry ? &entry->place : NULL;
}

const char *place_cache_exe(struct place_cache *cache, const struct owner *owner)
{
	struct entry *entry = descriptor_entry(cache, owner, -1);

	if (entry && !entry->has_exe)
		places_exe(cache->places, owner->pid, entry->exe);
	if (entry)
		entry->has_exe = true;
	return entry ? entry->exe : "";
}

const struct place *place_cache_cgroup(struct place_cache *cache, uint64_t cgroup_id)
{
	bool is_new;
	struct entry *entry = entry_of(cache, cgroup_id, 0, -1, &is_new);

	if (entry && is_new)
		places_of_cgroup(cache->places, cgroup_id, &entry->place);
	return entry ? &entry->place : NULL;
}

void place_cache_process(struct place_cache *cache, struct proc_info *process)
{
	places_fill(cache->places, process);
}
