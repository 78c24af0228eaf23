/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the BPF programs (user/event.h) into struct event. */
#ifndef REUSETRACE_LINUX_DECODE_H
#define REUSETRACE_LINUX_DECODE_H

#include "linux/decode_sock.h"
#include "model/event.h"

/*
 * An attempt that was told in short (see struct rt_attempt) as a whole one, in
 * *scratch; any other record as it is, also one that cannot be.
 */
const void *decode_whole(const void *record, size_t size, struct rt_attempt *scratch, size_t *ret_size);

/*
 * Fills *ret_event from one whole record; event_clear() frees it.  -EBADMSG for a
 * record whose size or type cannot be, -ENOMEM.  Contenders become holders
 * of kind UNKNOWN unless their state alone tells the kind.
 */
int decode_record(const void *record, size_t size, const struct policy *policy, struct event *ret_event);

/* The option changes that came with an attempt, as events before it; i < count. */
size_t decode_option_count(const void *record, size_t size);
int decode_option(const void *record, size_t size, size_t i, struct event *ret_event);

/* The path of an executable from its components, which come last first; size is at least 1. */
void decode_exe(const char *parts, char *ret_path, size_t size);
void decode_process(const struct rt_process *process, struct proc_info *ret_info);

const char *option_name(int level, int name); /* "SO_REUSEADDR"; NULL if not followed */

#endif
