/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/tracer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/decode.h"
#include "linux/hooks.h"
#include "linux/iterator.h"
#include "linux/kernel.h"
#include "linux/kernel_names.h"
#include "linux/kernel_types.h"
#include "linux/reclaim.h"
#include "linux/security.h"
#include "linux/selftest.h"
#include "linux/sought.h"
#include "linux/tracer_config.h"
#include "trace.skel.h"

#define LOAD_ATTEMPTS 64
#define BUSY_MS	      10

enum iterator { ITERATE_SNAPSHOT, ITERATE_FILES, ITERATE_SOCKETS, ITERATE_TASKS, ITERATE_UNIX, ITERATORS };

struct tracer {
	struct trace_bpf *trace;
	struct kernel_types *types; /* NULL: libbpf looks through all of the kernel's */
	struct bpf_link *iterators[ITERATORS];
	struct rt_sought *sought;
	struct ring_buffer *ring;
	struct hooks hooks;
	char modules[LSM_LIST_LEN];
	struct policy policy;
	uint64_t fired[RT_HOOKS]; /* in the self-test */
	struct reclaim reclaim;
	struct rt_attempt whole; /* of the record that is read */
	record_fn fn;
	void *context;
};

/* What libbpf says while loading: shown with -vv, and the way to learn which program failed. */
struct load_log {
	bool show;
	char failed[64];
};

static struct load_log load_log;

static int log_line(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[512];
	char *at;

	if (load_log.show)
		vfprintf(stderr, format, args);
	else if (level == LIBBPF_WARN && strstr(format, "load failed")) {
		vsnprintf(line, sizeof(line), format, args);
		at = strstr(line, "prog '");
		if (at)
			sscanf(at, "prog '%63[^']'", load_log.failed);
	}
	return 0;
}

/*
 * One try with the present choice of hooks; rest: just whether the verifier
 * accepts what it has not seen.  On failure ret_program is the one to blame, or "".
 */
static int load_once(struct tracer *tracer, const struct rt_config *config, bool rest,
		     const char **ret_program)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = kernel_types_path(tracer->types));
	struct rt_config *loaded;
	int err;

	load_log.failed[0] = '\0';
	*ret_program = load_log.failed;
	tracer->trace = trace_bpf__open_opts(&opts);
	if (!tracer->trace)
		return -errno;
	loaded = (struct rt_config *)&tracer->trace->rodata->config;
	*loaded = *config;
	loaded->lsm_seen = hooks_see(&tracer->hooks, RT_HOOK_SECURITY_EXIT);
	hooks_select(&tracer->hooks, tracer->trace->obj, rest);
	err = trace_bpf__load(tracer->trace);
	if (!err && !tracer->trace->bss) /* libbpf found that maps cannot be mapped */
		err = -EAGAIN;
	if (err || rest)
		return err;
	hooks_prove(&tracer->hooks, tracer->trace->obj, "");
	return hooks_attach(&tracer->hooks, tracer->trace->obj, ret_program);
}

static void unload(struct tracer *tracer)
{
	hooks_detach(&tracer->hooks);
	trace_bpf__destroy(tracer->trace);
	tracer->trace = NULL;
}

/*
 * Load; where a program is refused, take the next way for its hook and load
 * again.  After the second refusal there may be many: the verifier, which takes
 * most of the time, is shown what it has accepted only when all are known.
 */
static int load_trace(struct tracer *tracer, const struct rt_config *config)
{
	char program[64];
	const char *blamed;
	bool rest = false;
	int err = -EINVAL;

	for (int i = 0; i < LOAD_ATTEMPTS; i++) {
		err = load_once(tracer, config, rest, &blamed);
		if (!err && !rest)
			return 0;
		snprintf(program, sizeof(program), "%s", blamed);
		if (err && tracer->trace)
			hooks_prove(&tracer->hooks, tracer->trace->obj, program);
		unload(tracer);
		rest = err && i;
		if (!err)
			continue;
		if (err == -EPERM || err == -ENOMEM || !program[0] || hooks_demote(&tracer->hooks, program))
			break;
	}
	return err;
}

static int on_record(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;
	const void *record = decode_whole(data, size, &tracer->whole, &size);

	return tracer->fn(tracer->context, record, size);
}

static int attach_iterators(struct tracer *tracer)
{
	const struct bpf_program *programs[ITERATORS] = {
		[ITERATE_SNAPSHOT] = tracer->trace->progs.snapshot,
		[ITERATE_FILES] = tracer->trace->progs.seek_files,
		[ITERATE_SOCKETS] = tracer->trace->progs.seek_sockets,
		[ITERATE_TASKS] = tracer->trace->progs.seek_task,
		[ITERATE_UNIX] = tracer->trace->progs.unix_sockets,
	};
	union bpf_iter_link_info sought = {.map.map_fd = bpf_map__fd(tracer->trace->maps.sought)};

	for (size_t i = 0; i < ITERATORS; i++) {
		LIBBPF_OPTS(bpf_iter_attach_opts, opts);

		if (tracer->hooks.iterator_off[i])
			continue;
		if (i == ITERATE_SOCKETS) {
			opts.link_info = &sought;
			opts.link_info_len = sizeof(sought);
		}
		tracer->iterators[i] = bpf_program__attach_iter(programs[i], &opts);
		if (!tracer->iterators[i])
			return -errno;
	}
	return 0;
}

/* Without them loading takes longer, and that is all. */
static void take_types(struct tracer *tracer, const struct kernel_names *kernel)
{
	struct trace_bpf *trace = trace_bpf__open();

	if (trace && kernel_types_new(kernel_names_btf(kernel), bpf_object__btf(trace->obj), &tracer->types))
		tracer->types = NULL;
	trace_bpf__destroy(trace);
}

static int choose(struct tracer *tracer, const struct tracer_options *options,
		  const struct kernel_names *kernel)
{
	int err = kernel_attach_kinds(&tracer->hooks.fentry, &tracer->hooks.multi);

	if (err)
		return err;
	kernel_policy(kernel, &tracer->policy);
	tracer->policy.udp_slot_blind = selftest_udp_slot_blind();
	tracer->hooks.wanted = (options->tree ? USE_TREE : 0) | (options->verbose ? USE_VERBOSE : 0) |
			       (options->connects ? USE_CONNECTS : 0) | (options->cgroup ? USE_CGROUP : 0) |
			       (options->verbose || options->tree ? USE_CALLS : 0) |
			       (options->ping ? USE_PING : 0) | (options->sctp ? USE_SCTP : 0) |
			       (options->deliveries ? USE_DELIVERIES : 0) |
			       (options->unix_sockets ? USE_UNIX : 0);
	if (!security_modules(tracer->modules, sizeof(tracer->modules)))
		tracer->hooks.modules = tracer->modules;
	hooks_choose(&tracer->hooks, kernel);
	take_types(tracer, kernel);
	return 0;
}

static int tracer_load(struct tracer *tracer, const struct tracer_options *options)
{
	struct rt_config config = {0};
	struct kernel_names *kernel;
	int err = kernel_names_new(&kernel);

	if (err)
		return err;
	err = choose(tracer, options, kernel);
	kernel_names_free(kernel);
	if (err)
		return err;
	tracer_config(options, &config);
	err = load_trace(tracer, &config);
	if (!err)
		err = tracer_config_maps(options, tracer->trace);
	if (err)
		return err;
	err = attach_iterators(tracer);
	if (!err)
		err = sought_map(bpf_map__fd(tracer->trace->maps.sought), &tracer->sought);
	if (err)
		return err;
	tracer->ring = ring_buffer__new(bpf_map__fd(tracer->trace->maps.events), on_record, tracer, NULL);
	return tracer->ring ? 0 : -errno;
}

int tracer_new(const struct tracer_options *options, struct tracer **ret_tracer, char *ret_reason,
	       size_t size)
{
	struct tracer *tracer;
	int err;

	load_log = (struct load_log){.show = options->verbose > 1};
	libbpf_set_print(log_line);
	err = kernel_refusal(ret_reason, size);
	if (err)
		return err;
	tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return -ENOMEM;
	err = tracer_load(tracer, options);
	if (err) {
		if (tracer->hooks.refused)
			kernel_kprobe_reason(ret_reason, size);
		else
			kernel_load_reason(err, ret_reason, size);
		tracer_free(tracer);
		return err == -EACCES ? -EPERM : err;
	}
	*ret_tracer = tracer;
	return 0;
}

void tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return;
	ring_buffer__free(tracer->ring);
	sought_unmap(tracer->sought);
	for (size_t i = 0; i < ITERATORS; i++)
		bpf_link__destroy(tracer->iterators[i]);
	if (tracer->trace)
		unload(tracer);
	kernel_types_free(tracer->types);
	free(tracer);
}

int tracer_start(struct tracer *tracer)
{
	int err = selftest_run();

	memcpy(tracer->fired, (const void *)tracer->trace->bss->fired, sizeof(tracer->fired));
	tracer->trace->bss->live = 1;
	for (size_t i = 0; i < hook_count && !err; i++)
		if (hook_table[i].use & USE_REQUIRED && hook_table[i].counter < RT_HOOKS &&
		    !tracer->fired[hook_table[i].counter])
			err = -ENOTCONN;
	return err;
}

/*
 * To wake the loader is dearer to those who are watched than all else that a
 * record costs.  While records come it looks every BUSY_MS by itself; once none
 * came it asks to be woken, and looks again for what was written meanwhile.
 */
static int wait_busy(struct tracer *tracer, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(ring_buffer__epoll_fd(tracer->ring), &event, 1,
			   timeout_ms < BUSY_MS ? timeout_ms : BUSY_MS);

	if (n < 0)
		return -errno;
	n = ring_buffer__consume(tracer->ring);
	if (n)
		return n;
	tracer->trace->bss->reading = 0;
	return ring_buffer__consume(tracer->ring);
}

int tracer_poll(struct tracer *tracer, int timeout_ms, record_fn fn, void *context)
{
	int n;

	tracer->fn = fn;
	tracer->context = context;
	reclaim_check(&tracer->reclaim, tracer->trace);
	if (tracer->trace->bss->reading)
		return wait_busy(tracer, timeout_ms);
	n = ring_buffer__poll(tracer->ring, timeout_ms);
	if (!n) /* one that was written just when it asked to be woken */
		n = ring_buffer__consume(tracer->ring);
	if (n > 0 || n == -ECANCELED)
		tracer->trace->bss->reading = 1;
	return n;
}

bool tracer_works(void *source)
{
	const struct tracer *tracer = source;
	uint32_t zero = 0;
	struct rt_holder holder;
	int fd = bpf_iter_create(bpf_link__fd(tracer->iterators[ITERATE_SNAPSHOT]));

	if (fd < 0)
		return false;
	close(fd);
	return !bpf_map_lookup_elem(bpf_map__fd(tracer->trace->maps.holder_scratch), &zero, &holder);
}

void tracer_stop(struct tracer *tracer)
{
	tracer->trace->bss->live = 0;
	tracer->trace->bss->reading = 0;
}

int tracer_snapshot(struct tracer *tracer, bool first, record_fn fn, void *context)
{
	tracer->trace->bss->first_snapshot = first;
	return iterator_read(tracer->iterators[ITERATE_SNAPSHOT], sizeof(struct rt_holder), fn, context);
}

int tracer_seek(void *source, const struct sought_socket *sockets, size_t count, record_fn fn, void *context)
{
	struct tracer *tracer = source;
	int err = 0;

	sought_set(tracer->sought, sockets, count);
	for (size_t i = ITERATE_FILES; i <= ITERATE_SOCKETS && !err; i++)
		err = !tracer->iterators[i]
			      ? -EOPNOTSUPP
			      : iterator_read(tracer->iterators[i], sizeof(struct rt_found), fn, context);
	return err;
}

int tracer_seek_process(struct tracer *tracer, uint32_t pid, record_fn fn, void *context)
{
	if (!tracer->iterators[ITERATE_TASKS])
		return -EOPNOTSUPP;
	tracer->trace->bss->sought_task = pid;
	return iterator_read(tracer->iterators[ITERATE_TASKS], sizeof(struct rt_holder), fn, context);
}

int tracer_unix_sockets(struct tracer *tracer, record_fn fn, void *context)
{
	if (!tracer->iterators[ITERATE_UNIX])
		return -EOPNOTSUPP;
	return iterator_read(tracer->iterators[ITERATE_UNIX], sizeof(struct rt_unix_holder), fn, context);
}

int tracer_add_process(struct tracer *tracer, uint32_t pid, uint64_t start_ns)
{
	int fd = bpf_map__fd(tracer->trace->maps.tree);

	if (bpf_map_update_elem(fd, &pid, &start_ns, BPF_NOEXIST))
		return errno == EEXIST ? 0 : -errno;
	__atomic_add_fetch(&tracer->trace->bss->tree_size, 1, __ATOMIC_RELAXED);
	return 1;
}

uint32_t tracer_tree_size(const struct tracer *tracer)
{
	return __atomic_load_n(&tracer->trace->bss->tree_size, __ATOMIC_RELAXED);
}

int tracer_share_port(struct tracer *tracer, uint32_t netns, uint32_t protocol, uint16_t port)
{
	uint64_t key = RT_PORT_KEY(netns, protocol, port);
	uint8_t one = 1;

	return bpf_map_update_elem(bpf_map__fd(tracer->trace->maps.shared_ports), &key, &one, BPF_ANY)
		       ? -errno
		       : 0;
}

const struct policy *tracer_policy(const struct tracer *tracer)
{
	return &tracer->policy;
}

void tracer_counts(const struct tracer *tracer, struct end_info *ret_info)
{
	const volatile __u64 *counters = tracer->trace->bss->counters;
	unsigned long long skipped, missed;

	hooks_missed(&tracer->hooks, tracer->trace->obj, &skipped, &missed);
	ret_info->sent = counters[RT_COUNT_SENT];
	ret_info->bytes = counters[RT_COUNT_BYTES];
	ret_info->lost_ring = counters[RT_COUNT_NO_RING];
	ret_info->lost_map =
		counters[RT_COUNT_NO_SLOT] + counters[RT_COUNT_NO_KNOWN] + counters[RT_COUNT_NO_TREE];
	ret_info->reserved = ret_info->sent + ret_info->lost_ring;
	ret_info->lost_recursion = skipped;
	ret_info->lost_missed = missed;
	ret_info->lost_exits = counters[RT_COUNT_NO_EXIT];
	ret_info->lost_options = counters[RT_COUNT_OPTIONS];
}

bool tracer_misses_calls(const struct tracer *tracer)
{
	return tracer->hooks.calls_preempted;
}

bool tracer_misses_uncounted(const struct tracer *tracer)
{
	return hooks_uncounted(&tracer->hooks);
}

size_t tracer_probes(const struct tracer *tracer, struct probe_info *ret_probes, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < hook_count && n < max; i++)
		if (tracer->hooks.how[i] != HOOK_OFF || tracer->hooks.missing[i])
			ret_probes[n++] = (struct probe_info){
				.name = hook_table[i].function,
				.how = hook_how_name(&hook_table[i], tracer->hooks.how[i]),
				.fired = hook_table[i].counter < RT_HOOKS &&
					 tracer->fired[hook_table[i].counter],
			};
	return n;
}
