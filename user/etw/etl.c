/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/etl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "etw/bytes.h"
#include "etw/clock.h"
#include "etw/lz77.h"

#define BUFFER_HEADER	 0x48
#define EXPANDED_DEFAULT (1u << 20)
#define EXPANDED_LIMIT	 (16u << 20) /* the largest buffer that a session may have */
#define RECORDS_AHEAD	 4096

enum buffer_flag {
	BUFFER_EVENTS_LOST = 0x02,
	BUFFER_BUFFER_LOST = 0x04,
	BUFFER_PROC_INDEX = 0x20, /* ProcessorIndex is 16 bits, not a number and an alignment */
	BUFFER_COMPRESSED = 0x40,
};
#define BUFFER_TYPE_HEADER 4

#define MARKER_TRACE	   0xc0 /* TRACE_HEADER_FLAG | TRACE_HEADER_EVENT_TRACE */
#define MARKER_MESSAGE	   0x90 /* TRACE_HEADER_FLAG | TRACE_MESSAGE */

/* One buffer's records, in the file or expanded. */
struct chunk {
	const uint8_t *at;
	size_t size;
	uint8_t *expanded; /* owned, NULL: it is in the file */
	size_t position;   /* in the file */
	uint64_t sequence;
	uint16_t cpu;
};

/* Where a record is.  Chunks are sorted, so (time, chunk, offset) orders records. */
struct entry {
	int64_t time;
	uint32_t chunk, offset;
};

struct etl {
	const uint8_t *data;
	size_t size, expanded;
	struct etl_info info;
	struct etw_clock clock;
	uint32_t buffer_size; /* of the session: what a compressed buffer may expand to */
	struct chunk *chunks;
	size_t chunk_count, chunk_room;
	struct entry *entries;
	size_t entry_count, entry_room, next;
};

/* Trace headers by type (evntrace.h TRACE_HEADER_TYPE_*). */
static const struct shape {
	uint8_t header; /* bytes before the payload; 0: unknown, skipped by its size */
	bool size_at_4; /* else in the first 16 bits */
	uint8_t time_at;
	bool has_thread; /* thread and process id at 8 */
	bool keep;
	enum etw_kind kind;
	uint8_t pointer_size;
} shapes[] = {
	[0x01] = {0x20, true, 0x10, true, true, ETW_SYSTEM, 4},
	[0x02] = {0x20, true, 0x10, true, true, ETW_SYSTEM, 8},
	[0x03] = {0x18, true, 0x10, true, true, ETW_SYSTEM, 4},
	[0x04] = {0x18, true, 0x10, true, true, ETW_SYSTEM, 8},
	[0x0a] = {0x30, false, 0x10, true, true, ETW_CLASSIC, 4},
	[0x0b] = {0x38, false, 0x10, true, false, ETW_CLASSIC, 4},
	[0x10] = {0x10, true, 0x08, false, true, ETW_SYSTEM, 4},
	[0x11] = {0x10, true, 0x08, false, true, ETW_SYSTEM, 8},
	[0x12] = {0x50, false, 0x10, true, true, ETW_MANIFEST, 4},
	[0x13] = {0x50, false, 0x10, true, true, ETW_MANIFEST, 8},
	[0x14] = {0x30, false, 0x10, true, true, ETW_CLASSIC, 8},
	[0x15] = {0x40, false, 0x10, true, false, ETW_CLASSIC, 8},
};

static const struct shape *shape_of(uint8_t type)
{
	static const struct shape unknown = {.header = 0};

	return type < sizeof(shapes) / sizeof(shapes[0]) ? &shapes[type] : &unknown;
}

/* ---- buffers */

static int add_chunk(struct etl *etl, const struct chunk *chunk)
{
	if (etl->chunk_count == etl->chunk_room) {
		size_t room = etl->chunk_room ? 2 * etl->chunk_room : 64;
		struct chunk *chunks = realloc(etl->chunks, room * sizeof(*chunks));

		if (!chunks)
			return -ENOMEM;
		etl->chunks = chunks;
		etl->chunk_room = room;
	}
	etl->chunks[etl->chunk_count++] = *chunk;
	return 0;
}

/* 0, -EBADMSG: damaged, or another error that ends the reading. */
static int expand(struct etl *etl, struct chunk *chunk)
{
	uint8_t *out = malloc(etl->buffer_size), *smaller;
	long long used;

	if (!out)
		return -ENOMEM;
	used = lz77_expand(chunk->at, chunk->size, out, etl->buffer_size);
	if (used < 0) {
		free(out);
		return -EBADMSG;
	}
	etl->expanded += (size_t)used;
	smaller = realloc(out, used ? (size_t)used : 1);
	chunk->expanded = smaller ? smaller : out;
	chunk->at = chunk->expanded;
	chunk->size = (size_t)used;
	return etl->expanded > ETL_EXPANDED_MAX ? -EFBIG : 0;
}

/* The buffer at position, of which size bytes are there. */
static int read_buffer(struct etl *etl, size_t position, size_t size)
{
	const uint8_t *at = etl->data + position;
	uint16_t flags = (uint16_t)bytes_at(at, size, 0x34, 2);
	size_t filled = bytes_at(at, size, 0x30, 4);
	struct chunk chunk = {
		.at = at + BUFFER_HEADER,
		.position = position,
		.sequence = bytes_at(at, size, 0x18, 8),
		.cpu = (uint16_t)bytes_at(at, size, 0x28, flags & BUFFER_PROC_INDEX ? 2 : 1),
	};
	int err = 0;

	etl->info.buffers++;
	etl->info.buffers_lossy += (flags & (BUFFER_EVENTS_LOST | BUFFER_BUFFER_LOST)) != 0;
	etl->info.buffers_compressed += (flags & BUFFER_COMPRESSED) != 0;
	if (filled < BUFFER_HEADER) {
		etl->info.buffers_damaged++;
		return 0;
	}
	chunk.size = (filled < size ? filled : size) - BUFFER_HEADER;
	if (flags & BUFFER_COMPRESSED)
		err = expand(etl, &chunk);
	if (err == -EBADMSG) {
		etl->info.buffers_damaged++;
		return 0;
	}
	if (!err)
		err = add_chunk(etl, &chunk);
	if (err)
		free(chunk.expanded);
	return err;
}

static int read_buffers(struct etl *etl, size_t position)
{
	while (position < etl->size) {
		size_t left = etl->size - position;
		size_t size = bytes_at(etl->data + position, left, 0, 4);
		int err;

		if (left < BUFFER_HEADER) {
			etl->info.truncated = true;
			return 0;
		}
		if (size < BUFFER_HEADER) {
			etl->info.buffers_damaged++;
			return 0;
		}
		etl->info.truncated = size > left;
		err = read_buffer(etl, position, size < left ? size : left);
		if (err)
			return err;
		position += size < left ? size : left;
	}
	return 0;
}

static int compare_chunks(const void *one, const void *two)
{
	const struct chunk *a = one, *b = two;

	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return a->position < b->position ? -1 : a->position > b->position;
}

/* ---- records */

static int add_entry(struct etl *etl, const struct entry *entry)
{
	if (etl->entry_count == etl->entry_room) {
		size_t room = etl->entry_room ? 2 * etl->entry_room : RECORDS_AHEAD;
		struct entry *entries = realloc(etl->entries, room * sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		etl->entries = entries;
		etl->entry_room = room;
	}
	etl->entries[etl->entry_count++] = *entry;
	return 0;
}

/*
 * The size of the record at `at`, 0 if it makes no sense.  *ret_type is 0 for a
 * WPP message, whose layout is its writer's.
 */
static size_t record_size(const uint8_t *at, size_t left, uint8_t *ret_type)
{
	uint8_t marker = (uint8_t)bytes_at(at, left, 3, 1);
	const struct shape *shape;
	size_t size, least;

	*ret_type = (uint8_t)bytes_at(at, left, 2, 1);
	if (marker == MARKER_MESSAGE)
		*ret_type = 0;
	else if (marker != MARKER_TRACE)
		return 0;
	shape = shape_of(*ret_type);
	least = shape->header ? shape->header : 8;
	size = bytes_at(at, left, shape->size_at_4 ? 4 : 0, 2);
	return size >= least && size <= left ? size : 0;
}

static bool is_filler(const uint8_t *at, size_t left)
{
	return left < 8 || bytes_at(at, left, 0, 4) == UINT32_MAX;
}

static int walk_chunk(struct etl *etl, uint32_t index)
{
	const struct chunk *chunk = &etl->chunks[index];
	size_t offset = 0;

	while (offset < chunk->size && !is_filler(chunk->at + offset, chunk->size - offset)) {
		const uint8_t *at = chunk->at + offset;
		uint8_t type;
		size_t size = record_size(at, chunk->size - offset, &type);
		int err = 0;

		if (!size) {
			etl->info.buffers_damaged++;
			return 0;
		}
		etl->info.records[type]++;
		if (shape_of(type)->keep) {
			struct entry entry = {
				.time = (int64_t)bytes_at(at, size, shape_of(type)->time_at, 8),
				.chunk = index,
				.offset = (uint32_t)offset,
			};

			err = add_entry(etl, &entry);
		}
		if (err)
			return err;
		offset += (size + 7) & ~(size_t)7;
	}
	return 0;
}

static int compare_entries(const void *one, const void *two)
{
	const struct entry *a = one, *b = two;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->chunk != b->chunk)
		return a->chunk < b->chunk ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* ---- the file's header: the first record of the first buffer */

static int read_logfile_header(struct etl *etl)
{
	const struct chunk *chunk = &etl->chunks[0];
	struct etw_logfile logfile;
	uint8_t type;
	size_t size = chunk->size ? record_size(chunk->at, chunk->size, &type) : 0;

	if (!size || (type != 0x01 && type != 0x02) || bytes_at(chunk->at, size, 6, 2) != 0)
		return -EBADMSG;
	if (etw_logfile_read(chunk->at + 0x20, size - 0x20, &logfile))
		return -EBADMSG;
	etw_clock_init(&etl->clock, &logfile, (int64_t)bytes_at(chunk->at, size, 0x10, 8));
	etl->info.events_lost = logfile.events_lost;
	etl->info.buffers_lost = logfile.buffers_lost;
	etl->info.build = logfile.build;
	etl->info.processors = logfile.processors;
	etl->info.pointer_size = logfile.pointer_size;
	etl->info.start_ns = filetime_to_ns(logfile.start);
	if (logfile.buffer_size > BUFFER_HEADER)
		etl->buffer_size =
			logfile.buffer_size < EXPANDED_LIMIT ? logfile.buffer_size : EXPANDED_LIMIT;
	return 0;
}

bool etl_is(const void *data, size_t size)
{
	uint32_t buffer = (uint32_t)bytes_at(data, size, 0, 4);
	uint32_t filled = (uint32_t)bytes_at(data, size, 0x30, 4);

	return size > BUFFER_HEADER + 8 && buffer > BUFFER_HEADER && filled > BUFFER_HEADER &&
	       filled <= buffer && bytes_at(data, size, 0x36, 2) == BUFFER_TYPE_HEADER;
}

static int open_first(struct etl *etl, size_t *ret_next)
{
	size_t size = bytes_at(etl->data, etl->size, 0, 4);
	int err;

	etl->info.truncated = size > etl->size;
	if (size > etl->size)
		size = etl->size;
	err = read_buffer(etl, 0, size);
	if (!err && !etl->chunk_count)
		err = -EBADMSG;
	if (!err)
		err = read_logfile_header(etl);
	*ret_next = size;
	return err;
}

static int load(struct etl *etl)
{
	size_t position = 0;
	int err = open_first(etl, &position);

	if (!err && position < etl->size)
		err = read_buffers(etl, position);
	if (err)
		return err;
	qsort(etl->chunks, etl->chunk_count, sizeof(*etl->chunks), compare_chunks);
	for (uint32_t i = 0; !err && i < etl->chunk_count; i++)
		err = walk_chunk(etl, i);
	if (err || !etl->entry_count)
		return err;
	qsort(etl->entries, etl->entry_count, sizeof(*etl->entries), compare_entries);
	etl->info.first_ns = etw_clock_ns(&etl->clock, etl->entries[0].time);
	etl->info.last_ns = etw_clock_ns(&etl->clock, etl->entries[etl->entry_count - 1].time);
	return 0;
}

int etl_open(const void *data, size_t size, struct etl **ret_etl)
{
	struct etl *etl;
	int err;

	if (!etl_is(data, size))
		return -EBADMSG;
	etl = calloc(1, sizeof(*etl));
	if (!etl)
		return -ENOMEM;
	etl->data = data;
	etl->size = size;
	etl->buffer_size = EXPANDED_DEFAULT;
	err = load(etl);
	if (err) {
		etl_close(etl);
		return err;
	}
	*ret_etl = etl;
	return 0;
}

void etl_close(struct etl *etl)
{
	if (!etl)
		return;
	for (size_t i = 0; i < etl->chunk_count; i++)
		free(etl->chunks[i].expanded);
	free(etl->chunks);
	free(etl->entries);
	free(etl);
}

const struct etl_info *etl_info(const struct etl *etl)
{
	return &etl->info;
}

/* ---- reading */

enum extended { EXTENDED_SID = 2, EXTENDED_START_KEY = 13 };

/* The items between an EVENT_HEADER and its payload: EVENT_HEADER_EXTENDED_DATA_ITEM on disk. */
static void read_extended(struct etw_record *record)
{
	struct bytes bytes = bytes_of(record->payload, record->size);
	bool more = true;

	while (more && !bytes.short_) {
		struct bytes item = bytes;
		uint16_t type, size;

		(void)bytes_u16(&item);
		type = bytes_u16(&item);
		more = bytes_u16(&item) & 1;
		size = bytes_u16(&item);
		if (type == EXTENDED_SID && size <= item.left) {
			record->sid = item.at;
			record->sid_size = size;
		} else if (type == EXTENDED_START_KEY && size == 8) {
			record->start_key = bytes_u64(&item);
		}
		(void)bytes_take(&bytes, (8 + (size_t)size + 7) & ~(size_t)7);
	}
	record->payload = bytes.at;
	record->size = bytes.short_ ? 0 : bytes.left;
}

static void read_manifest(const uint8_t *at, size_t size, struct etw_record *record)
{
	record->guid = at + 0x18;
	record->id = (uint16_t)bytes_at(at, size, 0x28, 2);
	record->version = (uint8_t)bytes_at(at, size, 0x2a, 1);
	if (bytes_at(at, size, 4, 2) & 1)
		read_extended(record);
}

bool etl_next(struct etl *etl, struct etw_record *ret_record)
{
	const struct entry *entry;
	const struct chunk *chunk;
	const struct shape *shape;
	const uint8_t *at;
	uint8_t type;
	size_t size;

	if (etl->next == etl->entry_count)
		return false;
	entry = &etl->entries[etl->next++];
	chunk = &etl->chunks[entry->chunk];
	at = chunk->at + entry->offset;
	size = record_size(at, chunk->size - entry->offset, &type);
	shape = shape_of(type);
	*ret_record = (struct etw_record){
		.kind = shape->kind,
		.pointer_size = shape->pointer_size,
		.cpu = chunk->cpu,
		.time_ns = etw_clock_ns(&etl->clock, entry->time),
		.payload = at + shape->header,
		.size = size - shape->header,
	};
	if (shape->has_thread) {
		ret_record->tid = (uint32_t)bytes_at(at, size, 8, 4);
		ret_record->pid = (uint32_t)bytes_at(at, size, 0xc, 4);
	}
	if (shape->kind == ETW_MANIFEST) {
		read_manifest(at, size, ret_record);
	} else if (shape->kind == ETW_CLASSIC) {
		ret_record->guid = at + 0x18;
		ret_record->id = (uint16_t)bytes_at(at, size, 4, 1);
		ret_record->version = (uint8_t)bytes_at(at, size, 6, 1);
	} else {
		ret_record->id = (uint16_t)bytes_at(at, size, 6, 2);
		ret_record->version = (uint8_t)bytes_at(at, size, 0, 1);
	}
	return true;
}

void etl_rewind(struct etl *etl)
{
	etl->next = 0;
}
