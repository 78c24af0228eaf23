/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a BPF iterator writes. */
#ifndef REUSETRACE_LINUX_ITERATOR_H
#define REUSETRACE_LINUX_ITERATOR_H

#include <stddef.h>

struct bpf_link;

/* Called for each record; a negative return ends the reading. */
typedef int (*record_fn)(void *context, const void *record, size_t size);

/* All records of one run of the iterator; each has this size.  0 or a negative errno. */
int iterator_read(const struct bpf_link *link, size_t record, record_fn fn, void *context);

#endif
