/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sockets of this machine at one moment, from the kernel's tables where
 * BPF may read them, else from sock_diag and /proc, which know less.
 *
 * A listing owns its rows; what listing_holder() fills, the caller frees.
 */
#ifndef REUSETRACE_LINUX_LISTING_H
#define REUSETRACE_LINUX_LISTING_H

#include "../bpf/list.h"
#include "model/event.h"

struct listing;

struct listing_options {
	uint16_t port; /* 0: every one */
	bool show_log; /* libbpf's and the verifier's, on stderr */
	bool exe;      /* of processes is wanted */
};

#define LISTING_REASON_LEN 512

/* Nothing is read yet.  -ENOMEM, or 0. */
int listing_new(const struct listing_options *options, struct listing **ret_listing);
void listing_free(struct listing *listing); /* NULL is allowed */

/* Reads the machine, anew each time: 0 or a negative errno. */
int listing_read(struct listing *listing);

/* The sockets alone: nobody owns one then.  Enough to judge, and cheaper the more processes there are. */
int listing_read_sockets(struct listing *listing);

/* Why reuse flags are not known, in one line; NULL: they are. */
const char *listing_blind(const struct listing *listing);

/* Why the sockets of TCP or UDP could not be read, a negative errno; 0: they were. */
int listing_unread(const struct listing *listing, enum protocol protocol);

/* TCP sockets that are bound and do not listen are not among the rows. */
bool listing_lacks_bound(const struct listing *listing);

/* Ports whose sockets changed too fast to be listed to the last one. */
uint32_t listing_cut_short(const struct listing *listing);

const struct policy *listing_policy(const struct listing *listing);

size_t listing_count(const struct listing *listing);
const struct rt_listed *listing_row(const struct listing *listing, size_t index);

/* The socket of a row, without who has it. */
void listing_sock(const struct listing *listing, size_t index, struct sock_info *ret_sock);

/*
 * Who has the socket of a row, named and placed: fills a zeroed holder, whose
 * places are valid until the next listing_read().  0 or -ENOMEM.
 */
int listing_holder(struct listing *listing, size_t index, struct holder *ret_holder);

/* The process that an owner of a holder is, as far as it is known; cgroup and place are looked up. */
void listing_process(struct listing *listing, const struct owner *owner, struct proc_info *ret_process);

#endif
