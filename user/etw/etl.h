/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads .etl files, the container of Event Tracing for Windows, anywhere.
 *
 * Layouts: WMI_BUFFER_HEADER, TRACE_LOGFILE_HEADER and the trace headers of
 * evntrace.h and ntwmi.h, checked against captures of Windows 7 to 11.
 * Nothing in a file is trusted: sizes are bounded, what is damaged is
 * counted and left out.
 */
#ifndef REUSETRACE_ETW_ETL_H
#define REUSETRACE_ETW_ETL_H

#include "etw/record.h"

struct etl;

struct etl_info {
	size_t buffers;
	size_t buffers_compressed;
	size_t buffers_damaged; /* header, compression or a record in it makes no sense */
	size_t buffers_lossy;	/* flagged: events or buffers were lost before it */
	bool truncated;		/* the file ends within a buffer */
	size_t records[256];	/* by header type; 0: WPP messages */
	uint64_t events_lost;	/* as the file header says */
	uint64_t buffers_lost;
	uint32_t build; /* of Windows, 0 unknown */
	uint32_t processors;
	uint8_t pointer_size;	    /* of the kernel that wrote it: 4 or 8 */
	uint64_t start_ns;	    /* since 1970 */
	uint64_t first_ns, last_ns; /* of the records, 0 without any */
};

/*
 * data stays the caller's and must outlive the reader.  -EBADMSG: it is no
 * .etl file; -EFBIG: it expands to more than ETL_EXPANDED_MAX; -ENOMEM.
 */
#define ETL_EXPANDED_MAX (512u << 20)
int etl_open(const void *data, size_t size, struct etl **ret_etl);
void etl_close(struct etl *etl); /* NULL is allowed */

/* Does it begin like one?  For telling files apart. */
bool etl_is(const void *data, size_t size);

const struct etl_info *etl_info(const struct etl *etl);

/* The next record of all CPUs by time; false at the end.  Valid until etl_close(). */
bool etl_next(struct etl *etl, struct etw_record *ret_record);

/* The first one again. */
void etl_rewind(struct etl *etl);

#endif
