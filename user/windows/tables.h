/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every bound socket as the IP helper tables have them.  They know no options
 * and, beside their owners, no times before Windows 10; a TCP socket that is
 * bound and does not listen is only in a table that Microsoft does not document
 * (what `netstat -q` shows).
 */
#ifndef REUSETRACE_WINDOWS_TABLES_H
#define REUSETRACE_WINDOWS_TABLES_H

#include "model/event.h"

struct table_socket {
	struct sock_info
		sock;	   /* protocol, family, address, port, peer, state; from: FROM_QUERIED or ASSUMED */
	uint32_t pid;	   /* 0: the table does not say */
	uint64_t since_ns; /* 0: the table does not say */
};

struct tables {
	struct table_socket *sockets;
	size_t count, room;
	bool has_bound; /* the table of bound sockets that do not listen could be read */
};

/* 0, -ENOMEM, or -EIO where a table cannot be read.  tables_free() is the caller's in any case. */
int tables_read(struct tables *ret_tables);
void tables_free(struct tables *tables);

#endif
