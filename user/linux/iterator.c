/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/iterator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* A read that asks for more than a turn of the sockets gives has the kernel begin one that does not fit. */
#define ITERATOR_READ 64 /* records at a time */

int iterator_read(const struct bpf_link *link, size_t record, record_fn fn, void *context)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	size_t have = 0, room = ITERATOR_READ * record;
	char *buf;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	buf = malloc(room);
	while (buf && !err) {
		size_t at = 0;

		n = read(fd, buf + have, room - have);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		have += n;
		for (; have - at >= record && !err; at += record)
			err = fn(context, buf + at, record);
		memmove(buf, buf + at, have - at);
		have -= at;
	}
	if (!err && (!buf || n < 0))
		err = buf ? -errno : -ENOMEM;
	free(buf);
	close(fd);
	return err;
}
