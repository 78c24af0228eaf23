/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/hooks.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../bpf/config.h"
#include "linux/kernel_names.h"

#define PROGRAM_NAME_LEN 40
#define LINK_PERF_EVENT	 7 /* BPF_LINK_TYPE_PERF_EVENT, 5.15 and later */

const struct hook hook_table[] = {
	{"security_bind", "security_socket_bind", 3, USE_REQUIRED, NULL, RT_HOOK_SECURITY_BIND},
	{"security_listen", "security_socket_listen", 2, USE_REQUIRED, NULL, RT_HOOK_SECURITY_LISTEN},
	{"bind_allowed", "security_socket_bind", 3, USE_EXIT, NULL, RT_HOOK_SECURITY_EXIT},
	{"listen_allowed", "security_socket_listen", 2, USE_EXIT, NULL, RT_HOOK_SECURITY_EXIT},
#define MODULE(prefix, module)                                                                               \
	{#prefix "_bind", #prefix "_socket_bind", 3, USE_EXIT | USE_DETAIL | USE_MODULE, module, RT_HOOKS},  \
	{                                                                                                    \
#prefix "_listen", #prefix "_socket_listen", 2, USE_EXIT | USE_DETAIL | USE_MODULE, module,  \
			RT_HOOKS                                                                             \
	}
	MODULE(selinux, "selinux"),
	MODULE(smack, "smack"),
	MODULE(tomoyo, "tomoyo"),
	MODULE(apparmor, "apparmor"),
	MODULE(hook, "landlock"),
	MODULE(bpf_lsm, "bpf"),
	{"filtered4", "__cgroup_bpf_run_filter_sock_addr", 4, USE_EXIT | USE_DETAIL, NULL, RT_HOOKS},
	{"filtered5", "__cgroup_bpf_run_filter_sock_addr", 5, USE_EXIT | USE_DETAIL, NULL, RT_HOOKS},
	{"filtered6", "__cgroup_bpf_run_filter_sock_addr", 6, USE_EXIT | USE_DETAIL, NULL, RT_HOOKS},
	{"bind_exit", "__sys_bind", 3, USE_REQUIRED | USE_EXIT, NULL, RT_HOOK_BIND_EXIT},
	{"listen_exit", "__sys_listen", 2, USE_REQUIRED | USE_EXIT, NULL, RT_HOOK_LISTEN_EXIT},
	{"bind_ring", "__sys_bind_socket", 3, USE_EXIT, NULL, RT_HOOKS},
	{"listen_ring", "__sys_listen_socket", 2, USE_EXIT, NULL, RT_HOOKS},
	{"tcp_port", "inet_csk_get_port", 2, USE_REQUIRED, NULL, RT_HOOK_TCP_GET_PORT},
	{"tcp_port_exit", "inet_csk_get_port", 2, USE_REQUIRED | USE_EXIT, NULL, RT_HOOK_TCP_GET_PORT_EXIT},
	{"udp_port", "udp_lib_get_port", 3, USE_REQUIRED, NULL, RT_HOOK_UDP_GET_PORT},
	{"udp_port_exit", "udp_lib_get_port", 3, USE_REQUIRED | USE_EXIT, NULL, RT_HOOK_UDP_GET_PORT_EXIT},
	{"setsockopt", "security_socket_setsockopt", 3, USE_PROBED, NULL, RT_HOOK_SETSOCKOPT},
	{"setsockopt_done", "do_sock_setsockopt", 6, USE_EXIT, NULL, RT_HOOK_SETSOCKOPT_EXIT},
	{"setsockopt_exit", "__sys_setsockopt", 5, USE_EXIT, "do_sock_setsockopt", RT_HOOK_SETSOCKOPT_EXIT},
	{"conflict4", "inet_csk_bind_conflict", 4, USE_EXIT | USE_LOCKED, NULL, RT_HOOK_CONFLICT},
	{"conflict5", "inet_csk_bind_conflict", 5, USE_EXIT | USE_LOCKED, NULL, RT_HOOK_CONFLICT},
	{"any_conflict", "inet_bhash2_addr_any_conflict", 5, USE_EXIT | USE_LOCKED, NULL,
	 RT_HOOK_ANY_CONFLICT},
	{"pair_conflict", "inet_bind_conflict", 6, USE_EXIT | USE_LOCKED, NULL, RT_HOOK_PAIR_CONFLICT},
	{"address_equal", "inet_rcv_saddr_equal", 3, USE_EXIT | USE_LOCKED, NULL, RT_HOOK_ADDRESS_EQUAL},
	{"fastreuse", "inet_csk_update_fastreuse", 2, USE_LOCKED, NULL, RT_HOOK_FASTREUSE},
	{"fastreuse3", "inet_csk_update_fastreuse", 3, USE_LOCKED, NULL, RT_HOOK_FASTREUSE},
	{"connect4", "inet_hash_connect", 2, USE_EXIT | USE_LOCKED, NULL, RT_HOOK_CONNECT},
	{"connect6", "inet6_hash_connect", 2, USE_EXIT | USE_LOCKED, NULL, RT_HOOKS},
	{"put_port", "inet_put_port", 1, 0, NULL, RT_HOOK_PUT_PORT},
	{"udp_unhash", "udp_lib_unhash", 1, 0, NULL, RT_HOOK_UDP_UNHASH},
	{"tw_begin", "inet_twsk_hashdance", 3, USE_LOCKED, NULL, RT_HOOK_TW_BEGIN},
	{"tw_begin_timed", "inet_twsk_hashdance_schedule", 4, USE_LOCKED, NULL, RT_HOOK_TW_BEGIN},
	{"tw_end", "inet_twsk_kill", 1, USE_LOCKED, NULL, RT_HOOK_TW_END},
	{"new_task", "wake_up_new_task", 1, USE_TREE | USE_REQUIRED, NULL, RT_HOOKS},
	{"task_exit", "exit_files", 1, USE_TREE | USE_REQUIRED, NULL, RT_HOOKS},
	{"cgroup_made", "cgroup_mkdir", 0, USE_CGROUP | USE_LOCKED | USE_TRACEPOINT, NULL, RT_HOOKS},
	{"call_exit", "sys_exit", 0, USE_CALLS | USE_DETAIL | USE_LOCKED | USE_TRACEPOINT, NULL, RT_HOOKS},
	{"socket", "security_socket_post_create", 5, USE_VERBOSE, NULL, RT_HOOKS},
	{"socket_exit", "__sys_socket", 3, USE_VERBOSE | USE_EXIT, NULL, RT_HOOKS},
	{"connect", "security_socket_connect", 3, USE_VERBOSE, NULL, RT_HOOKS},
	{"connect_exit", "__sys_connect", 3, USE_VERBOSE | USE_EXIT, NULL, RT_HOOKS},
	{"accept4", "inet_csk_accept", 4, USE_CONNECTS | USE_EXIT | USE_DETAIL, NULL, RT_HOOKS},
	{"accept2", "inet_csk_accept", 2, USE_CONNECTS | USE_EXIT | USE_DETAIL, NULL, RT_HOOKS},
	{"close", "inet_release", 1, USE_VERBOSE, NULL, RT_HOOKS},
	{"unix_bind", "security_socket_bind", 3, USE_UNIX, NULL, RT_HOOKS},
	{"unix_allowed", "security_socket_bind", 3, USE_UNIX | USE_EXIT, NULL, RT_HOOKS},
	{"unix_exit", "__sys_bind", 3, USE_UNIX | USE_EXIT, NULL, RT_HOOKS},
	{"unix_ring", "__sys_bind_socket", 3, USE_UNIX | USE_EXIT, NULL, RT_HOOKS},
	{"ping_port", "ping_get_port", 2, USE_PING, NULL, RT_HOOKS},
	{"ping_port_exit", "ping_get_port", 2, USE_PING | USE_EXIT, NULL, RT_HOOKS},
	{"ping_unhash", "ping_unhash", 1, USE_PING | USE_KPROBE, NULL, RT_HOOKS},
	{"sctp_port", "sctp_get_port_local", 2, USE_SCTP | USE_KPROBE, NULL, RT_HOOKS},
	{"sctp_port_exit", "sctp_get_port_local", 2, USE_SCTP | USE_KPROBE | USE_EXIT, NULL, RT_HOOKS},
	{"sctp_compared", "sctp_bind_addr_conflict", 4, USE_SCTP | USE_KPROBE, NULL, RT_HOOKS},
	{"sctp_put_port", "sctp_put_port", 1, USE_SCTP | USE_KPROBE, NULL, RT_HOOKS},
	{"queue_add", "inet_csk_reqsk_queue_add", 3, USE_DELIVERIES | USE_EXIT | USE_LOCKED, NULL, RT_HOOKS},
	{"hashdance", "inet_csk_complete_hashdance", 4, USE_DELIVERIES | USE_EXIT | USE_LOCKED, NULL,
	 RT_HOOKS},
	{"hashdance_in", "inet_csk_complete_hashdance", 4, USE_DELIVERIES | USE_LOCKED, NULL, RT_HOOKS},
	{"datagram_in", "__udp_enqueue_schedule_skb", 2, USE_DELIVERIES | USE_LOCKED, NULL, RT_HOOKS},
	{"datagram", "__udp_enqueue_schedule_skb", 2, USE_DELIVERIES | USE_EXIT | USE_LOCKED, NULL, RT_HOOKS},
};

const size_t hook_count = sizeof(hook_table) / sizeof(hook_table[0]);

_Static_assert(sizeof(hook_table) / sizeof(hook_table[0]) <= HOOKS_MAX, "HOOKS_MAX");

static const char *const how_names[2][HOOK_KPROBE + 1] = {
	{
		[HOOK_OFF] = "missing",
		[HOOK_FENTRY] = "fentry",
		[HOOK_MULTI] = "kprobe.multi",
		[HOOK_KPROBE] = "kprobe",
	},
	{
		[HOOK_OFF] = "missing",
		[HOOK_FENTRY] = "fexit",
		[HOOK_MULTI] = "kretprobe.multi",
		[HOOK_KPROBE] = "kretprobe",
	},
};

static const char how_letters[] = {[HOOK_FENTRY] = 'f', [HOOK_MULTI] = 'm', [HOOK_KPROBE] = 'k'};

const char *hook_how_name(const struct hook *hook, enum hook_how how)
{
	return how_names[hook->use & USE_EXIT ? 1 : 0][how];
}

static void program_name(const struct hook *hook, enum hook_how how, char *buf, size_t size)
{
	snprintf(buf, size, "%c_%s", how_letters[how], hook->name);
}

/* The program that keeps the arguments for a return probe that needs them. */
static struct bpf_program *keeper_of(const struct hooks *hooks, const struct bpf_object *object, size_t i)
{
	char name[PROGRAM_NAME_LEN];

	if (hooks->how[i] != HOOK_KPROBE)
		return NULL;
	snprintf(name, sizeof(name), "e_%s", hook_table[i].name);
	return bpf_object__find_program_by_name(object, name);
}

static struct bpf_program *program_of(const struct bpf_object *object, const struct hook *hook,
				      enum hook_how how)
{
	char name[PROGRAM_NAME_LEN];

	if (how == HOOK_OFF)
		return NULL;
	program_name(hook, how, name, sizeof(name));
	return bpf_object__find_program_by_name(object, name);
}

/* "a,b,c" */
static bool list_has(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",\n") == length && !strncmp(at, name, length))
			return true;
	return false;
}

/* A return probe has no arguments, which another hook notes for it. */
static bool exits_probed(const struct hooks *hooks, size_t i)
{
	return hooks->how[i + 1] > HOOK_FENTRY || hooks->how[i + 2] > HOOK_FENTRY;
}

static bool hook_wanted(const struct hooks *hooks, size_t i)
{
	const struct hook *hook = &hook_table[i];
	unsigned int needs = hook->use & (USE_TREE | USE_VERBOSE | USE_CONNECTS | USE_CGROUP | USE_CALLS |
					  USE_PING | USE_SCTP | USE_DELIVERIES | USE_UNIX);

	if (hook->use & USE_PROBED && !exits_probed(hooks, i))
		return false;
	if (hook->use & USE_MODULE && hooks->modules && !list_has(hooks->modules, hook->instead))
		return false;
	return (needs & hooks->wanted) == needs;
}

/* There is no other program for it, unless the kernel can trace nothing. */
static bool only_traced(const struct hooks *hooks, const struct hook *hook)
{
	return hook->use & (USE_LOCKED | USE_DETAIL) && (hooks->fentry || hook->use & USE_TRACEPOINT);
}

void hooks_choose(struct hooks *hooks, const struct kernel_names *names)
{
	hooks->iterator_off[ITERATORS_MAX - 1] = !(hooks->wanted & USE_UNIX);
	/*
	 * Syscall tracepoints that may fault (6.13), and later leave preemption on (bpf_probe.h of 7.2);
	 * __DO_TRACE() turns it off in all kernels before.
	 */
	hooks->calls_preempted = kernel_type_has_member(names, "tracepoint_ext", "faultable");
	idle_calls_find(names, &hooks->idle);
	for (size_t i = hook_count; i-- > 0;) {
		const struct hook *hook = &hook_table[i];
		int args = kernel_function_args(names, hook->function);

		hooks->how[i] = HOOK_OFF;
		if (!hook_wanted(hooks, i))
			continue;
		if (hook->use & USE_TRACEPOINT)
			hooks->how[i] = HOOK_FENTRY;
		else if (hook->use & USE_KPROBE)
			hooks->how[i] = HOOK_KPROBE;
		else if (!(hook->use & USE_MODULE) && hook->instead &&
			 kernel_function_args(names, hook->instead) >= 0)
			continue;
		else if (args >= 0 && args != hook->args)
			continue;
		else if (hooks->multi && args >= 0 && !(hook->use & (USE_LOCKED | USE_DETAIL)))
			hooks->how[i] = HOOK_MULTI;
		else if (hooks->fentry && args >= 0)
			hooks->how[i] = HOOK_FENTRY;
		else if (!only_traced(hooks, hook) && (args >= 0 || hook->use & USE_REQUIRED))
			hooks->how[i] = HOOK_KPROBE;
	}
}

/* Without the first there is no trace; the others find what is not known yet. */
static const char *const iterators[ITERATORS_MAX] = {"snapshot", "seek_files", "seek_sockets", "seek_task",
						     "unix_sockets"};

static bool demote_iterator(struct hooks *hooks, const char *program)
{
	for (size_t i = 1; i < ITERATORS_MAX; i++) {
		if (strcmp(program, iterators[i]))
			continue;
		hooks->iterator_off[i] = true;
		return true;
	}
	return false;
}

/* An exit that became a probe needs what was not needed before, and the other way round. */
static void choose_probed(struct hooks *hooks)
{
	for (size_t i = 0; i < hook_count; i++) {
		if (!(hook_table[i].use & USE_PROBED) || hooks->missing[i])
			continue;
		if (!exits_probed(hooks, i))
			hooks->how[i] = HOOK_OFF;
		else if (hooks->how[i] == HOOK_OFF)
			hooks->how[i] = hooks->fentry ? HOOK_FENTRY : HOOK_KPROBE;
	}
}

int hooks_demote(struct hooks *hooks, const char *program)
{
	static const enum hook_how next[] = {
		[HOOK_OFF] = HOOK_OFF,
		[HOOK_MULTI] = HOOK_FENTRY,
		[HOOK_FENTRY] = HOOK_KPROBE,
		[HOOK_KPROBE] = HOOK_OFF,
	};

	if (demote_iterator(hooks, program))
		return 0;
	for (size_t i = 0; i < hook_count; i++) {
		const struct hook *hook = &hook_table[i];

		if (hooks->how[i] == HOOK_OFF || strcmp(program + 2, hook->name))
			continue;
		hooks->how[i] = only_traced(hooks, hook) ? HOOK_OFF : next[hooks->how[i]];
		if (hooks->how[i] == HOOK_FENTRY && !hooks->fentry)
			hooks->how[i] = HOOK_KPROBE;
		hooks->missing[i] = hooks->how[i] == HOOK_OFF;
		hooks->proven[i] = false;
		choose_probed(hooks);
		return hooks->missing[i] && hook->use & USE_REQUIRED ? -ENOENT : 0;
	}
	return -ENOENT;
}

void hooks_select(const struct hooks *hooks, struct bpf_object *object, bool rest)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) bpf_program__set_autoload(program, false);
	for (size_t i = 0; i < hook_count; i++) {
		program = program_of(object, &hook_table[i], hooks->how[i]);
		if (program)
			bpf_program__set_autoload(program, !(rest && hooks->proven[i]));
		program = keeper_of(hooks, object, i);
		if (program)
			bpf_program__set_autoload(program, true);
	}
	bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "kept"), !hooks->fentry);
	for (size_t i = 0; i < ITERATORS_MAX; i++)
		bpf_program__set_autoload(bpf_object__find_program_by_name(object, iterators[i]),
					  !hooks->iterator_off[i] && !(rest && hooks->iterator_proven[i]));
}

/* libbpf loads programs in the order in which it lists them. */
void hooks_prove(struct hooks *hooks, const struct bpf_object *object, const char *refused)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
	{
		const char *name = bpf_program__name(program);

		if (!strcmp(name, refused))
			return;
		for (size_t i = 0; i < hook_count && bpf_program__autoload(program); i++)
			if (program == program_of(object, &hook_table[i], hooks->how[i]))
				hooks->proven[i] = true;
		for (size_t i = 0; i < ITERATORS_MAX; i++)
			hooks->iterator_proven[i] |= !strcmp(name, iterators[i]);
	}
}

static struct bpf_link *attach_multi(const struct hooks *hooks, const struct hook *hook,
				     struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_kprobe_multi_opts, multi);
	const char *symbols[1 + IDLE_CALLS_MAX] = {hook->function};
	struct bpf_link *link;

	multi.syms = symbols;
	multi.cnt = 1;
	multi.retprobe = hook->use & USE_EXIT;
	for (size_t i = 0; multi.retprobe && i < hooks->idle.count; i++)
		symbols[multi.cnt++] = hooks->idle.names[i];
	link = bpf_program__attach_kprobe_multi_opts(program, NULL, &multi);
	if (link || multi.cnt == 1)
		return link;
	multi.cnt = 1; /* one of the idle calls cannot be attached */
	return bpf_program__attach_kprobe_multi_opts(program, NULL, &multi);
}

static struct bpf_link *attach_one(const struct hooks *hooks, const struct hook *hook, enum hook_how how,
				   struct bpf_program *program)
{
	if (how == HOOK_FENTRY)
		return bpf_program__attach(program);
	if (how == HOOK_KPROBE)
		return bpf_program__attach_kprobe(program, hook->use & USE_EXIT, hook->function);
	return attach_multi(hooks, hook, program);
}

bool hooks_see(const struct hooks *hooks, int counter)
{
	for (size_t i = 0; i < hook_count; i++)
		if (hook_table[i].counter == counter && hooks->how[i] == HOOK_OFF)
			return false;
	return true;
}

/* Inner hooks first: an attempt that is opened has all of its layers. */
int hooks_attach(struct hooks *hooks, struct bpf_object *object, const char **ret_program)
{
	for (size_t n = hook_count; n-- > 0;) {
		struct bpf_program *program = program_of(object, &hook_table[n], hooks->how[n]);
		struct bpf_program *keeper = keeper_of(hooks, object, n);

		if (!program)
			continue;
		hooks->links[n] = attach_one(hooks, &hook_table[n], hooks->how[n], program);
		if (hooks->links[n] && keeper)
			hooks->keepers[n] = bpf_program__attach_kprobe(keeper, false, hook_table[n].function);
		if (!hooks->links[n] || (keeper && !hooks->keepers[n])) {
			*ret_program = bpf_program__name(program);
			hooks->refused = !hooks->fentry && hooks->how[n] == HOOK_KPROBE && errno == EACCES;
			return hooks->refused ? -EPERM : -errno;
		}
	}
	return 0;
}

void hooks_detach(struct hooks *hooks)
{
	for (size_t i = 0; i < hook_count; i++) {
		bpf_link__destroy(hooks->keepers[i]);
		bpf_link__destroy(hooks->links[i]);
		hooks->keepers[i] = NULL;
		hooks->links[i] = NULL;
	}
}

/* struct bpf_link_info of a kprobe.multi link, from 6.7 on; older headers do not have it. */
struct multi_link_info {
	uint32_t type, id, prog_id, pad;
	uint64_t addrs;
	uint32_t count, flags;
	uint64_t missed;
	uint64_t cookies;
	uint64_t reserved[8];
};

/* The same of a kprobe, from 6.7 on. */
struct kprobe_link_info {
	uint32_t type, id, prog_id, pad;
	uint32_t event, pad2;
	uint64_t name;
	uint32_t name_length, offset;
	uint64_t address;
	uint64_t missed;
	uint64_t reserved[8];
};

/* Whoever fills in what kind of probe a link is (6.6 and later) has its number of missed calls too (6.7). */
bool hooks_uncounted(const struct hooks *hooks)
{
	for (size_t i = 0; i < hook_count && !hooks->fentry; i++) {
		struct kprobe_link_info kprobe = {0};
		uint32_t size = sizeof(kprobe);

		if (hooks->how[i] == HOOK_KPROBE && hooks->links[i] &&
		    (bpf_obj_get_info_by_fd(bpf_link__fd(hooks->links[i]), &kprobe, &size) || !kprobe.event))
			return true;
	}
	return false;
}

static unsigned long long kprobe_missed(const struct bpf_link *link)
{
	struct kprobe_link_info kprobe = {0};
	uint32_t size = sizeof(kprobe);

	if (!link || bpf_obj_get_info_by_fd(bpf_link__fd(link), &kprobe, &size) ||
	    kprobe.type != LINK_PERF_EVENT)
		return 0;
	return kprobe.missed;
}

static unsigned long long link_missed(const struct hooks *hooks, size_t i)
{
	struct multi_link_info multi = {0};
	uint32_t size = sizeof(multi);

	if (hooks->how[i] == HOOK_MULTI &&
	    !bpf_obj_get_info_by_fd(bpf_link__fd(hooks->links[i]), &multi, &size))
		return multi.missed;
	if (hooks->how[i] == HOOK_KPROBE)
		return kprobe_missed(hooks->links[i]) + kprobe_missed(hooks->keepers[i]);
	return 0;
}

void hooks_missed(const struct hooks *hooks, const struct bpf_object *object, unsigned long long *ret_skipped,
		  unsigned long long *ret_missed)
{
	*ret_skipped = 0;
	*ret_missed = 0;
	for (size_t i = 0; i < hook_count; i++) {
		const struct bpf_program *program = program_of(object, &hook_table[i], hooks->how[i]);
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (!program || !hooks->links[i] || hook_table[i].use & USE_DETAIL)
			continue;
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			*ret_skipped += info.recursion_misses;
		*ret_missed += link_missed(hooks, i);
	}
}
