/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refused by a security module or by a program on a cgroup; and what such a program rewrote. */
#include "refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static void by_selinux_at_listen(struct event *event)
{
	by_selinux(event);
	event->sock.port = 8080;
}

static void by_bpf_module(struct event *event)
{
	by_module(event, "bpf", "");
}

static const struct refusal modules_rows[] = {
	{BIND_TCP("127.0.0.1", NULL, EACCES, LSM, NULL),
	 RULE_LSM,
	 "EACCES by a security module before the port was looked at",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, LSM, active_modules),
	 RULE_LSM,
	 "EACCES by one of the security modules capability,landlock,apparmor before the port was looked at",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, LSM, by_landlock),
	 RULE_LSM,
	 "EACCES by the security module landlock before the port was looked at",
	 {"allow the port in the Landlock ruleset that the process or its parent put on itself"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, LSM, by_apparmor),
	 RULE_LSM,
	 "EACCES by the security module apparmor (the process's label there is web\\x1b (enforce)) before "
	 "the port was looked at",
	 {"allow it in the AppArmor profile: network inet stream,"}},
	{BIND_UDP("::1", NULL, EACCES, LSM, by_apparmor6),
	 RULE_LSM,
	 "EACCES by the security module apparmor before the port was looked at",
	 {"allow it in the AppArmor profile: network inet6 dgram,"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, LSM, by_selinux),
	 RULE_LSM,
	 "EACCES by the security module selinux (the process's label there is system_u:system_r:httpd_t:s0) "
	 "before the port was looked at",
	 {"label the port for this domain: semanage port -a -t TYPE -p tcp 80"}},
	{BIND_UDP("127.0.0.1", NULL, EPERM, LSM, by_bpf_module),
	 RULE_LSM,
	 "EPERM by the security module bpf before the port was looked at",
	 {"look at the BPF programs of type lsm: bpftool prog list"}},
	{LISTEN_TCP("127.0.0.1", NULL, EACCES, LSM, by_selinux_at_listen),
	 RULE_LSM,
	 "EACCES by the security module selinux (the process's label there is "
	 "system_u:system_r:httpd_t:s0) before the port was looked at",
	 {"label the port for this domain: semanage port -a -t TYPE -p tcp 8080"}},
	{LISTEN_TCP("127.0.0.1", NULL, EACCES, LSM, by_apparmor6),
	 RULE_LSM,
	 "EACCES by the security module apparmor before the port was looked at",
	 {"allow it in the AppArmor profile: network inet stream,"}},
};

static void test_modules(void **state)
{
	(void)state;
	CHECK_REFUSALS(modules_rows);
}

static void keeps_port(struct event *event)
{
	event->refusal.keeps_port = true;
}

static void one_program(struct event *event)
{
	add_program(event, 12, "deny\n", "/pods/a");
}

static void bare_program(struct event *event)
{
	add_program(event, 12, "", "");
}

static void two_programs(struct event *event)
{
	add_program(event, 12, "deny", "/pods/a");
	add_program(event, 13, "other", "/");
}

static void systemd_program(struct event *event)
{
	add_program(event, 14, "sd_bind4", "/system.slice/web.service");
}

static void systemd_unit(struct event *event)
{
	systemd_program(event);
	snprintf(event->process.place.unit, sizeof(event->process.place.unit), "web.service");
}

static const struct refusal programs_rows[] = {
	{BIND_TCP("127.0.0.1", NULL, EPERM, CGROUP, NULL),
	 RULE_CGROUP_BPF,
	 "EPERM by a BPF program on the process's cgroup, before the port was looked at",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, CGROUP, one_program),
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 12 (deny\\x0a) on cgroup /pods/a, before the port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{BIND_TCP("127.0.0.1", NULL, EACCES, CGROUP, bare_program),
	 RULE_CGROUP_BPF,
	 "EACCES by BPF program 12, before the port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, CGROUP, two_programs),
	 RULE_CGROUP_BPF,
	 "EPERM by one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on cgroup /, before the "
	 "port was looked at",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, CGROUP, systemd_program),
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 14 (sd_bind4) on cgroup /system.slice/web.service, before the port was looked "
	 "at",
	 {"allow the port in the unit: SocketBindAllow=, SocketBindDeny=, see systemctl show UNIT"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, CGROUP, systemd_unit),
	 RULE_CGROUP_BPF,
	 "EPERM by BPF program 14 (sd_bind4) on cgroup /system.slice/web.service, before the port was looked "
	 "at",
	 {"allow the port in the unit: SocketBindAllow=, SocketBindDeny=, see systemctl show web.service"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, POST_BIND, NULL),
	 RULE_POST_BIND_BPF,
	 "EPERM by a BPF program on the process's cgroup, after the port was found free",
	 {NULL}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, POST_BIND, keeps_port),
	 RULE_POST_BIND_BPF,
	 "EPERM by a BPF program on the process's cgroup, after the port was found free; this kernel does "
	 "not take the port back: the refused socket has 80 on all addresses until it is closed",
	 {"close the refused socket: until then port 80 is in use"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, POST_BIND, one_program),
	 RULE_POST_BIND_BPF,
	 "EPERM by BPF program 12 (deny\\x0a) on cgroup /pods/a, after the port was found free",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
	{BIND_TCP("127.0.0.1", NULL, EPERM, POST_BIND, two_programs),
	 RULE_POST_BIND_BPF,
	 "EPERM by one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on cgroup /, after the "
	 "port was found free",
	 {"ask whoever attached it: bpftool cgroup tree shows where"}},
};

static void test_programs(void **state)
{
	(void)state;
	CHECK_REFUSALS(programs_rows);
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
	add_program(event, 12, "move", "/pods/a");
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
		{rewritten_by_one,
		 "; BPF program 12 (move) on cgroup /pods/a changed 127.0.0.1:8080 to 192.0.2.7:8081"},
		{rewritten_by_two, "; one of the BPF programs 12 (deny) on cgroup /pods/a, 13 (other) on "
				   "cgroup / changed 127.0.0.1:8080 to 192.0.2.7:8081"},
	};
	static const struct refusal refused = {
		BIND_TCP("127.0.0.1", NULL, EACCES, PRIVILEGE, rewritten),
		RULE_PRIVILEGED_PORT,
		"port 8081 is below 1024 (net.ipv4.ip_unprivileged_port_start of network namespace 1) and "
		"the process lacks CAP_NET_BIND_SERVICE; a BPF program on the cgroup changed 127.0.0.1:80 to "
		"192.0.2.7:8081",
		{"use port 1024 or higher", "grant CAP_NET_BIND_SERVICE",
		 "lower net.ipv4.ip_unprivileged_port_start to 8081"}};
	char text[256];

	(void)state;
	check_refusal(&refused);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct attempt attempt;

		make_attempt(&attempt, PROTO_TCP, "127.0.0.1", no_holders);
		kernel_says(&attempt.event, 0, STAGE_NONE);
		add_refusal_facts(&attempt.event);
		rows[i].prepare(&attempt.event);
		judge(&attempt.event, &new_kernel);
		snprintf(text, sizeof(text), "port was free%s", rows[i].note);
		assert_string_equal(attempt.event.verdict.text, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
