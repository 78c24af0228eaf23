/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where processes run: cgroup, unit and container, from the cgroup's number or /proc. */
#ifndef REUSETRACE_LINUX_PLACE_H
#define REUSETRACE_LINUX_PLACE_H

#include <limits.h>

#include "linux/looker.h"
#include "model/event.h"

/* Remembers the cgroups that it has looked up: some are gone when they are asked for again. */
struct places;

/* The looker stays the caller's; NULL: this process looks by itself. */
struct places *places_new(struct looker *looker);
void places_free(struct places *places);

/* Container runtimes are asked for names from here on: 0 or -ENOMEM. */
int places_ask_runtimes(struct places *places);

/* Fills cgroup and place from cgroup_id, and exe if it is not known; "" where unknown. */
void places_fill(struct places *places, struct proc_info *process);

/* The place of a holder's process, and whom it serves; *ret_place is all "" if nothing is known. */
void places_of_owner(struct places *places, const struct owner *owner, struct place *ret_place);

/* Descriptors may have come from systemd then. */
bool place_is_service(const struct place *place);

/* Of a socket, or of a process that may be gone: only what is known of the cgroup itself. */
void places_of_cgroup(struct places *places, uint64_t cgroup_id, struct place *ret_place);

/* The name that systemd gave a descriptor which it passed on, "" if it did not. */
struct variables_look {
	uint32_t pid, nspid;
	int fd;
	char passed_as[UNIT_LEN];
};

/* LOOK_VARIABLES; 0 or a negative errno. */
int place_look_variables(void *about);

/* The path of a cgroup from the root of the hierarchy; the number is its inode's, in 64 bits. */
struct cgroup_look {
	uint64_t id;
	char path[PATH_MAX];
};

/* LOOK_CGROUP; 0, -EPERM without CAP_DAC_READ_SEARCH, -ENOENT or -ESTALE if it is not there, or another
 * negative errno. */
int place_look_cgroup(void *about);

/*
 * The number of a process's cgroup without BPF; 0 if it cannot be read.  With other hierarchies than the
 * unified one it is some number, which leads to the process.
 */
uint64_t cgroup_id_of_process(uint32_t pid);

/* The path of what it runs, as the process sees it; "" if that cannot be read. */
void places_exe(const struct places *places, uint32_t pid, char ret_exe[EXE_LEN]);

/*
 * A cgroup as a path from the root of the hierarchy or below the mount point.
 * *ret_id is 0 if it is not there (yet).
 */
int cgroup_resolve(const char *text, char *ret_path, size_t size, uint64_t *ret_id);

/*
 * The cgroup of a unit by the unit's name: the one that is there, the system's
 * before a user's, else the one that systemd would make.  0, -EINVAL if it is
 * no unit's name or -ENOTUNIQ if several users have such a unit.
 */
int unit_resolve(const char *text, char *ret_path, size_t size, uint64_t *ret_id);

#endif
