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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_rewritten),
		cmocka_unit_test(test_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
