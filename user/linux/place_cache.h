/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where each process runs, looked up once: for a listing, whose processes and
 * cgroups are those of one moment.
 */
#ifndef REUSETRACE_LINUX_PLACE_CACHE_H
#define REUSETRACE_LINUX_PLACE_CACHE_H

#include "linux/place.h"

struct place_cache;

struct place_cache *place_cache_new(void);
void place_cache_free(struct place_cache *cache); /* NULL is allowed */
void place_cache_clear(struct place_cache *cache);

/* Valid until the cache is cleared; NULL without memory. */
const struct place *place_cache_owner(struct place_cache *cache, const struct owner *owner);
const struct place *place_cache_cgroup(struct place_cache *cache, uint64_t cgroup_id);

/* The path of what its process runs, "" if unknown; valid until the cache is cleared. */
const char *place_cache_exe(struct place_cache *cache, const struct owner *owner);

/* Fills cgroup, place and exe. */
void place_cache_process(struct place_cache *cache, struct proc_info *process);

#endif
