/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows/listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "windows/system.h"
#include "windows/tables.h"

static int fill(const struct table_socket *socket, struct holder *holder)
{
	struct owner owner = {.pid = socket->pid, .fd = -1};
	char name[EXE_LEN];

	*holder = (struct holder){
		.sock = socket->sock,
		.kind = socket->sock.state == STATE_TIME_WAIT ? KIND_TIME_WAIT
			: socket->sock.kernel		      ? KIND_KERNEL
			: socket->pid			      ? KIND_PROCESS
							      : KIND_UNKNOWN,
		.since_ns = socket->since_ns,
		.expires_ms = -1,
		.released_after_ns = -1,
	};
	if (!socket->pid || holder->kind == KIND_TIME_WAIT)
		return 0;
	if (process_name(socket->pid, name, sizeof(name))) {
		memcpy(owner.comm, name, COMM_LEN - 1);
		memcpy(owner.exe, name, EXE_LEN);
	}
	holder->sock.uid = process_uid(socket->pid);
	holder->bound_by = owner;
	holder->owners = malloc(sizeof(owner));
	if (!holder->owners)
		return -ENOMEM;
	holder->owners[0] = owner;
	holder->owner_count = 1;
	return 0;
}

int listing_read(struct listing *ret_listing)
{
	struct tables tables;
	int err = tables_read(&tables);

	*ret_listing = (struct listing){.has_bound = tables.has_bound, .time_ns = system_now_ns()};
	if (!err)
		ret_listing->holders = calloc(tables.count + 1, sizeof(*ret_listing->holders));
	if (!err && !ret_listing->holders)
		err = -ENOMEM;
	while (!err && ret_listing->count < tables.count) {
		err = fill(&tables.sockets[ret_listing->count], &ret_listing->holders[ret_listing->count]);
		ret_listing->count++;
	}
	tables_free(&tables);
	return err;
}

void listing_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->holders[i].owners);
	free(listing->holders);
	*listing = (struct listing){.holders = NULL};
}

void listing_tell_limits(const struct listing *listing, const char *command)
{
	if (!listing->has_bound)
		fprintf(stderr,
			"reusetrace: %s: TCP sockets that are bound and do not listen are not in the tables "
			"here\n",
			command);
}

void listing_process(const struct holder *holder, struct proc_info *ret_process)
{
	*ret_process = (struct proc_info){.uid = holder->sock.uid};
	if (!holder->owner_count)
		return;
	ret_process->pid = holder->owners[0].pid;
	memcpy(ret_process->comm, holder->owners[0].comm, sizeof(ret_process->comm));
	memcpy(ret_process->exe, holder->owners[0].exe, sizeof(ret_process->exe));
}
