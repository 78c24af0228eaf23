/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is no pair of plain sockets: reuseport programs, forced reuse, full slots, bad arguments. */
#include "special.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "oracle.h"

#define HERE	   "127.0.0.1"
#define BUSY_PORTS 12
#define SLOT_PORT  2222

enum when { NEVER, BEFORE_BIND, BEFORE_LISTEN, AFTER_LISTEN };

/* ---- reuseport programs */

/* When a program is attached to the first and to the second socket of a group. */
struct program {
	bool udp, ebpf;
	enum when first, second;
};

/* The second socket's own group, made by its program, is what stands in the way: kernel.md 2.9 */
static int bind_result(const struct program *program)
{
	return program->second == BEFORE_BIND ? EADDRINUSE : 0;
}

static int listen_result(const struct program *program)
{
	return program->second == BEFORE_LISTEN ? EADDRINUSE : 0;
}

/* Both choose the first member. */
static void attach(int fd, bool ebpf)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)insns,
		.insn_cnt = COUNT(insns),
		.license = (uintptr_t) "GPL",
	};
	struct sock_filter filter = {.code = BPF_RET | BPF_K};
	struct sock_fprog program = {.len = 1, .filter = &filter};
	int loaded;

	if (!ebpf) {
		if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)))
			die("SO_ATTACH_REUSEPORT_CBPF");
		return;
	}
	loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (loaded < 0)
		die("BPF_PROG_LOAD");
	set_option(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, loaded);
	close(loaded);
}

static void attach_at(int fd, const struct program *program, enum when wanted, enum when now)
{
	if (wanted == now)
		attach(fd, program->ebpf);
}

static void expect_result(struct attempt *attempt, int result, const struct held *culprit, uint64_t rules)
{
	attempt->tested = true;
	attempt->culprit = result == EADDRINUSE ? culprit : NULL;
	attempt->rules = rules;
	if (attempt->result != result)
		complain(attempt, "the kernel answered what was not expected");
}

static void make_first(const struct program *program, const struct endpoint *endpoint, struct held *held)
{
	attach_at(held->fd, program, program->first, BEFORE_BIND);
	expect_result(attempt_bind(held->fd, endpoint), 0, NULL, BIT(RULE_FREE));
	attach_at(held->fd, program, program->first, BEFORE_LISTEN);
	if (!program->udp)
		expect_result(attempt_listen(held->fd), 0, NULL, BIT(RULE_FREE));
	attach_at(held->fd, program, program->first, AFTER_LISTEN);
}

static uint64_t program_rules(int result)
{
	return result ? BIT(RULE_REUSEPORT_PROGRAM) : BIT(RULE_REUSEPORT_GROUP);
}

/* The attempt that decided: the second socket's bind or its listen. */
static struct attempt *make_second(const struct program *program, const struct endpoint *endpoint, int fd,
				   const struct held *first)
{
	struct attempt *attempt;
	int result = bind_result(program);

	attach_at(fd, program, program->second, BEFORE_BIND);
	attempt = attempt_bind(fd, endpoint);
	expect_result(attempt, result, first, program_rules(result));
	attach_at(fd, program, program->second, BEFORE_LISTEN);
	if (program->udp || result)
		return attempt;
	result = listen_result(program);
	attempt = attempt_listen(fd);
	expect_result(attempt, result, first, program_rules(result));
	if (!result)
		attach_at(fd, program, program->second, AFTER_LISTEN);
	return attempt;
}

static void run_program(const struct program *program, struct attempt *ret_last)
{
	static const struct socket_plan plan = {.variant = 1, .flags = FLAG_RP};
	struct endpoint endpoint = endpoint_of(HERE, AF_INET, next_port(false));
	struct held first = {.fd = open_socket(&plan, program->udp), .peer = -1, .state = AT_LISTENING};
	int second = open_socket(&plan, program->udp);
	struct attempt *last;

	first.inode = inode_of(first.fd);
	make_first(program, &endpoint, &first);
	last = make_second(program, &endpoint, second, &first);
	attempts_await();
	*ret_last = *last;
	close(second);
	let_go(&first);
	attempts_clear();
	tally.cases++;
}

/* "attach the BPF program after ..., or only to the group's first socket": both must help. */
static void remedy_program(const struct program *program, const struct attempt *refused)
{
	const struct program after = {program->udp, program->ebpf, program->first,
				      program->udp ? BEFORE_LISTEN : AFTER_LISTEN};
	const struct program only_first = {program->udp, program->ebpf, BEFORE_BIND, NEVER};
	struct attempt last;

	for (int i = 0; i < refused->fix_count; i++) {
		if (strncmp(refused->fix[i], "attach the BPF program after ", 29))
			continue;
		run_program(&after, &last);
		run_program(&only_first, &last);
		tally.remedies += 2;
		return;
	}
	complain(NULL, "no remedy is to attach the program later");
}

static void run_programs(void)
{
	struct attempt last;

	for (int bits = 0; bits < 64; bits++) {
		struct program program = {bits & 1, bits & 2, (enum when)(bits >> 2 & 3),
					  (enum when)(bits >> 4 & 3)};

		run_program(&program, &last);
		if (last.result)
			remedy_program(&program, &last);
	}
}

/* ---- one socket that cannot */

static const struct plain {
	const char *host;
	int family, port;
	int second_port; /* a second bind, 0: none */
	uid_t user;
	bool udp, listens, repair;
	int result, listen_result;
	enum rule_id rule, listen_rule;
} plains[] = {
	{"192.0.2.1", AF_INET, 1, 0, 0, false, false, false, EADDRNOTAVAIL, 0, RULE_ADDRESS_NOT_LOCAL, 0},
	{"2001:db8::1", AF_INET6, 1, 0, 0, true, false, false, EADDRNOTAVAIL, 0, RULE_ADDRESS_NOT_LOCAL, 0},
	{HERE, AF_INET, 80, 0, 1000, false, false, false, EACCES, 0, RULE_PRIVILEGED_PORT, 0},
	{"::1", AF_INET6, 80, 0, 1000, true, false, false, EACCES, 0, RULE_PRIVILEGED_PORT, 0},
	{HERE, AF_INET, 1, 1, 0, false, false, false, 0, 0, RULE_FREE, RULE_ALREADY_BOUND},
	{HERE, AF_INET, 0, 0, 0, true, false, false, 0, 0, RULE_AUTO_PORT, 0},
	{HERE, AF_INET, 1, 0, 0, false, true, false, 0, 0, RULE_FREE, RULE_FREE},
	{HERE, AF_INET, 1, 0, 0, false, true, true, 0, 0, RULE_FREE, RULE_FREE},
	{"fe80::1", AF_INET6, 1, 0, 0, false, false, false, EINVAL, 0, RULE_BAD_ADDRESS, 0},
	{"224.0.0.1", AF_INET, 1, 0, 0, true, true, false, 0, EOPNOTSUPP, RULE_FREE, RULE_WRONG_STATE},
};

static void run_plain(const struct plain *plain)
{
	uint16_t port = plain->port == 1 ? next_port(false) : (uint16_t)plain->port;
	struct endpoint endpoint = endpoint_of(plain->host, plain->family, port);
	int fd = socket(plain->family, (plain->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (plain->user && seteuid(plain->user))
		die("seteuid");
	expect_result(attempt_bind(fd, &endpoint), plain->result, NULL, BIT(plain->rule));
	if (plain->user && seteuid(0))
		die("seteuid");
	if (plain->second_port)
		expect_result(attempt_bind(fd, &endpoint), EINVAL, NULL, BIT(RULE_ALREADY_BOUND));
	if (plain->listens)
		expect_result(attempt_listen(fd), plain->listen_result, NULL, BIT(plain->listen_rule));
	attempts_await();
	close(fd);
	attempts_clear();
	tally.cases++;
}

/* An IPv6 address for an IPv4 socket, an interface that is not there. */
static void run_misfits(void)
{
	struct endpoint six = endpoint_of("::1", AF_INET6, next_port(false));
	struct endpoint nowhere = endpoint_of("fe80::1", AF_INET6, next_port(false));
	int four = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int scoped = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	((struct sockaddr_in6 *)&nowhere.address)->sin6_scope_id = 99999;
	expect_result(attempt_bind(four, &six), EAFNOSUPPORT, NULL, BIT(RULE_WRONG_FAMILY));
	expect_result(attempt_bind(scoped, &nowhere), ENODEV, NULL, BIT(RULE_NO_DEVICE));
	attempts_await();
	close(scoped);
	close(four);
	attempts_clear();
	tally.cases += 2;
}

/* TCP_REPAIR forces its way. */
static void run_forced(void)
{
	static const struct socket_plan plan = {.variant = 1};
	struct endpoint endpoint = endpoint_of(HERE, AF_INET, next_port(false));
	struct held first = {.fd = open_socket(&plan, false), .peer = -1, .state = AT_LISTENING};
	int second = open_socket(&plan, false);

	first.inode = inode_of(first.fd);
	expect_result(attempt_bind(first.fd, &endpoint), 0, NULL, BIT(RULE_FREE));
	expect_result(attempt_listen(first.fd), 0, NULL, BIT(RULE_FREE));
	set_option(second, IPPROTO_TCP, TCP_REPAIR, 1);
	expect_result(attempt_bind(second, &endpoint), 0, NULL, BIT(RULE_FORCE_REUSE));
	attempts_await();
	close(second);
	let_go(&first);
	attempts_clear();
	tally.cases++;
}

/* A UDP slot is full: the kernel looks into another table, and some overlook specific addresses there. */
static void run_slot(int binder, int holder)
{
	struct socket_plan new = {.variant = binder}, old = {.variant = holder};
	struct endpoint wide = endpoint_of(variants[binder].text, variants[binder].family, SLOT_PORT);
	struct endpoint narrow = endpoint_of(variants[holder].text, variants[holder].family, SLOT_PORT);
	struct held held = {.fd = open_socket(&old, true), .peer = -1, .state = AT_BOUND};
	struct attempt *attempt;
	int others[BUSY_PORTS], fd = open_socket(&new, true);
	char host[16];

	held.inode = inode_of(held.fd);
	for (int i = 0; i < BUSY_PORTS; i++) {
		struct socket_plan plan = {.variant = 1};
		struct endpoint endpoint;

		snprintf(host, sizeof(host), "127.0.1.%d", i + 1);
		endpoint = endpoint_of(host, AF_INET, SLOT_PORT);
		others[i] = open_socket(&plan, true);
		attempt_bind(others[i], &endpoint);
	}
	attempt_bind(held.fd, &narrow);
	attempt = attempt_bind(fd, &wide);
	attempt->tested = true;
	attempts_await();
	for (int i = 0; i < BUSY_PORTS; i++)
		close(others[i]);
	close(fd);
	let_go(&held);
	attempts_clear();
	tally.cases++;
}

void special_run(void)
{
	run_programs();
	for (size_t i = 0; i < COUNT(plains); i++)
		run_plain(&plains[i]);
	run_misfits();
	run_forced();
	for (int binder = 0; binder < VARIANTS; binder++)
		for (int holder = 0; holder < VARIANTS; holder++)
			run_slot(binder, holder);
}
