/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/tracer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/hooks.h"
#include "linux/kernel.h"
#include "linux/security.h"
#include "linux/selftest.h"
#include "trace.skel.h"

#define LOAD_ATTEMPTS 48
#define SLOT_COUNT    256
#define SNAPSHOT_READ (64 * sizeof(struct rt_holder))

struct tracer {
	struct trace_bpf *trace;
	struct bpf_link *iterator;
	struct ring_buffer *ring;
	struct hooks hooks;
	char modules[LSM_LIST_LEN];
	struct policy policy;
	uint64_t fired[RT_HOOKS]; /* in the self-test */
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

static void fill_config(const struct tracer_options *options, struct rt_config *config)
{
	const struct {
		bool on;
		uint32_t bit;
	} filters[] = {
		{options->ports, RT_FILTER_PORT},     {options->tree, RT_FILTER_TREE},
		{options->comm, RT_FILTER_COMM},      {options->uid != UID_NONE, RT_FILTER_USER},
		{options->netns, RT_FILTER_NETNS},    {options->cgroup, RT_FILTER_CGROUP},
		{options->failed, RT_FILTER_FAILED},  {options->only_ipv4, RT_FILTER_IPV4},
		{options->only_ipv6, RT_FILTER_IPV6},
	};
	struct stat ns = {0};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		config->filters |= filters[i].on ? filters[i].bit : 0;
	config->protocols = (options->tcp ? RT_PROTO_TCP : 0) | (options->udp ? RT_PROTO_UDP : 0) |
			    (options->mptcp ? RT_PROTO_MPTCP : 0);
	config->uid = options->uid;
	config->netns = options->netns;
	config->connects = options->connects;
	config->command = options->command;
	config->calls = options->verbose || options->tree;
	config->hz = kernel_hz();
	config->tracer = getpid();
	if (!stat("/proc/self/ns/pid", &ns)) {
		config->pidns_dev = ns.st_dev;
		config->pidns_ino = ns.st_ino;
	}
	if (options->comm)
		snprintf(config->comm, sizeof(config->comm), "%s", options->comm);
	if (options->cgroup) {
		snprintf(config->cgroup_path, sizeof(config->cgroup_path), "%s", options->cgroup);
		for (const char *at = options->cgroup; *at; at++)
			config->cgroup_level += *at == '/' && at[1];
	}
}

static int fill_maps(struct tracer *tracer, const struct tracer_options *options)
{
	struct trace_bpf *trace = tracer->trace;
	uint32_t zero = 0;
	int err = 0;

	for (uint32_t i = 0; i < SLOT_COUNT && !err; i++)
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.free_slots), NULL, &i, BPF_ANY);
	for (uint32_t i = 0; options->ports && i < RT_PORT_WORDS && !err; i++) {
		uint64_t word = 0;

		for (uint32_t bit = 0; bit < 64; bit++)
			if (options->ports[i * 8 + bit / 8] >> bit % 8 & 1)
				word |= 1ULL << bit;
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.ports), &i, &word, BPF_ANY);
	}
	if (!err && options->cgroup)
		err = bpf_map_update_elem(bpf_map__fd(trace->maps.cgroup_wanted), &zero, &options->cgroup_id,
					  BPF_ANY);
	return err;
}

/* One try with the present choice of hooks; on failure ret_program is the one to blame, or "". */
static int load_once(struct tracer *tracer, const struct rt_config *config, const char **ret_program)
{
	int err;

	load_log.failed[0] = '\0';
	*ret_program = load_log.failed;
	tracer->trace = trace_bpf__open();
	if (!tracer->trace)
		return -errno;
	memcpy((void *)&tracer->trace->rodata->config, config, sizeof(*config));
	hooks_select(&tracer->hooks, tracer->trace->obj);
	err = trace_bpf__load(tracer->trace);
	return err ? err : hooks_attach(&tracer->hooks, tracer->trace->obj, ret_program);
}

static void unload(struct tracer *tracer)
{
	hooks_detach(&tracer->hooks);
	trace_bpf__destroy(tracer->trace);
	tracer->trace = NULL;
}

/* Load; where a program is refused, take the next way for its hook and load again. */
static int load_trace(struct tracer *tracer, const struct rt_config *config)
{
	char program[64];
	const char *blamed;
	int err = -EINVAL;

	for (int i = 0; i < LOAD_ATTEMPTS; i++) {
		err = load_once(tracer, config, &blamed);
		if (!err)
			return 0;
		snprintf(program, sizeof(program), "%s", blamed);
		unload(tracer);
		if (err == -EPERM || err == -ENOMEM || !program[0] || hooks_demote(&tracer->hooks, program))
			break;
	}
	return err;
}

static int on_record(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;

	return tracer->fn(tracer->context, data, size);
}

static int tracer_load(struct tracer *tracer, const struct tracer_options *options)
{
	struct rt_config config = {0};
	struct btf *btf;
	int err;

	btf = btf__load_vmlinux_btf();
	if (!btf)
		return -errno;
	kernel_policy(btf, &tracer->policy);
	err = kernel_attach_kinds(&tracer->hooks.fentry, &tracer->hooks.multi);
	if (err) {
		btf__free(btf);
		return err;
	}
	tracer->hooks.wanted = (options->tree ? USE_TREE : 0) | (options->verbose ? USE_VERBOSE : 0) |
			       (options->cgroup ? USE_CGROUP : 0) |
			       (options->verbose || options->tree ? USE_CALLS : 0);
	if (!security_modules(tracer->modules, sizeof(tracer->modules)))
		tracer->hooks.modules = tracer->modules;
	hooks_choose(&tracer->hooks, btf);
	btf__free(btf);
	fill_config(options, &config);
	err = load_trace(tracer, &config);
	if (!err)
		err = fill_maps(tracer, options);
	if (err)
		return err;
	tracer->iterator = bpf_program__attach_iter(tracer->trace->progs.snapshot, NULL);
	if (!tracer->iterator)
		return -errno;
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
	bpf_link__destroy(tracer->iterator);
	if (tracer->trace)
		unload(tracer);
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

int tracer_poll(struct tracer *tracer, int timeout_ms, record_fn fn, void *context)
{
	tracer->fn = fn;
	tracer->context = context;
	return ring_buffer__poll(tracer->ring, timeout_ms);
}

void tracer_stop(struct tracer *tracer)
{
	tracer->trace->bss->live = 0;
}

int tracer_snapshot(struct tracer *tracer, bool first, record_fn fn, void *context)
{
	int fd = bpf_iter_create(bpf_link__fd(tracer->iterator)), err = 0;
	char *buf;
	ssize_t n = 0;
	size_t have = 0;

	if (fd < 0)
		return -errno;
	tracer->trace->bss->first_snapshot = first;
	buf = malloc(SNAPSHOT_READ);
	while (buf && !err) {
		size_t at = 0;

		n = read(fd, buf + have, SNAPSHOT_READ - have);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		have += n;
		for (; have - at >= sizeof(struct rt_holder) && !err; at += sizeof(struct rt_holder))
			err = fn(context, buf + at, sizeof(struct rt_holder));
		memmove(buf, buf + at, have - at);
		have -= at;
	}
	if (!err && (!buf || n < 0))
		err = buf ? -errno : -ENOMEM;
	free(buf);
	close(fd);
	return err;
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

bool tracer_still_bound(const struct tracer *tracer, uint64_t key, uint64_t inode)
{
	struct rt_known entry;

	return !bpf_map_lookup_elem(bpf_map__fd(tracer->trace->maps.known), &key, &entry) &&
	       entry.inode == inode;
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
