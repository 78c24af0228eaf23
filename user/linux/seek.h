/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holders to which no descriptor leads: in flight in SCM_RIGHTS, fixed files
 * of io_uring, sockets of the kernel's own.  Asked of the kernel only for
 * sockets that need it.
 */
#ifndef REUSETRACE_LINUX_SEEK_H
#define REUSETRACE_LINUX_SEEK_H

#include "linux/iterator.h"
#include "model/sockets.h"

struct seek;

struct seek *seek_new(void);
void seek_free(struct seek *seek); /* NULL is allowed */

/* Forgets the sockets of the last time. */
void seek_clear(struct seek *seek);

/* One more socket that is sought: 0 or -ENOMEM. */
int seek_add(struct seek *seek, uint64_t key, const struct sock_info *sock);

struct sought_socket {
	uint64_t key, inode;
	uint16_t port;
};

/*
 * Looks for the holders of sockets to which no descriptor leads: fn gets a
 * struct rt_found for each thing found.  At most RT_SOUGHT_MAX sockets a call.
 * -EOPNOTSUPP where the kernel refused the programs for it.
 */
typedef int (*seek_fn)(void *source, const struct sought_socket *sockets, size_t count, record_fn fn,
		       void *context);

/* Looks for all of them.  Processes that have one somehow are added to the owners. */
int seek_run(struct seek *seek, seek_fn look, void *source, struct sockets *sockets);

/*
 * What was found besides owners: fills holder->kernel.  False if the socket
 * had lost its port by then.
 */
bool seek_found(struct seek *seek, uint64_t key, struct holder *holder);

#endif
