/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF side as seen from user space: load, attach, read records, count.
 *
 * Nothing here prints.  A tracer owns all that it loaded; tracer_free()
 * detaches everything and accepts NULL.
 */
#ifndef REUSETRACE_LINUX_TRACER_H
#define REUSETRACE_LINUX_TRACER_H

#include <stddef.h>

#include "event.h"
#include "linux/seek.h"
#include "model/event.h"
#include "view/view.h"

#define PORT_BITS 65536

struct tracer;

struct tracer_options {
	const uint8_t *ports; /* bitmap of 65536, NULL: every port */
	const char *comm;     /* NULL: any */
	uint32_t uid;	      /* UID_NONE: any */
	uint32_t netns;	      /* inode of the namespace, 0: any */
	const char *cgroup;   /* path from the root of the hierarchy, NULL: any */
	uint64_t cgroup_id;   /* 0: the path is not there yet */
	bool tree;	      /* only processes given to tracer_add_process() and their children */
	bool command;	      /* children of this process belong to the tree */
	bool failed;
	bool connects; /* report implicit binds that passed */
	bool only_ipv4, only_ipv6;
	bool tcp, udp, mptcp;
	bool sctp, ping, raw, unix_sockets; /* hooks of their own, attached only for them */
	bool deliveries;		    /* report what arrives on shared ports */
	unsigned int verbose;		    /* from 2 on libbpf's log goes to stderr */
};

/*
 * Loads and attaches.  Returns 0, -EPERM (not permitted) or another negative
 * errno (the kernel lacks something); ret_reason says what in one line.
 */
int tracer_new(const struct tracer_options *options, struct tracer **ret_tracer, char *ret_reason,
	       size_t size);
void tracer_free(struct tracer *tracer);

/*
 * Real binds on loopback show which hooks fire; then records begin to flow.
 * -ENOTCONN if a required hook is attached and silent.
 */
int tracer_start(struct tracer *tracer);

/* Waits up to timeout_ms for records; a negative return of fn ends it, the record counts as read.  Returns
 * their number or a negative errno. */
int tracer_poll(struct tracer *tracer, int timeout_ms, record_fn fn, void *context);

/* Each inet socket that any process holds, as RT_HOLDER. */
int tracer_snapshot(struct tracer *tracer, bool first, record_fn fn, void *context);

/* A seek_fn; the source is the tracer. */
int tracer_seek(void *source, const struct sought_socket *sockets, size_t count, record_fn fn, void *context);

/* The process with this number, as a struct rt_holder of which only process and exe count. */
int tracer_seek_process(struct tracer *tracer, uint32_t pid, record_fn fn, void *context);

/* Each named unix socket that any process holds, as struct rt_unix_holder; -EOPNOTSUPP if not asked for. */
int tracer_unix_sockets(struct tracer *tracer, record_fn fn, void *context);

/* Its maps and iterators can be used with the rights that this thread has now.  A struct tracer. */
bool tracer_works(void *tracer);

/* No new records from here on: what is in the ring is all there is. */
void tracer_stop(struct tracer *tracer);

int tracer_add_process(struct tracer *tracer, uint32_t pid, uint64_t start_ns);
uint32_t tracer_tree_size(const struct tracer *tracer);

/* Deliveries to this port are reported from now on; for what the programs did not see binding. */
int tracer_share_port(struct tracer *tracer, uint32_t netns, uint32_t protocol, uint16_t port);

const struct policy *tracer_policy(const struct tracer *tracer);
void tracer_counts(const struct tracer *tracer, struct end_info *ret_info);
/* A kernel that may preempt the hook of every system call skips it meanwhile, and counts that for all of
 * them. */
bool tracer_misses_calls(const struct tracer *tracer);

/* Kprobes stand in for what this kernel cannot trace, and it does not tell how many calls they miss. */
bool tracer_misses_uncounted(const struct tracer *tracer);
size_t tracer_probes(const struct tracer *tracer, struct probe_info *ret_probes, size_t max);

#endif
