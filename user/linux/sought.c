/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/sought.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../bpf/config.h"

#define SIZE (RT_SOUGHT_MAX * sizeof(struct rt_sought))

int sought_map(int fd, struct rt_sought **ret_sought)
{
	void *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret_sought = memory;
	return 0;
}

void sought_unmap(struct rt_sought *sought)
{
	if (sought)
		munmap(sought, SIZE);
}

static int by_key(const void *one, const void *two)
{
	const struct rt_sought *a = one, *b = two;

	return a->key < b->key ? -1 : a->key > b->key;
}

void sought_set(struct rt_sought *sought, const struct sought_socket *sockets, size_t count)
{
	struct rt_sought *first;

	if (count > RT_SOUGHT_MAX)
		count = RT_SOUGHT_MAX;
	first = sought + RT_SOUGHT_MAX - count;
	memset(sought, 0, SIZE);
	for (size_t i = 0; i < count; i++)
		first[i] = (struct rt_sought){
			.key = sockets[i].key, .inode = sockets[i].inode, .port = sockets[i].port};
	qsort(first, count, sizeof(*first), by_key);
}
