/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and meanings of Windows' numbers: NTSTATUS, Winsock errors and options. */
#ifndef REUSETRACE_ETW_STATUS_H
#define REUSETRACE_ETW_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#define NTSTATUS_SHARING_VIOLATION	0xc0000043u
#define NTSTATUS_ACCESS_DENIED		0xc0000022u
#define NTSTATUS_ADDRESS_ALREADY_EXISTS 0xc000020au

enum winsock_error {
	WINSOCK_EACCES = 10013,
	WINSOCK_EFAULT = 10014,
	WINSOCK_EINVAL = 10022,
	WINSOCK_ENOTSOCK = 10038,
	WINSOCK_EOPNOTSUPP = 10045,
	WINSOCK_EAFNOSUPPORT = 10047,
	WINSOCK_EADDRINUSE = 10048,
	WINSOCK_EADDRNOTAVAIL = 10049,
	WINSOCK_EWOULDBLOCK = 10035,
	WINSOCK_ENETUNREACH = 10051,
	WINSOCK_ECONNABORTED = 10053,
	WINSOCK_ECONNRESET = 10054,
	WINSOCK_ENOBUFS = 10055,
	WINSOCK_ETIMEDOUT = 10060,
	WINSOCK_ECONNREFUSED = 10061,
	WINSOCK_EHOSTUNREACH = 10065,
	WINSOCK_ESYSCALL = 10107, /* "a call that should never fail": the NTSTATUS is not in the table */
};

/* What Winsock makes of an NTSTATUS: 0 of success and of pending. */
int ntstatus_to_winsock(uint32_t ntstatus);

/* "STATUS_ADDRESS_ALREADY_EXISTS", NULL if it is not in the table. */
const char *ntstatus_name(uint32_t ntstatus);

/*
 * AFD logs the status of the transport and then makes STATUS_ACCESS_DENIED of
 * it if the binder has SO_REUSEADDR (AfdTLBindComplete2).
 */
bool ntstatus_is_rewritten(uint32_t ntstatus);

enum winsock_option {
	OPTION_UNKNOWN,
	OPTION_REUSEADDR,
	OPTION_EXCLUSIVE,
	OPTION_RANDOMIZE_PORT,
	OPTION_PORT_SCALABILITY,
	OPTION_REUSE_UNICASTPORT,
	OPTION_REUSE_MULTICASTPORT,
	OPTION_V6ONLY,
};

struct winsock_option_row {
	int32_t level, number;
	enum winsock_option option;
	const char *name;
};

/* By setsockopt()'s level and number; NULL if it is none that is named. */
const struct winsock_option_row *winsock_option(int32_t level, int32_t number);

#endif
