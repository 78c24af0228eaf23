/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One ETW event, from a file or a live session, before anything is decoded. */
#ifndef REUSETRACE_ETW_RECORD_H
#define REUSETRACE_ETW_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETW_GUID_SIZE 16

enum etw_kind {
	ETW_MANIFEST, /* EVENT_HEADER: provider, id and version say what it is */
	ETW_CLASSIC,  /* EVENT_TRACE_HEADER: class GUID and type */
	ETW_SYSTEM,   /* the kernel logger's own: group and type */
};

struct etw_record {
	enum etw_kind kind;
	uint8_t pointer_size; /* 4 or 8: of the one who wrote the event */
	uint16_t cpu;
	uint32_t pid, tid;   /* 0 and 0 where the header has none */
	uint64_t time_ns;    /* since 1970 */
	const uint8_t *guid; /* ETW_GUID_SIZE bytes as on disk, NULL for ETW_SYSTEM */
	uint16_t id;	     /* manifest: event id; classic: type; system: group << 8 | type */
	uint8_t version;
	const uint8_t *sid; /* of the process, if the session asked for it */
	size_t sid_size;
	uint64_t start_key; /* tells processes with one pid apart, 0 unknown */
	const uint8_t *payload;
	size_t size;
};

#endif
