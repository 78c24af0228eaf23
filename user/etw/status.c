/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/status.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ntstatus.h; the errors are msafd's (SockNtStatusToSocketError). */
static const struct {
	uint32_t status;
	int error;
	const char *name;
} statuses[] = {
	{0x00000000, 0, "STATUS_SUCCESS"},
	{0x00000103, 0, "STATUS_PENDING"},
	{0xc0000005, WINSOCK_EFAULT, "STATUS_ACCESS_VIOLATION"},
	{0xc0000008, WINSOCK_ENOTSOCK, "STATUS_INVALID_HANDLE"},
	{0xc000000d, WINSOCK_EINVAL, "STATUS_INVALID_PARAMETER"},
	{0xc0000010, WINSOCK_EOPNOTSUPP, "STATUS_INVALID_DEVICE_REQUEST"},
	{0xc0000017, WINSOCK_ENOBUFS, "STATUS_NO_MEMORY"},
	{NTSTATUS_ACCESS_DENIED, WINSOCK_EACCES, "STATUS_ACCESS_DENIED"},
	{NTSTATUS_SHARING_VIOLATION, WINSOCK_EADDRINUSE, "STATUS_SHARING_VIOLATION"},
	{0xc000009a, WINSOCK_ENOBUFS, "STATUS_INSUFFICIENT_RESOURCES"},
	{0xc00000b5, WINSOCK_ETIMEDOUT, "STATUS_IO_TIMEOUT"},
	{0xc00000bb, WINSOCK_EOPNOTSUPP, "STATUS_NOT_SUPPORTED"},
	{0xc0000141, WINSOCK_EADDRNOTAVAIL, "STATUS_INVALID_ADDRESS"},
	{0xc0000184, WINSOCK_EINVAL, "STATUS_INVALID_DEVICE_STATE"},
	{0xc0000207, WINSOCK_EADDRNOTAVAIL, "STATUS_INVALID_ADDRESS_COMPONENT"},
	{0xc0000208, WINSOCK_EADDRNOTAVAIL, "STATUS_INVALID_ADDRESS_WILDCARD"},
	{0xc0000209, WINSOCK_ENOBUFS, "STATUS_TOO_MANY_ADDRESSES"},
	{NTSTATUS_ADDRESS_ALREADY_EXISTS, WINSOCK_EADDRINUSE, "STATUS_ADDRESS_ALREADY_EXISTS"},
	{0xc000020d, WINSOCK_ECONNRESET, "STATUS_CONNECTION_RESET"},
	{0xc0000236, WINSOCK_ECONNREFUSED, "STATUS_CONNECTION_REFUSED"},
	{0xc000023c, WINSOCK_ENETUNREACH, "STATUS_NETWORK_UNREACHABLE"},
	{0xc000023d, WINSOCK_EHOSTUNREACH, "STATUS_HOST_UNREACHABLE"},
	{0xc0000241, WINSOCK_ECONNABORTED, "STATUS_CONNECTION_ABORTED"},
};

static size_t find_status(uint32_t ntstatus)
{
	size_t i = 0;

	while (i < COUNT(statuses) && statuses[i].status != ntstatus)
		i++;
	return i;
}

int ntstatus_to_winsock(uint32_t ntstatus)
{
	size_t i = find_status(ntstatus);

	if (i < COUNT(statuses))
		return statuses[i].error;
	return ntstatus >> 30 == 3 ? WINSOCK_ESYSCALL : 0; /* severity: error */
}

const char *ntstatus_name(uint32_t ntstatus)
{
	size_t i = find_status(ntstatus);

	return i < COUNT(statuses) ? statuses[i].name : NULL;
}

bool ntstatus_is_rewritten(uint32_t ntstatus)
{
	return ntstatus == NTSTATUS_SHARING_VIOLATION || ntstatus == NTSTATUS_ADDRESS_ALREADY_EXISTS;
}

const struct winsock_option_row *winsock_option(int32_t level, int32_t number)
{
	enum { LEVEL_SOCKET = 0xffff, LEVEL_IPV6 = 41 };
	static const struct winsock_option_row rows[] = {
		{LEVEL_SOCKET, 4, OPTION_REUSEADDR, "SO_REUSEADDR"},
		{LEVEL_SOCKET, ~4, OPTION_EXCLUSIVE, "SO_EXCLUSIVEADDRUSE"},
		{LEVEL_SOCKET, 0x20, OPTION_UNKNOWN, "SO_BROADCAST"},
		{LEVEL_SOCKET, 0x3002, OPTION_UNKNOWN, "SO_CONDITIONAL_ACCEPT"},
		{LEVEL_SOCKET, 0x3005, OPTION_RANDOMIZE_PORT, "SO_RANDOMIZE_PORT"},
		{LEVEL_SOCKET, 0x3006, OPTION_PORT_SCALABILITY, "SO_PORT_SCALABILITY"},
		{LEVEL_SOCKET, 0x3007, OPTION_REUSE_UNICASTPORT, "SO_REUSE_UNICASTPORT"},
		{LEVEL_SOCKET, 0x3008, OPTION_REUSE_MULTICASTPORT, "SO_REUSE_MULTICASTPORT"},
		{LEVEL_IPV6, 27, OPTION_V6ONLY, "IPV6_V6ONLY"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].level == level && rows[i].number == number)
			return &rows[i];
	return NULL;
}
