/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "windows/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>

#include "etw/clock.h"
#include "windows/system.h"

#define TRIES 8 /* a table grows between two calls */

static enum sock_state state_of(DWORD state)
{
	static const enum sock_state states[] = {
		[MIB_TCP_STATE_CLOSED] = STATE_BOUND,	     [MIB_TCP_STATE_LISTEN] = STATE_LISTEN,
		[MIB_TCP_STATE_SYN_SENT] = STATE_SYN_SENT,   [MIB_TCP_STATE_SYN_RCVD] = STATE_SYN_RECV,
		[MIB_TCP_STATE_ESTAB] = STATE_ESTABLISHED,   [MIB_TCP_STATE_FIN_WAIT1] = STATE_FIN_WAIT1,
		[MIB_TCP_STATE_FIN_WAIT2] = STATE_FIN_WAIT2, [MIB_TCP_STATE_CLOSE_WAIT] = STATE_CLOSE_WAIT,
		[MIB_TCP_STATE_CLOSING] = STATE_CLOSING,     [MIB_TCP_STATE_LAST_ACK] = STATE_LAST_ACK,
		[MIB_TCP_STATE_TIME_WAIT] = STATE_TIME_WAIT,
	};

	return state < sizeof(states) / sizeof(states[0]) ? states[state] : STATE_UNKNOWN;
}

static struct address address_v4(DWORD address)
{
	struct address result = {.family = FAMILY_IPV4};

	memcpy(result.bytes, &address, 4);
	return result;
}

static struct address address_v6(const UCHAR address[16], DWORD scope)
{
	struct address result = {.family = FAMILY_IPV6, .scope = scope};

	memcpy(result.bytes, address, 16);
	return result;
}

static int add(struct tables *tables, enum protocol protocol, const struct address *address, DWORD port,
	       enum sock_state state, DWORD pid, int64_t since)
{
	struct table_socket *socket;

	if (tables->count == tables->room) {
		size_t room = tables->room ? 2 * tables->room : 256;
		struct table_socket *bigger = realloc(tables->sockets, room * sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		tables->sockets = bigger;
		tables->room = room;
	}
	socket = &tables->sockets[tables->count++];
	*socket = (struct table_socket){
		.sock = {.protocol = protocol,
			 .family = address->family,
			 .uid = UID_NONE,
			 .address = *address,
			 .port = ntohs((u_short)port),
			 .state = state,
			 .kernel = pid == 4,
			 .winsock = true},
		.pid = pid,
		.since_ns = filetime_to_ns(since),
	};
	for (int fact = 0; fact < FACT_MAX; fact++)
		socket->sock.from[fact] = FROM_QUERIED;
	socket->sock.from[FACT_OPTIONS] = FROM_ASSUMED;
	if (address->family == FAMILY_IPV6)
		socket->sock.from[FACT_V6ONLY] = FROM_ASSUMED;
	socket->sock.options.v6only = address->family == FAMILY_IPV6; /* Windows' default */
	return 0;
}

static void set_peer(struct tables *tables, const struct address *peer, DWORD port)
{
	struct sock_info *sock = &tables->sockets[tables->count - 1].sock;

	if (sock->state == STATE_LISTEN || sock->state == STATE_BOUND)
		return;
	sock->peer = *peer;
	sock->peer_port = ntohs((u_short)port);
}

static int add_tcp4(struct tables *tables, const void *data)
{
	const MIB_TCPTABLE_OWNER_MODULE *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		const MIB_TCPROW_OWNER_MODULE *row = &table->table[i];
		struct address address = address_v4(row->dwLocalAddr), peer = address_v4(row->dwRemoteAddr);

		err = add(tables, PROTO_TCP, &address, row->dwLocalPort, state_of(row->dwState),
			  row->dwOwningPid, row->liCreateTimestamp.QuadPart);
		if (!err)
			set_peer(tables, &peer, row->dwRemotePort);
	}
	return err;
}

static int add_tcp6(struct tables *tables, const void *data)
{
	const MIB_TCP6TABLE_OWNER_MODULE *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		const MIB_TCP6ROW_OWNER_MODULE *row = &table->table[i];
		struct address address = address_v6(row->ucLocalAddr, row->dwLocalScopeId);
		struct address peer = address_v6(row->ucRemoteAddr, row->dwRemoteScopeId);

		err = add(tables, PROTO_TCP, &address, row->dwLocalPort, state_of(row->dwState),
			  row->dwOwningPid, row->liCreateTimestamp.QuadPart);
		if (!err)
			set_peer(tables, &peer, row->dwRemotePort);
	}
	return err;
}

static int add_udp4(struct tables *tables, const void *data)
{
	const MIB_UDPTABLE_OWNER_MODULE *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		const MIB_UDPROW_OWNER_MODULE *row = &table->table[i];
		struct address address = address_v4(row->dwLocalAddr);

		err = add(tables, PROTO_UDP, &address, row->dwLocalPort, STATE_BOUND, row->dwOwningPid,
			  row->liCreateTimestamp.QuadPart);
	}
	return err;
}

static int add_udp6(struct tables *tables, const void *data)
{
	const MIB_UDP6TABLE_OWNER_MODULE *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		const MIB_UDP6ROW_OWNER_MODULE *row = &table->table[i];
		struct address address = address_v6(row->ucLocalAddr, row->dwLocalScopeId);

		err = add(tables, PROTO_UDP, &address, row->dwLocalPort, STATE_BOUND, row->dwOwningPid,
			  row->liCreateTimestamp.QuadPart);
	}
	return err;
}

static DWORD get_tcp(void *data, DWORD *size, ULONG family)
{
	return GetExtendedTcpTable(data, size, FALSE, family, TCP_TABLE_OWNER_MODULE_ALL, 0);
}

static DWORD get_udp(void *data, DWORD *size, ULONG family)
{
	return GetExtendedUdpTable(data, size, FALSE, family, UDP_TABLE_OWNER_MODULE, 0);
}

static const struct source {
	DWORD (*get)(void *data, DWORD *size, ULONG family);
	ULONG family;
	int (*add)(struct tables *tables, const void *data);
} sources[] = {
	{get_tcp, AF_INET, add_tcp4},
	{get_tcp, AF_INET6, add_tcp6},
	{get_udp, AF_INET, add_udp4},
	{get_udp, AF_INET6, add_udp6},
};

static int read_source(struct tables *tables, const struct source *source)
{
	DWORD size = 65536, status = ERROR_INSUFFICIENT_BUFFER;
	void *data = NULL;
	int err = 0;

	for (int i = 0; status == ERROR_INSUFFICIENT_BUFFER && i < TRIES; i++) {
		free(data);
		size += 4096;
		data = calloc(1, size);
		if (!data)
			return -ENOMEM;
		status = source->get(data, &size, source->family);
	}
	if (status == NO_ERROR)
		err = source->add(tables, data);
	else if (status != ERROR_NOT_SUPPORTED) /* no IPv6 here */
		err = -EIO;
	free(data);
	return err;
}

static int add_bound4(struct tables *tables, const void *data)
{
	const MIB_TCPTABLE2 *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		struct address address = address_v4(table->table[i].dwLocalAddr);

		err = add(tables, PROTO_TCP, &address, table->table[i].dwLocalPort, STATE_BOUND,
			  table->table[i].dwOwningPid, 0);
	}
	return err;
}

static int add_bound6(struct tables *tables, const void *data)
{
	const MIB_TCP6TABLE2 *table = data;
	int err = 0;

	for (DWORD i = 0; i < table->dwNumEntries && !err; i++) {
		const MIB_TCP6ROW2 *row = &table->table[i];
		struct address address = address_v6(row->LocalAddr.s6_addr, row->dwLocalScopeId);

		err = add(tables, PROTO_TCP, &address, row->dwLocalPort, STATE_BOUND, row->dwOwningPid, 0);
	}
	return err;
}

/* Exported without a document; the table is allocated on the heap that is given. */
static int read_bound(struct tables *tables, const char *name,
		      int (*add_table)(struct tables *, const void *))
{
	DWORD(WINAPI * get)(void **table, HANDLE heap, DWORD flags);
	HMODULE module = GetModuleHandleA("iphlpapi.dll");
	FARPROC found = module ? GetProcAddress(module, name) : NULL;
	void *table = NULL;
	int err;

	if (!found)
		return -ENOENT;
	memcpy(&get, &found, sizeof(get));
	if (get(&table, GetProcessHeap(), 0) || !table)
		return -EIO;
	err = add_table(tables, table);
	HeapFree(GetProcessHeap(), 0, table);
	return err;
}

int tables_read(struct tables *ret_tables)
{
	struct windows_system system;
	int err = 0, four, six;

	*ret_tables = (struct tables){0};
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]) && !err; i++)
		err = read_source(ret_tables, &sources[i]);
	system_read(&system);
	if (err || system.wine) /* Wine ends a program that calls the next two */
		return err;
	four = read_bound(ret_tables, "InternalGetBoundTcpEndpointTable", add_bound4);
	six = read_bound(ret_tables, "InternalGetBoundTcp6EndpointTable", add_bound6);
	ret_tables->has_bound = !four && !six;
	return four == -ENOMEM || six == -ENOMEM ? -ENOMEM : 0;
}

void tables_free(struct tables *tables)
{
	free(tables->sockets);
	*tables = (struct tables){0};
}
