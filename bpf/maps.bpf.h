/* SPDX-License-Identifier: GPL-2.0-only */
/* State shared by the programs: what is in flight, what is known, where records go. */
#ifndef REUSETRACE_MAPS_BPF_H
#define REUSETRACE_MAPS_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "rodata.bpf.h"

#define SLOTS		 256
#define FLIGHTS		 4096
#define KNOWN_SOCKETS	 32768
#define KNOWN_MARKS	 8192
#define OPTION_SOCKETS	 8192 /* divides what 32 bits can count */
#define OPTION_HISTORIES 32768
#define TREE_PROCESSES	 32768

/* Set by the loader when everything is attached; until then only fired[] is kept. */
volatile __u32 live = 0;
volatile __u32 sought_task = 0;	   /* of seek_task() */
volatile __u32 first_snapshot = 0; /* its sockets are older than the trace */
volatile __u32 tree_size = 0;
volatile __u32 reading = 0; /* the loader looks at the ring by itself: it need not be woken */
volatile __s32 flying = 0;  /* attempts, those that the loader took back among them: 0 saves a look-up */
volatile __u64 fired[RT_HOOKS] = {};
volatile __u64 counters[RT_COUNTERS] = {};

/* By pid_tgid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FLIGHTS);
	__type(key, __u64);
	__type(value, struct flight);
} flights SEC(".maps");

/*
 * Scratch for records.  An attempt owns its slot until it is sent, so a task
 * that preempts it cannot overwrite it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* The one that was given back last is taken next: its executable is probably the right one. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, SLOTS);
	__uint(value_size, sizeof(__u32));
} free_slots SEC(".maps");

/* Every socket (or TIME_WAIT minisock) known to have a port, by address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KNOWN_SOCKETS);
	__type(key, __u64);
	__type(value, struct rt_known);
} known SEC(".maps");

/*
 * How many of known and children have an address with these bits: most sockets
 * are in neither, and a look-up that finds nothing costs ten times this one.
 * What children pushes out stays counted, which costs no more than the look-up.
 */
volatile __u32 marks[KNOWN_MARKS] = {};

/*
 * Who accepted a connection, by its address and then by that of its TIME_WAIT
 * minisock.  Only with a filter or -v, and apart from the sockets that were
 * bound: a busy server must not push those out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KNOWN_SOCKETS);
	__type(key, __u64);
	__type(value, struct rt_known);
} children SEC(".maps");

/*
 * The last option changes of a socket, until its first record takes them along.
 * Its place is told by the last bits of its inode: a map that pushes out what
 * is oldest costs ten times as much.  Whose place another socket takes has its
 * changes moved to such a map.  Each note has the inode for the case that two
 * write at once.
 */
struct option_note {
	__u64 inode;
	struct rt_option option;
};

struct option_log {
	__u64 inode;
	__u32 count;
	__u32 pad;
	struct option_note ring[RT_MAX_OPTIONS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OPTION_SOCKETS);
	__type(key, __u32);
	__type(value, struct option_log);
} option_logs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, OPTION_SOCKETS);
	__type(key, __u64);
	__type(value, struct option_log);
} moved_logs SEC(".maps");

/* Whose changes are there, or were pushed out: inodes, by their last bits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, OPTION_HISTORIES);
	__type(key, __u32);
	__type(value, __u64);
} moved_inodes SEC(".maps");

volatile __u32 options_moved = 0; /* something was put there */

/* A system call in flight whose return makes a record, by pid_tgid. */
enum call_kind { CALL_OPTION, CALL_SOCKET, CALL_CONNECT };

struct call {
	__u64 sk;
	__u32 kind;  /* enum call_kind */
	__s32 level; /* CALL_OPTION */
	__s32 name;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, FLIGHTS);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

/* With config.calls: bind() and listen() that ran and have not returned to the process yet. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FLIGHTS);
	__type(key, __u64);
	__type(value, __u32);
} calls_run SEC(".maps");

/* Processes of the traced tree: tgid to start time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TREE_PROCESSES);
	__type(key, __u32);
	__type(value, __u64);
} tree SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RT_PORT_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} ports SEC(".maps");

/* cgroup to follow; the loader changes it when the path is made again. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cgroup_wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 * 1024 * 1024);
} events SEC(".maps");

/* Who is in the way is looked for at once, before it goes. */
static __always_inline __u64 ring_flags(bool urgent)
{
	if (!reading)
		return 0;
	return urgent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline volatile __u32 *mark_of(__u64 key)
{
	return &marks[key / 64 % KNOWN_MARKS];
}

/* The same of a pointer that the verifier knows: of those the low half is a number to it, the whole is not.
 */
static __always_inline bool marked(const void *typed)
{
	__u32 low;

	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)(__u64)typed));
	return *mark_of(low);
}

/* Counted before it is there, and no more only after it went. */
static __always_inline long marked_add(void *map, __u64 key, const struct rt_known *entry)
{
	volatile __u32 *mark = mark_of(key);
	long err;

	__sync_fetch_and_add(mark, 1);
	err = bpf_map_update_elem(map, &key, entry, BPF_NOEXIST);
	if (err)
		__sync_fetch_and_add(mark, -1);
	return err;
}

static __always_inline long marked_put(void *map, __u64 key, const struct rt_known *entry)
{
	long err = marked_add(map, key, entry);

	return err ? bpf_map_update_elem(map, &key, entry, BPF_EXIST) : 0;
}

static __always_inline void marked_delete(void *map, __u64 key)
{
	volatile __u32 *mark = mark_of(key);

	if (!bpf_map_delete_elem(map, &key))
		__sync_fetch_and_add(mark, -1);
}

static __always_inline void count(enum rt_counter counter, __u64 n)
{
	__sync_fetch_and_add(&counters[counter], n);
}

#endif
