/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event of the three providers says, by provider, id and version.
 *
 * The layouts are rows of layouts.c, from the providers' manifests.  A field
 * that a payload is too short for is absent, as are those behind it; an event
 * without its required fields is damaged.
 */
#ifndef REUSETRACE_ETW_DECODE_H
#define REUSETRACE_ETW_DECODE_H

#include "etw/record.h"
#include "model/event.h"

enum etw_provider { PROVIDER_SOCKETS, PROVIDER_AFD, PROVIDER_TCPIP, PROVIDER_MAX };

enum etw_message {
	MESSAGE_NONE,
	SOCKETS_CREATE,
	SOCKETS_CLOSE,
	SOCKETS_ACCEPT,
	SOCKETS_OPTION,
	SOCKETS_CONNECT,
	SOCKETS_BIND,
	SOCKETS_LISTEN,
	AFD_CREATE,
	AFD_CLOSE, /* and cleanup: the last handle is gone */
	AFD_CONNECT,
	AFD_ACCEPT,
	AFD_BIND,
	AFD_ABORT,
	AFD_OPTION,
	AFD_LISTEN,
	TCPIP_CREATE,
	TCPIP_BIND, /* layout->cause says how it went */
	TCPIP_CLOSE,
	TCPIP_RESERVATION,
	TCPIP_LISTENER, /* activated, or not: layout->cause */
	TCPIP_INSPECT,
	TCPIP_OPTION,
	MESSAGE_MAX
};

/* Numbers of a payload. */
enum etw_slot {
	SLOT_NONE, /* read and dropped */
	SLOT_ERROR /* Winsock's */,
	SLOT_STATUS /* NTSTATUS */,
	SLOT_ENTER_EXIT,
	SLOT_LOCATION,
	SLOT_PROCESS /* EPROCESS */,
	SLOT_ENDPOINT,
	SLOT_ACCEPTED /* endpoint or handle */,
	SLOT_SOCKET /* handle */,
	SLOT_FAMILY /* Windows' number */,
	SLOT_TYPE,
	SLOT_PROTOCOL,
	SLOT_PID,
	SLOT_LEVEL,
	SLOT_OPTION,
	SLOT_VALUE,
	SLOT_BACKLOG,
	SLOT_REASON,
	SLOT_INSPECTION,
	SLOT_RESERVATION_TYPE,
	SLOT_PORT,
	SLOT_PORTS,
	SLOT_START_KEY,
	SLOT_MAX
};

enum etw_type {
	TYPE_END,
	TYPE_U16,
	TYPE_U32,
	TYPE_U64,
	TYPE_POINTER,
	TYPE_ADDRESS, /* u32 length, SOCKADDR */
	TYPE_VALUE,   /* u32 length, bytes: the first 8 of them as a number */
};

struct etw_field {
	uint8_t type, slot;
};

#define ETW_FIELDS_MAX 10

struct etw_layout {
	enum etw_provider provider;
	uint16_t id;
	uint8_t first_version, last_version;
	enum etw_message message;
	enum windows_cause cause;
	enum protocol protocol; /* NONE: the event does not tell */
	uint8_t required;	/* fields without which it is damaged */
	struct etw_field fields[ETW_FIELDS_MAX];
};

struct etw_facts {
	const struct etw_layout *layout;
	uint32_t present; /* bits 1 << slot */
	uint64_t value[SLOT_MAX];
	struct address address; /* family NONE: there is none */
	uint16_t port;
};

_Static_assert(SLOT_MAX <= 32, "one bit a slot");

/*
 * 0; -ENOENT: not one of the three providers or not one of their events that
 * are read; -ENOTSUP: a version that is not known; -EBADMSG: damaged.
 */
int etw_decode(const struct etw_record *record, struct etw_facts *ret_facts);

static inline bool etw_has(const struct etw_facts *facts, enum etw_slot slot)
{
	return facts->present >> slot & 1;
}

extern const uint8_t etw_provider_guids[PROVIDER_MAX][ETW_GUID_SIZE];
extern const struct etw_layout etw_layouts[];
extern const size_t etw_layout_count;

/* AF_* of Windows: 2, 23 */
enum family etw_family(uint64_t number);

/* IPPROTO_*, or where it is 0 SOCK_*. */
enum protocol etw_protocol(uint64_t protocol, uint64_t socket_type);

#endif
