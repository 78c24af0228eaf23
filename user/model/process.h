/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process, and where it runs. */
#ifndef REUSETRACE_MODEL_PROCESS_H
#define REUSETRACE_MODEL_PROCESS_H

#include <stdint.h>

#define COMM_LEN      16
#define EXE_LEN	      256
#define CGROUP_LEN    512
#define UNIT_LEN      256
#define CONTAINER_LEN 128
#define TARGET_LEN    64

/* Where a process runs; "" where unknown or in none. */
struct place {
	char unit[UNIT_LEN];		    /* of systemd */
	char container[CONTAINER_LEN];	    /* its id, or its name if it has no other */
	char container_name[CONTAINER_LEN]; /* from the runtime, on request only */
	char serves[CONTAINER_LEN];	    /* the container that it proxies or watches from outside */
	char target[TARGET_LEN];	    /* where it forwards to, "172.17.0.2:80" */
	char passed_as[UNIT_LEN];	    /* what systemd calls the descriptor that it passed to its unit */
	const char *task; /* what a runtime's helper does for its container, NULL: no helper */
};

struct proc_info {
	uint32_t pid, tid, ppid, nspid; /* pid 0: unknown */
	uint32_t uid;			/* real */
	uint64_t cgroup_id;
	uint64_t start_ns; /* of its first thread, CLOCK_BOOTTIME; 0: unknown */
	char comm[COMM_LEN];
	char exe[EXE_LEN];
	char cgroup[CGROUP_LEN]; /* path below the cgroup root, "" if unknown */
	struct place place;
};

#endif
