/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals that no other socket caused: the rule, and every word of sentence and remedies. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_FIXES 4

static const char *const nobody[MAX_HOLDERS] = {NULL};

/* What was asked for, what else was seen, what the kernel said; and what must be said of it. */
struct row {
	enum event_type type;
	enum protocol protocol;
	const char *binder;
	const char *requested; /* NULL: the binder's address */
	int result;
	enum stage stage;
	void (*prepare)(struct event *event);
	enum rule_id rule;
	const char *text;
	const char *fixes[MAX_FIXES];
};

static void facts_of(struct event *event)
{
	event->refusal.present = true;
	event->refusal.addrlen = event->sock.family == FAMILY_IPV6 ? 28 : 16;
	event->refusal.user_ns = event->refusal.net_user_ns = 50;
}

static void check_fixes(const struct row *row, const struct verdict *verdict)
{
	size_t count = 0;

	while (count < MAX_FIXES && row->fixes[count])
		count++;
	if (verdict->fix_count != count)
		fail_msg("\"%s\": %zu remedies, the first is \"%s\"", row->text, verdict->fix_count,
			 verdict->fix[0]);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(verdict->fix[i], row->fixes[i]);
}

static void check(const struct row *row)
{
	struct verdict *verdict;
	struct attempt attempt;
	struct event *event = &attempt.event;

	make_attempt(&attempt, row->protocol, row->binder, nobody);
	event->type = row->type;
	event->listening = row->type == EVENT_LISTEN;
	event->fd = -1;
	event->requested_port = 80;
	event->sock.port = 0;
	if (row->requested)
		parse_address(row->requested, &event->requested);
	kernel_says(event, row->result, row->stage);
	facts_of(event);
	if (row->prepare)
		row->prepare(event);
	judge(event, &new_kernel);
	verdict = &event->verdict;
	if (verdict->rule != (int)row->rule)
		fail_msg("\"%s\": rule %s, \"%s\"", row->text, rule_name((enum rule_id)verdict->rule),
			 verdict->text);
	assert_string_equal(verdict->text, row->text);
	assert_int_equal(verdict->agrees, -1);
	check_fixes(row, verdict);
}

#define CHECK(rows)                                                                                          \
	for (size_t i_ = 0; i_ < COUNT(rows); i_++)                                                          \
	check(&(rows)[i_])

static void active_modules(struct event *event)
{
	snprintf(event->refusal.lsm_active, LSM_LIST_LEN, "capability,landlock,apparmor");
}

static void by_module(struct event *event, const char *module, const char *label)
{
	active_modules(event);
	snprintf(event->refusal.lsm, LSM_NAME_LEN, "%s", module);
	snprintf(event->refusal.lsm_label, LSM_LABEL_LEN, "%s", label);
}

static void by_landlock(struct event *event)
{
	by_module(event, "landlock", "");
}

static void by_apparmor(struct event *event)
{
	by_module(event, "apparmor", "web\x1b (enforce)");
}

static void by_apparmor6(struct event *event)
{
	by_module(event, "apparmor", "");
}

static void by_selinux(struct event *event)
{
	by_module(event, "selinux", "system_u:system_r:httpd_t:s0");
}

static void by_bpf_module(struct event *event)
{
	by_module(event, "bpf", "");
}

static const struct row modules_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 NULL,
	 RULE_LSM,
	 "EACCES by a security module before the port was looked at",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 active_modules,
	 RULE_LSM,
	 "EACCES by one of the security modules capability,landlock,apparmor before the port was "
	 "looked at",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 by_landlock,
	 RULE_LSM,
	 "EACCES by the security module landlock before the port was looked at",
	 {"allow the port in the Landlock ruleset that the process or its parent put on itself"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 by_apparmor,
	 RULE_LSM,
	 "EACCES by the security module apparmor (the process's label there is web\\x1b (enforce)) "
	 "before "
	 "the port was looked at",
	 {"allow it in the AppArmor profile: network inet stream,"}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "::1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 by_apparmor6,
	 RULE_LSM,
	 "EACCES by the security module apparmor before the port was looked at",
	 {"allow it in the AppArmor profile: network inet6 dgram,"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 by_selinux,
	 RULE_LSM,
	 "EACCES by the security module selinux (the process's label there is "
	 "system_u:system_r:httpd_t:s0) before the port was looked at",
	 {"label the port for this domain: semanage port -a -t TYPE -p tcp 80"}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_LSM,
	 by_bpf_module,
	 RULE_LSM,
	 "EPERM by the security module bpf before the port was looked at",
	 {"look at the BPF programs of type lsm: bpftool prog list"}},
	{EVENT_LISTEN,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_LSM,
	 by_apparmor6,
	 RULE_LSM,
	 "EACCES by the security module apparmor before the port was looked at",
	 {"allow it in the AppArmor profile: network inet stream,"}},
};

static void test_modules(void **state)
{
	(void)state;
	CHECK(modules_rows);
}

static void program(struct event *event, uint32_t id, const char *name, const char *cgroup)
{
	struct cgroup_program *to = &event->refusal.programs[event->refusal.program_count++];

	*to = (struct cgroup_program){.id = id};
	snprintf(to->name, sizeof(to->name), "%s", name);
	snprintf(to->cgroup, sizeof(to->cgroup), "%s", cgroup);
}

static void one_program(struct event *event)
{
	program(event, 12, "deny\n", "/pods/a");
}

static void bare_program(struct event *event)
{
	program(event, 12, "", "");
}

static void two_programs(struct event *event)
{
	program(event, 12, "deny", "/pods/a");
	program(event, 13, "other", "/");
}

static void systemd_program(struct event *event)
{
	program(event, 14, "sd_bind4", "/system.slice/web.service");
}

static void systemd_unit(struct event *event)
{
	systemd_program(event);
	snprintf(event->process.place.unit, sizeof(event->process.place.unit), "web.service");
}

static const struct row programs_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_CGROUP,
	 NULL,
	 RULE_CGROUP_BPF,
	 "EPERM by a BPF program on the process's cgroup, before the port was looked at",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_CGROUP,
	 one_program,
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 12 (deny\\x0a) on cgroup /pods/a, before the port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_CGROUP,
	 bare_program,
	 RULE_CGROUP_BPF,
	 "EACCES by BPF program 12, before the port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_CGROUP,
	 two_programs,
	 RULE_CGROUP_BPF,
	 "EPERM by one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on cgroup /, "
	 "before the "
	 "port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_CGROUP,
	 systemd_program,
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 14 (sd_bind4) on cgroup /system.slice/web.service, before the port "
	 "was "
	 "looked at",
	 {"allow the port in the unit: SocketBindAllow=, SocketBindDeny=, see systemctl show UNIT"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_CGROUP,
	 systemd_unit,
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 14 (sd_bind4) on cgroup /system.slice/web.service, before the port "
	 "was "
	 "looked at",
	 {"allow the port in the unit: SocketBindAllow=, SocketBindDeny=, see systemctl show "
	  "web.service"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_POST_BIND,
	 NULL,
	 RULE_POST_BIND_BPF,
	 "EPERM by a BPF program on the process's cgroup, after the port was found free",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_POST_BIND,
	 one_program,
	 RULE_POST_BIND_BPF,
	 "EPERM by BPF program 12 (deny\\x0a) on cgroup /pods/a, after the port was found free",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EPERM,
	 STAGE_POST_BIND,
	 two_programs,
	 RULE_POST_BIND_BPF,
	 "EPERM by one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on cgroup /, "
	 "after "
	 "the "
	 "port was found free",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
};

static void test_programs(void **state)
{
	(void)state;
	CHECK(programs_rows);
}

static void rewritten(struct event *event)
{
	event->refusal.rewritten = true;
	event->refusal.new_port = 8081;
	parse_address("192.0.2.7", &event->refusal.new_address);
}

static void rewritten_by_one(struct event *event)
{
	rewritten(event);
	program(event, 12, "move", "/pods/a");
}

static void rewritten_by_two(struct event *event)
{
	rewritten(event);
	two_programs(event);
}

/* Of an accepted bind, too. */
static void test_rewritten(void **state)
{
	static const struct {
		void (*prepare)(struct event *event);
		const char *note;
	} rows[] = {
		{rewritten, "; a BPF program on the cgroup changed 127.0.0.1:8080 to 192.0.2.7:8081"},
		{rewritten_by_one, "; BPF program 12 (move) on cgroup /pods/a changed 127.0.0.1:8080 to "
				   "192.0.2.7:8081"},
		{rewritten_by_two, "; one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on "
				   "cgroup / changed 127.0.0.1:8080 to 192.0.2.7:8081"},
	};
	static const struct row refused = {
		EVENT_BIND,
		PROTO_TCP,
		"127.0.0.1",
		NULL,
		-EACCES,
		STAGE_PRIVILEGE,
		rewritten,
		RULE_PRIVILEGED_PORT,
		"port 8081 is below 1024 (net.ipv4.ip_unprivileged_port_start of network namespace 1) and "
		"the process lacks CAP_NET_BIND_SERVICE; a BPF program on the cgroup changed 127.0.0.1:80 to "
		"192.0.2.7:8081",
		{"use port 1024 or higher", "grant CAP_NET_BIND_SERVICE",
		 "lower net.ipv4.ip_unprivileged_port_start to 8081"}};
	char text[256];

	(void)state;
	check(&refused);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct attempt attempt;

		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", nobody);
		kernel_says(&attempt.event, 0, STAGE_NONE);
		facts_of(&attempt.event);
		rows[i].prepare(&attempt.event);
		judge(&attempt.event, &new_kernel);
		snprintf(text, sizeof(text), "port was free%s", rows[i].note);
		assert_string_equal(attempt.event.verdict.text, text);
	}
}

static void capable(struct event *event)
{
	event->refusal.capable = true;
}

static void capable_elsewhere(struct event *event)
{
	event->refusal.capable = true;
	event->refusal.user_ns = 51;
}

static void unknown_ns(struct event *event)
{
	event->refusal.capable = true;
	event->refusal.user_ns = 0;
}

static const char lacks[] = "port 80 is below 1024 (net.ipv4.ip_unprivileged_port_start of network "
			    "namespace 1) and the process lacks CAP_NET_BIND_SERVICE";
static const struct row privilege_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_PRIVILEGE,
	 NULL,
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "grant CAP_NET_BIND_SERVICE",
	  "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_PRIVILEGE,
	 capable,
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_PRIVILEGE,
	 unknown_ns,
	 RULE_PRIVILEGED_PORT,
	 lacks,
	 {"use port 1024 or higher", "lower net.ipv4.ip_unprivileged_port_start to 80"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_PRIVILEGE,
	 capable_elsewhere,
	 RULE_PRIVILEGED_PORT,
	 "port 80 is below 1024, and the process has CAP_NET_BIND_SERVICE only in its own user "
	 "namespace "
	 "51: the network namespace belongs to 50",
	 {"use port 1024 or higher", "run it in a network namespace of its own user namespace",
	  "lower net.ipv4.ip_unprivileged_port_start to 80"}},
};

static void test_privilege(void **state)
{
	(void)state;
	CHECK(privilege_rows);
}

static void no_fd(struct event *event)
{
	event->fd = 7;
	event->sock.protocol = PROTO_NONE;
	event->sock.family = FAMILY_NONE;
}

static void length_200(struct event *event)
{
	event->refusal.addrlen = 200;
}

static void length_minus(struct event *event)
{
	event->refusal.addrlen = -1;
}

static void length_12(struct event *event)
{
	event->refusal.addrlen = 12;
}

static void length_24(struct event *event)
{
	event->refusal.addrlen = 24;
}

static void unspecified(struct event *event)
{
	event->requested.family = FAMILY_NONE;
}

static void unix_family(struct event *event)
{
	event->requested.family = FAMILY_OTHER;
	event->refusal.sa_family = 1;
}

static void v6only(struct event *event)
{
	event->sock.options.v6only = true;
}

static void scope_4711(struct event *event)
{
	event->requested.scope = 4711;
}

static void device_5(struct event *event)
{
	event->sock.ifindex = 5;
}

static void bound(struct event *event)
{
	event->entry_port = 8080;
}

static void listening(struct event *event)
{
	event->entry_port = 8080;
	event->sock.state = STATE_LISTEN;
}

static void connected(struct event *event)
{
	event->entry_port = 8080;
	event->sock.state = STATE_ESTABLISHED;
}

#define NAME_INTERFACE "name the interface: [fe80::1%eth0], or SO_BINDTODEVICE"

static const struct row address_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EBADF,
	 STAGE_SYSCALL,
	 no_fd,
	 RULE_BAD_DESCRIPTOR,
	 "EBADF: descriptor 7 is not open",
	 {NULL}},
	{EVENT_LISTEN,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -ENOTSOCK,
	 STAGE_SYSCALL,
	 no_fd,
	 RULE_BAD_DESCRIPTOR,
	 "ENOTSOCK: descriptor 7 is open, but no socket",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EBADF,
	 STAGE_SYSCALL,
	 NULL,
	 RULE_BAD_DESCRIPTOR,
	 "EBADF: the descriptor is not an open socket",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EFAULT,
	 STAGE_SYSCALL,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EFAULT: what was passed as the address is not in the process's memory",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_SYSCALL,
	 length_200,
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of 200 bytes was passed, and IPv4 needs 16",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::1",
	 NULL,
	 -EINVAL,
	 STAGE_SYSCALL,
	 length_minus,
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of -1 bytes was passed, and IPv6 needs 28",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_ADDRESS,
	 length_12,
	 RULE_BAD_ADDRESS,
	 "EINVAL: an address of 12 bytes was passed, and IPv4 needs 16",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::1",
	 NULL,
	 -EINVAL,
	 STAGE_ADDRESS,
	 length_24,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_ADDRESS,
	 length_200,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_STATE,
	 bound,
	 RULE_ALREADY_BOUND,
	 "this socket is bound to port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_STATE,
	 listening,
	 RULE_ALREADY_BOUND,
	 "this socket listens on port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_STATE,
	 connected,
	 RULE_ALREADY_BOUND,
	 "this socket is connected from port 8080 already: a socket binds only once",
	 {"make a new socket for the second bind()"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::1",
	 "127.0.0.1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 length_12,
	 RULE_WRONG_FAMILY,
	 "EINVAL: the address that was passed is IPv4, the socket is IPv6",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "127.0.0.1",
	 "::1",
	 -EAFNOSUPPORT,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_WRONG_FAMILY,
	 "EAFNOSUPPORT: the address that was passed is IPv6, the socket is IPv4",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "127.0.0.1",
	 NULL,
	 -EAFNOSUPPORT,
	 STAGE_ADDRESS,
	 unix_family,
	 RULE_WRONG_FAMILY,
	 "EAFNOSUPPORT: the address that was passed is of family 1, the socket is IPv4",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "127.0.0.1",
	 NULL,
	 -EAFNOSUPPORT,
	 STAGE_ADDRESS,
	 unspecified,
	 RULE_WRONG_FAMILY,
	 "the address family that was passed is not the socket's",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "ff02::1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EINVAL: a stream socket cannot have a multicast address",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_UDP,
	 "::",
	 "ff02::1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "::ffff:127.0.0.1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 v6only,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address is IPv4 in IPv6 notation, which IPV6_V6ONLY on this socket excludes",
	 {"clear IPV6_V6ONLY, or use an IPv4 socket"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "::ffff:127.0.0.1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "fe80::1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EINVAL: a link-local address is meant for one interface, and none was named (no scope id, no bound "
	 "device)",
	 {NAME_INTERFACE}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "febf::1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 device_5,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "fec0::1",
	 -EINVAL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_BAD_ADDRESS,
	 "EINVAL: the address that was passed is malformed or cannot be bound",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "fe80::1",
	 -ENODEV,
	 STAGE_ADDRESS,
	 scope_4711,
	 RULE_NO_DEVICE,
	 "interface 4711 does not exist in this network namespace, or not any more",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "::",
	 "fe80::1",
	 -ENODEV,
	 STAGE_ADDRESS,
	 device_5,
	 RULE_NO_DEVICE,
	 "interface 5 does not exist in this network namespace, or not any more",
	 {NULL}},
};

static void test_addresses(void **state)
{
	(void)state;
	CHECK(address_rows);
}

static void listed(struct event *event)
{
	event->refusal.interfaces_listed = true;
}

static void here(struct event *event)
{
	listed(event);
	snprintf(event->refusal.here_device, DEVICE_LEN, "vrf\n0");
}

static void tentative(struct event *event)
{
	here(event);
	event->address_tentative = true;
}

static void tentative_somewhere(struct event *event)
{
	event->address_tentative = true;
}

static void duplicate(struct event *event)
{
	tentative(event);
	event->refusal.here_failed = true;
}

static void there(struct event *event)
{
	listed(event);
	event->refusal.there.netns = 77;
	snprintf(event->refusal.there.device, DEVICE_LEN, "eth0");
}

static void there_by_name(struct event *event)
{
	there(event);
	snprintf(event->refusal.there.name, DEVICE_LEN, "blue");
}

#define ADD_ADDRESS "add the address to an interface, or set IP_FREEBIND to bind before it is there"

static const struct row local_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "192.0.2.1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address",
	 {ADD_ADDRESS}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "192.0.2.1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 listed,
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, nor one of another; neither IP_FREEBIND "
	 "nor "
	 "net.ipv4.ip_nonlocal_bind is set",
	 {ADD_ADDRESS}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "2001:db8::1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 there,
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace 77 has; "
	 "neither "
	 "IPV6_FREEBIND nor net.ipv6.ip_nonlocal_bind is set",
	 {"run it in that network namespace", ADD_ADDRESS}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "192.0.2.1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 there_by_name,
	 RULE_ADDRESS_NOT_LOCAL,
	 "no interface of this network namespace has this address, but eth0 of network namespace blue has; "
	 "neither "
	 "IP_FREEBIND nor net.ipv4.ip_nonlocal_bind is set",
	 {"run it in that network namespace", ADD_ADDRESS}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "192.0.2.1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 here,
	 RULE_ADDRESS_NOT_LOCAL,
	 "vrf\\x0a0 of this network namespace has this address, but not for a socket on no device",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "2001:db8::1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 tentative_somewhere,
	 RULE_ADDRESS_TENTATIVE,
	 "the address is there but tentative: IPv6 duplicate address detection has not ended",
	 {"wait for the address to become valid, or set IPV6_FREEBIND"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "2001:db8::1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 tentative,
	 RULE_ADDRESS_TENTATIVE,
	 "vrf\\x0a0 has the address, but it is tentative: IPv6 duplicate address detection has not ended",
	 {"wait for the address to become valid, or set IPV6_FREEBIND"}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "2001:db8::1",
	 NULL,
	 -EADDRNOTAVAIL,
	 STAGE_ADDRESS,
	 duplicate,
	 RULE_ADDRESS_TENTATIVE,
	 "vrf\\x0a0 has the address, but IPv6 duplicate address detection failed: another host has it too",
	 {"choose an address that no other host has"}},
};

static void test_local(void **state)
{
	(void)state;
	CHECK(local_rows);
}

static const struct row other_rows[] = {
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EACCES,
	 STAGE_SECCOMP,
	 NULL,
	 RULE_SECCOMP,
	 "EACCES by a seccomp filter of the process: the system call never ran",
	 {NULL}},
	{EVENT_LISTEN,
	 PROTO_UDP,
	 "127.0.0.1",
	 NULL,
	 -EOPNOTSUPP,
	 STAGE_LISTEN,
	 NULL,
	 RULE_WRONG_STATE,
	 "EOPNOTSUPP: a socket of this type or in this state cannot do that",
	 {NULL}},
	{EVENT_LISTEN,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EINVAL,
	 STAGE_LISTEN,
	 NULL,
	 RULE_WRONG_STATE,
	 "EINVAL: a socket of this type or in this state cannot do that",
	 {NULL}},
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -ENOMEM,
	 STAGE_ADDRESS,
	 NULL,
	 RULE_NO_MEMORY,
	 "ENOMEM, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
	/* get_port() says EADDRINUSE where it could not allocate a bucket */
	{EVENT_BIND,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EADDRINUSE,
	 STAGE_PORT,
	 NULL,
	 RULE_NO_MEMORY,
	 "EADDRINUSE, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
	{EVENT_LISTEN,
	 PROTO_TCP,
	 "127.0.0.1",
	 NULL,
	 -EBUSY,
	 STAGE_LISTEN,
	 NULL,
	 RULE_NO_MEMORY,
	 "EBUSY, but no other socket is in the way: the kernel could not allocate memory",
	 {NULL}},
};

static void test_others(void **state)
{
	(void)state;
	CHECK(other_rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),	  cmocka_unit_test(test_programs),
		cmocka_unit_test(test_rewritten), cmocka_unit_test(test_privilege),
		cmocka_unit_test(test_addresses), cmocka_unit_test(test_local),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
