/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every socket that has a port now and everybody who has it, from BPF
 * iterators: nothing is attached, traced or bound.
 */
#ifndef REUSETRACE_LINUX_LISTER_H
#define REUSETRACE_LINUX_LISTER_H

#include <stdbool.h>

#include "../bpf/list.h"
#include "linux/seek.h"
#include "model/event.h"

struct lister;

/*
 * Loads the programs; port 0 stands for every port.  0, -EPERM (not
 * permitted) or another negative errno (the kernel lacks something);
 * ret_reason says what in one line.
 */
int lister_new(uint16_t port, bool show_log, struct lister **ret_lister, char *ret_reason, size_t size);
void lister_free(struct lister *lister); /* NULL is allowed */

/* Each socket as struct rt_listed, in the kernel's order in each bucket; one may come twice. */
int lister_sockets(struct lister *lister, record_fn fn, void *context);

/* Something may have come twice in the last walk. */
bool lister_repeated(const struct lister *lister);

/* Buckets of the last walk that changed too fast to be walked to their end. */
uint32_t lister_cut_short(const struct lister *lister);

/* Each descriptor of them as struct rt_owner; after lister_sockets(). */
int lister_owners(struct lister *lister, record_fn fn, void *context);

/* A seek_fn; the source is the lister. */
int lister_seek(void *source, const struct sought_socket *sockets, size_t count, record_fn fn, void *context);

const struct policy *lister_policy(const struct lister *lister);

#endif
