/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who keeps a port without having asked for it: a net device, a program that inherited a descriptor. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VXLAN0 "set vxlan0 down (ip link set vxlan0 down) or give it another port"
#define VXLAN  "set vxlan"
#define CLOSE  "open the socket with SOCK_CLOEXEC in app[77], so that programs it starts do not keep it"

static bool has_fix(const struct event *event, const char *fix)
{
	for (size_t i = 0; i < event->verdict.fix_count; i++)
		if (!strncmp(event->verdict.fix[i], fix, strlen(fix)))
			return true;
	return false;
}

static void check_fix(const struct event *event, const char *fix, bool given, const char *name)
{
	if (has_fix(event, fix) != given)
		fail_msg("%s: \"%s\" is %s", name, fix, given ? "missing" : "given");
}

/* DEVICES: the last characters of the names of vxlan devices. */
static void serve(struct holder *holder, const char *devices)
{
	holder->kind = KIND_KERNEL;
	holder->bound_by = (struct owner){.pid = 0};
	snprintf(holder->kernel.function, sizeof(holder->kernel.function), "vxlan_rcv");
	for (size_t i = 0; devices[i]; i++) {
		struct device *device = &holder->kernel.devices[holder->kernel.device_count++];

		device->ifindex = 10u + (uint32_t)(devices[i] - '0');
		snprintf(device->name, sizeof(device->name), "vxlan%c", devices[i]);
	}
}

static void judge_devices(struct attempt *attempt, const char *first, const char *second)
{
	const char *const holders[MAX_HOLDERS] = {"0.0.0.0 kernel", second ? "127.0.0.1 kernel" : NULL};

	make_attempt(attempt, PROTO_UDP, "0.0.0.0", holders);
	serve(&attempt->holders[0], first);
	if (second)
		serve(&attempt->holders[1], second);
	kernel_says(&attempt->event, USED, STAGE_PORT);
	judge(&attempt->event, &new_kernel);
	assert_int_equal(attempt->event.verdict.agrees, 1);
}

static void test_devices(void **state)
{
	static const struct {
		const char *first, *second, *named;
		bool down;
	} table[] = {
		{"0", NULL, " for device vxlan0", true},
		{"01", NULL, " for device vxlan0, vxlan1", false},
		{"", NULL, NULL, false},
		{"0", "0", " for device vxlan0", true},
		{"0", "1", " for device vxlan0", false},
		{"0", "", " for device vxlan0", false},
		{"", "0", NULL, false},
		{"0", "01", " for device vxlan0", false},
	};
	struct attempt attempt;
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *text = attempt.event.verdict.text;

		judge_devices(&attempt, table[i].first, table[i].second);
		snprintf(name, sizeof(name), "devices %s and %s", table[i].first,
			 table[i].second ? table[i].second : "none");
		check_fix(&attempt.event, table[i].down ? VXLAN0 : VXLAN, table[i].down, name);
		check_fix(&attempt.event, "open the socket", false, name);
		if (table[i].named ? !strstr(text, table[i].named) : strstr(text, "device") != NULL)
			fail_msg("%s: \"%s\"", name, text);
	}
}

struct heir {
	enum owner_how how;
	enum owner_got got;
	bool survives_exec;
	const char *exe, *bound_exe;
	uint32_t bound_pid;
};

static void judge_heir(struct attempt *attempt, const struct heir *heir)
{
	static const char *const holders[MAX_HOLDERS] = {"0.0.0.0 listen"};
	struct owner *owner = &attempt->owners[0], *bound_by = &attempt->holders[0].bound_by;

	make_attempt(attempt, PROTO_TCP, "0.0.0.0", holders);
	owner->how = heir->how;
	owner->got = heir->got;
	owner->survives_exec = heir->survives_exec;
	snprintf(owner->exe, sizeof(owner->exe), "%s", heir->exe);
	*bound_by = (struct owner){.pid = heir->bound_pid, .comm = "app"};
	snprintf(bound_by->exe, sizeof(bound_by->exe), "%s", heir->bound_exe);
	kernel_says(&attempt->event, USED, STAGE_PORT);
	judge(&attempt->event, &new_kernel);
	assert_int_equal(attempt->event.verdict.agrees, 1);
}

static void test_heirs(void **state)
{
	static const struct heir table[] = {
		{OWNER_DESCRIPTOR, GOT_INHERITED, true, "/bin/sleep", "/bin/app",
		 77}, /* the only one to be told */
		{OWNER_DESCRIPTOR, GOT_INHERITED, true, "/bin/sleep", "/bin/app", 0},
		{OWNER_DESCRIPTOR, GOT_INHERITED, true, "/bin/sleep", "", 77},
		{OWNER_DESCRIPTOR, GOT_INHERITED, true, "", "/bin/app", 77},
		{OWNER_DESCRIPTOR, GOT_INHERITED, true, "/bin/app", "/bin/app", 77},
		{OWNER_DESCRIPTOR, GOT_INHERITED, false, "/bin/sleep", "/bin/app", 77},
		{OWNER_DESCRIPTOR, GOT_BOUND, true, "/bin/sleep", "/bin/app", 77},
		{OWNER_RING, GOT_INHERITED, true, "/bin/sleep", "/bin/app", 77},
	};
	struct attempt attempt;
	char name[32];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		judge_heir(&attempt, &table[i]);
		snprintf(name, sizeof(name), "heir %zu", i);
		check_fix(&attempt.event, i ? "open the socket" : CLOSE, !i, name);
		check_fix(&attempt.event, VXLAN, false, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_heirs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
