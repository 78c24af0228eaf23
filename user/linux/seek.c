/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/seek.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/config.h"
#include "linux/decode.h"
#include "linux/symbols.h"

struct row {
	struct sought_socket sought;
	bool alive;
	uint64_t function;
	struct device devices[HOLDER_DEVICES];
	size_t device_count;
};

struct seek {
	struct row *rows;
	size_t count, capacity;
	struct symbols *symbols;
	struct sockets *sockets; /* while it runs */
};

struct seek *seek_new(void)
{
	struct seek *seek = calloc(1, sizeof(*seek));

	if (!seek)
		return NULL;
	seek->symbols = symbols_new();
	if (!seek->symbols) {
		free(seek);
		return NULL;
	}
	return seek;
}

void seek_free(struct seek *seek)
{
	if (!seek)
		return;
	symbols_free(seek->symbols);
	free(seek->rows);
	free(seek);
}

void seek_clear(struct seek *seek)
{
	seek->count = 0;
}

static struct row *row_of(const struct seek *seek, uint64_t key)
{
	for (size_t i = 0; i < seek->count; i++)
		if (seek->rows[i].sought.key == key)
			return &seek->rows[i];
	return NULL;
}

int seek_add(struct seek *seek, uint64_t key, const struct sock_info *sock)
{
	if (seek->count == RT_SOUGHT_MAX || row_of(seek, key))
		return 0;
	if (seek->count == seek->capacity) {
		size_t capacity = seek->capacity ? seek->capacity * 2 : 16;
		struct row *rows = realloc(seek->rows, capacity * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		seek->rows = rows;
		seek->capacity = capacity;
	}
	seek->rows[seek->count++] =
		(struct row){.sought = {.key = key, .inode = sock->inode, .port = sock->port}};
	return 0;
}

static int note_owner(struct seek *seek, const struct rt_found *found)
{
	struct owner owner = {.fd = found->fd, .index = found->index};
	struct proc_info process;

	decode_process(&found->header.process, &process);
	owner.pid = process.pid;
	owner.nspid = process.nspid;
	owner.ppid = process.ppid;
	owner.how = found->how == RT_FOUND_RING ? OWNER_RING : OWNER_QUEUE;
	memcpy(owner.comm, process.comm, sizeof(owner.comm));
	decode_exe(found->exe, owner.exe, sizeof(owner.exe));
	return owners_add(seek->sockets, found->key, found->inode, &owner);
}

static void note_device(struct row *row, const struct rt_found *found)
{
	struct device *device = &row->devices[row->device_count];

	if (row->device_count == HOLDER_DEVICES)
		return;
	device->ifindex = found->ifindex;
	memcpy(device->name, found->device, sizeof(device->name) - 1);
	device->name[sizeof(device->name) - 1] = '\0';
	row->device_count++;
}

static int on_found(void *context, const void *record, size_t size)
{
	struct seek *seek = context;
	const struct rt_found *found = record;
	struct row *row;

	if (size < sizeof(*found))
		return -EBADMSG;
	row = row_of(seek, found->key);
	if (!row)
		return 0;
	if (found->how == RT_FOUND_QUEUE || found->how == RT_FOUND_RING)
		return note_owner(seek, found);
	row->alive = true;
	row->function = found->function;
	if (found->how == RT_FOUND_DEVICE)
		note_device(row, found);
	return 0;
}

int seek_run(struct seek *seek, seek_fn look, void *source, struct sockets *sockets)
{
	struct sought_socket *sought;
	int err;

	if (!seek->count)
		return 0;
	sought = calloc(seek->count, sizeof(*sought));
	if (!sought)
		return -ENOMEM;
	for (size_t i = 0; i < seek->count; i++)
		sought[i] = seek->rows[i].sought;
	seek->sockets = sockets;
	err = look(source, sought, seek->count, on_found, seek);
	free(sought);
	for (size_t i = 0; err == -EOPNOTSUPP && i < seek->count; i++)
		seek->rows[i].alive = true; /* not known to be gone */
	return err == -EOPNOTSUPP ? 0 : err;
}

bool seek_found(struct seek *seek, uint64_t key, struct holder *holder)
{
	const struct row *row = row_of(seek, key);
	struct kernel_use *use = &holder->kernel;

	if (!row || !row->alive)
		return false;
	symbols_name(seek->symbols, row->function, use->function, use->module);
	memcpy(use->devices, row->devices, sizeof(use->devices));
	use->device_count = row->device_count;
	return true;
}
