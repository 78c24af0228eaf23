/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A holder: a socket that has a port, the processes through which it can be
 * reached, or what the kernel uses it for.
 *
 * It owns its owners and places arrays; holder_clear() frees them.
 */
#ifndef REUSETRACE_MODEL_HOLDER_H
#define REUSETRACE_MODEL_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/process.h"
#include "model/socket.h"

enum holder_kind {
	KIND_UNKNOWN,
	KIND_PROCESS,
	KIND_TIME_WAIT,
	KIND_ORPHAN,
	KIND_KERNEL,
	KIND_IN_FLIGHT,
	KIND_GONE,
	KIND_MAX
};

/* What a process has of a holder. */
enum owner_how {
	OWNER_DESCRIPTOR, /* fd is it */
	OWNER_RING,	  /* fixed file `index` of the io_uring at fd */
	OWNER_QUEUE,	  /* the unix socket at fd, in whose receive queue a descriptor of it is */
	OWNER_LISTENER,	  /* the listener at fd, in whose accept queue it waits */
	OWNER_HOW_MAX
};

/* How it came to that. */
enum owner_got {
	GOT_UNKNOWN,
	GOT_BOUND,     /* it bound the socket */
	GOT_INHERITED, /* it began after another process had bound it */
	GOT_PASSED,    /* it was there before another process bound it */
	GOT_MAX
};

/* What its process is to the one that asks for the port. */
enum owner_relation {
	RELATION_NONE, /* no kin, or unknown */
	RELATION_SELF,
	RELATION_PARENT,  /* ... of the one that asks */
	RELATION_CHILD,	  /* ... of the one that asks */
	RELATION_SIBLING, /* of one parent, which is not the machine's first process */
	RELATION_MAX
};

struct owner { /* a process through which a holder can be reached */
	uint32_t pid;
	int32_t fd;		   /* -1 unknown */
	uint64_t cgroup_id;	   /* 0: unknown */
	const struct place *place; /* in its holder's places; NULL: not looked up */
	uint32_t nspid;		   /* in its own pid namespace, 0 unknown */
	uint32_t ppid;		   /* 0 unknown */
	enum owner_how how;
	uint32_t index;
	enum owner_got got;
	enum owner_relation relation;
	bool survives_exec; /* the descriptor lacks FD_CLOEXEC */
	uint64_t start_ns;  /* of the process, CLOCK_BOOTTIME; 0 unknown */
	char comm[COMM_LEN];
	char exe[EXE_LEN];
};

#define SYMBOL_LEN     64
#define HOLDER_DEVICES 4

struct device {
	uint32_t ifindex;
	char name[DEVICE_LEN];
};

/* What a socket of the kernel's own is for. */
struct kernel_use {
	char function[SYMBOL_LEN];	       /* called when data comes: "vxlan_rcv", "" if unknown */
	char module[SYMBOL_LEN];	       /* it is in, "" for the kernel proper */
	struct device devices[HOLDER_DEVICES]; /* whose traffic goes through it */
	size_t device_count;
};

struct holder {
	struct sock_info sock;
	struct kernel_use kernel;
	enum holder_kind kind;
	bool compared;		   /* the kernel's own last comparison */
	bool culprit;		   /* the same before judge(), which may find another one */
	uint32_t place;		   /* in the kernel's order: judge() moves the culprit */
	int reason;		   /* enum rule_id: why it does or does not conflict */
	uint64_t since_ns;	   /* CLOCK_BOOTTIME; 0: before the trace began */
	bool older;		   /* bound before the trace began */
	int64_t expires_ms;	   /* TIME_WAIT; -1: does not apply */
	int64_t released_after_ns; /* gone: how long after the attempt; -1 unknown */
	struct owner bound_by;	   /* pid 0: unknown */
	unsigned int differs;	   /* enum difference, of a holder that shares the port */
	bool binder_ended;	   /* bound_by is no process any more */
	bool outside;		   /* held by a process that the tracer's pid namespace does not show */
	struct owner *owners;
	size_t owner_count;
	struct place *places; /* one an owner, one for bound_by and one for made_in; NULL: not looked up */
	const struct place *made_in; /* where the socket was made; NULL: not looked up */
};

/* In what the two parties that share a port differ; none: workers of one program. */
enum difference { DIFFERS_EXECUTABLE = 1, DIFFERS_UID = 2, DIFFERS_UNIT = 4, DIFFERS_ALL = 7 };

void holder_clear(struct holder *holder); /* what it owns; its members stay */

#endif
