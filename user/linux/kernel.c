/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "linux/kernel_names.h"
#include "probe.skel.h"

#define BTF_PATH       "/sys/kernel/btf/vmlinux"
#define KPROBE_PATH    "/sys/bus/event_source/devices/kprobe/type"
#define LOCKDOWN_PATH  "/sys/kernel/security/lockdown"
#define MEMLOCK_NEEDED (65536 * 1024UL)
#define CAP_SYS_ADMIN  21
#define CAP_PERFMON    38
#define CAP_BPF	       39

static uint64_t effective_capabilities(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long long caps = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	fclose(file);
	return caps;
}

static bool has_capability(uint64_t caps, int cap)
{
	return caps >> cap & 1;
}

static bool loads(const struct bpf_insn *program, size_t count)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", program, count, NULL);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Without securityfs, lockdown shows in that a helper that every kernel has is gone. */
static bool reading_refused(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const struct bpf_insn *without = program + 5;

	return !loads(program, 7) && loads(without, 2);
}

static bool locked_down(void)
{
	char line[128] = "";
	FILE *file = fopen(LOCKDOWN_PATH, "re");

	if (!file)
		return reading_refused();
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return strstr(line, "[confidentiality]") != NULL;
}

/* The two capabilities by name, as far as they are missing. */
static const char *missing_capabilities(void)
{
	uint64_t caps = effective_capabilities();

	if (has_capability(caps, CAP_SYS_ADMIN))
		return NULL;
	if (!has_capability(caps, CAP_BPF) && !has_capability(caps, CAP_PERFMON))
		return "CAP_BPF and CAP_PERFMON";
	if (!has_capability(caps, CAP_BPF))
		return "CAP_BPF";
	return has_capability(caps, CAP_PERFMON) ? NULL : "CAP_PERFMON";
}

int kernel_refusal(char *ret_reason, size_t size)
{
	const char *missing = missing_capabilities();

	if (missing) {
		snprintf(ret_reason, size, "not permitted: %s missing; run it with sudo", missing);
		return -EPERM;
	}
	if (locked_down()) {
		snprintf(ret_reason, size,
			 "not permitted: the kernel is in lockdown (confidentiality, see %s), "
			 "which forbids BPF tracing until it is booted without",
			 LOCKDOWN_PATH);
		return -EPERM;
	}
	if (access(BTF_PATH, R_OK)) {
		snprintf(ret_reason, size,
			 "this kernel has no type information (%s: %s); "
			 "it must be built with CONFIG_DEBUG_INFO_BTF",
			 BTF_PATH, strerror(errno));
		return -ENOSYS;
	}
	return 0;
}

/*
 * A map of one number.  What the maps of a tracer that ended, or of programs that
 * were refused, took is given back some time after they are closed
 * (bpf_map_free_deferred()): until then there may be no room even for this one.
 */
static int small_map(void)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	int fd = -1;

	for (int i = 0; i < 100; i++) {
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), sizeof(uint32_t), 1, NULL);
		if (fd >= 0 || errno != EPERM)
			break;
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* Before 5.11 maps count against RLIMIT_MEMLOCK: a small one is made, one as large as the limit is not. */
static bool memlock_limits(const struct rlimit *limit)
{
	int small, large;

	if (limit->rlim_cur == RLIM_INFINITY || limit->rlim_cur > MEMLOCK_NEEDED)
		return false;
	small = small_map();
	large = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), sizeof(uint32_t),
			       MEMLOCK_NEEDED / sizeof(uint64_t), NULL);
	if (small >= 0)
		close(small);
	if (large >= 0)
		close(large);
	return small >= 0 && large < 0;
}

void kernel_load_reason(int error, char *ret_reason, size_t size)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (error == -EPERM && memlock_limits(&limit))
		snprintf(ret_reason, size,
			 "not permitted: maps need more locked memory than RLIMIT_MEMLOCK "
			 "(%llu KiB) allows; raise it to 65536 KiB (ulimit -l 65536) or run it with sudo",
			 (unsigned long long)limit.rlim_cur / 1024);
	else if (error == -ENXIO)
		snprintf(ret_reason, size,
			 "this kernel has nothing that BPF tracing can attach to: neither fentry "
			 "(CONFIG_FUNCTION_TRACER) nor kprobes (CONFIG_KPROBE_EVENTS)");
	else if (error == -EAGAIN)
		snprintf(ret_reason, size,
			 "this kernel seemed to lack what all since 5.10 have, perhaps for want of memory "
			 "just then; try again");
	else if (error == -EPERM && !geteuid())
		snprintf(ret_reason, size,
			 "not permitted: this kernel refuses BPF tracing programs even to root "
			 "(lockdown or another security policy of its owner)");
	else if (error == -EPERM || error == -EACCES)
		snprintf(ret_reason, size,
			 "not permitted: the kernel refused the BPF programs (%s); run it with sudo",
			 strerror(-error));
	else
		snprintf(ret_reason, size, "the kernel refused the BPF programs (%s); -vv shows its log",
			 strerror(-error));
}

void kernel_kprobe_reason(char *ret_reason, size_t size)
{
	snprintf(ret_reason, size,
		 "not permitted: this kernel has no fentry, and kprobes need CAP_SYS_ADMIN as well unless "
		 "kernel.perf_event_paranoid is below 3; run it with sudo");
}

void kernel_policy(const struct kernel_names *names, struct policy *ret_policy)
{
	*ret_policy = (struct policy){
		.orphan_uid_root = kernel_names_find(names, "sock_i_uid", BTF_KIND_FUNC),
		.closed_group_ok = kernel_type_has_member(names, "sock_reuseport", "num_closed_socks"),
		.fast_cache_live = kernel_type_has_member(names, "inet_bind_bucket", "owners"),
		.bhash2_native = kernel_type_has_member(names, "inet_bind2_bucket", "family"),
		.udp_slot_blind = !kernel_names_find(names, "inet_bind2_bucket", BTF_KIND_STRUCT),
		.connect_bind_flag = kernel_type_has_member(names, "inet_timewait_sock", "tw_connect_bind"),
	};
}

/* Constants of enums without a name have no other way to be found. */
static bool has_constant(const struct btf *btf, const char *name)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		for (int i = 0; btf_is_enum(type) && i < btf_vlen(type); i++)
			if (!strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), name))
				return true;
	}
	return false;
}

void kernel_policy_now(struct policy *ret_policy, bool *ret_dumps_bound)
{
	struct kernel_names *names;

	*ret_policy = (struct policy){.orphan_uid_root = false};
	*ret_dumps_bound = false;
	if (kernel_names_new(&names))
		return;
	kernel_policy(names, ret_policy);
	*ret_dumps_bound = has_constant(kernel_names_btf(names), "TCP_BOUND_INACTIVE");
	kernel_names_free(names);
}

/* In two tries: what is found to be missing here, a trace does without from start to end. */
static bool can_attach(struct bpf_program *program, bool multi)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts);
	const char *symbol = "security_socket_bind";
	struct bpf_link *link = NULL;

	opts.syms = &symbol;
	opts.cnt = 1;
	for (int i = 0; i < 2 && !link; i++)
		link = multi ? bpf_program__attach_kprobe_multi_opts(program, NULL, &opts)
			     : bpf_program__attach(program);
	bpf_link__destroy(link);
	return link != NULL;
}

static bool has_kprobes(void)
{
	return !access(KPROBE_PATH, F_OK);
}

static bool has_global_function(const struct btf *btf)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_func(type) && btf_vlen(type) == BTF_FUNC_GLOBAL)
			return true;
	}
	return false;
}

/*
 * What libbpf told the kernel of the object's functions.  If one of the calls by which it finds out whether
 * it may tell that fails, it does not, for this object and all that follow; the verifier then does not check
 * a global function by itself but with each call, which takes minutes.
 */
static bool told_functions(const struct bpf_object *object)
{
	struct bpf_btf_info info = {0};
	__u32 size = sizeof(info);
	struct btf *btf = NULL;
	void *data = NULL;
	bool told;

	if (!bpf_obj_get_info_by_fd(bpf_object__btf_fd(object), &info, &size))
		data = malloc(info.btf_size);
	if (data) {
		info = (struct bpf_btf_info){.btf = (uintptr_t)data, .btf_size = info.btf_size};
		if (!bpf_obj_get_info_by_fd(bpf_object__btf_fd(object), &info, &size))
			btf = btf__new(data, info.btf_size);
	}
	told = btf && has_global_function(btf);
	btf__free(btf);
	free(data);
	return told;
}

/* Both are loaded at once where that works; where one cannot be loaded, the other by itself. */
int kernel_attach_kinds(bool *ret_fentry, bool *ret_multi)
{
	struct probe_bpf *probe;
	int err, refused = 0;
	bool told = true;

	*ret_fentry = false;
	*ret_multi = false;
	for (int without = 0; without < 3; without++) {
		probe = probe_bpf__open();
		if (!probe)
			return -errno;
		bpf_program__set_autoload(probe->progs.try_multi, without != 1);
		bpf_program__set_autoload(probe->progs.try_fentry, without != 2);
		err = probe_bpf__load(probe);
		if (!err) {
			told = told_functions(probe->obj);
			*ret_fentry = without != 2 && can_attach(probe->progs.try_fentry, false);
			*ret_multi = without != 1 && can_attach(probe->progs.try_multi, true);
			without = 3;
		}
		refused = refused ? refused : err;
		probe_bpf__destroy(probe);
	}
	if (!told)
		return -EAGAIN;
	return *ret_fentry || *ret_multi || has_kprobes() ? 0 : refused ? refused : -ENXIO;
}

unsigned int kernel_hz(void)
{
	struct timespec resolution;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) || resolution.tv_sec || !resolution.tv_nsec)
		return 0;
	return (1000000000L + resolution.tv_nsec / 2) / resolution.tv_nsec;
}

static bool find_symbol(const char *name, uint64_t *ret_address)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512], found[256];
	unsigned long long address;
	bool is_found = false;

	if (!file)
		return false;
	while (!is_found && fgets(line, sizeof(line), file))
		is_found = strstr(line, name) && sscanf(line, "%llx %*c %255s", &address, found) == 2 &&
			   !strcmp(found, name);
	fclose(file);
	if (is_found)
		*ret_address = address;
	return is_found;
}

uint64_t kernel_symbol(const char *name)
{
	uint64_t address;

	return find_symbol(name, &address) ? address : 0;
}

bool kernel_has_symbol(const char *name)
{
	uint64_t address;

	return find_symbol(name, &address);
}
