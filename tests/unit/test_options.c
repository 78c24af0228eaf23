/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what it takes, what it refuses and in which words. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli/command.h"

#define MAX_WORDS 16

static struct config config;
static char error[OPTIONS_ERROR_LEN];

struct line {
	char text[1024];
	char *words[MAX_WORDS + 1];
	int count;
};

/* Words are separated by '|', since values may hold spaces. */
static int parse(struct line *line, const char *text)
{
	*line = (struct line){.count = 1};
	line->words[0] = "reusetrace";
	snprintf(line->text, sizeof(line->text), "%s", text);
	for (char *at = line->text; *text && at; line->count++) {
		char *bar = strchr(at, '|');

		assert_in_range(line->count, 1, MAX_WORDS - 1);
		line->words[line->count] = at;
		if (bar)
			*bar++ = '\0';
		at = bar;
	}
	error[0] = '\0';
	return options_parse(&trace_command, line->count, line->words, &config, error, sizeof(error));
}

/* A predicate on the parsed configuration. */
#define HOLDS(name, condition)                                                                               \
	static bool name(void)                                                                               \
	{                                                                                                    \
		return condition;                                                                            \
	}

/* clang-format off */
HOLDS(ports_80, config.ports.count == 1 && port_set_has(&config.ports, 80))
HOLDS(ports_mixed, config.ports.count == 103 && port_set_has(&config.ports, 80) &&
	port_set_has(&config.ports, 443) && port_set_has(&config.ports, 8000) &&
	port_set_has(&config.ports, 8100) && !port_set_has(&config.ports, 8101) &&
	!port_set_has(&config.ports, 7999))
HOLDS(ports_all, config.ports.count == 65535 && !port_set_has(&config.ports, 0))
HOLDS(ports_80_443, config.ports.count == 2 && port_set_has(&config.ports, 443))
HOLDS(ports_80_failed, ports_80() && config.failed)
HOLDS(pids_two, config.pids.count == 2 && config.pids.pids[1] == 4194304)
HOLDS(comm_nginx, !strcmp(config.comm, "nginx"))
HOLDS(comm_cut, !strcmp(config.comm, "123456789012345"))
HOLDS(user_root, config.user.uid == 0 && !strcmp(config.user.name, "root"))
HOLDS(user_1000, config.user.uid == 1000)
HOLDS(user_most, config.user.uid == UINT32_MAX - 1)
HOLDS(user_none, config.user.uid == UID_NONE && !config.user.name)
HOLDS(netns_path, !strcmp(config.netns, "/proc/1/ns/net"))
HOLDS(cgroup_path, !strcmp(config.cgroup, "/system.slice"))
HOLDS(unit_nginx, !strcmp(config.unit, "nginx"))
HOLDS(unit_instance, !strcmp(config.unit, "getty@tty1.service"))
HOLDS(only_v4, config.families == FAMILY_BIT_IPV4)
HOLDS(both_families, config.families == (FAMILY_BIT_IPV4 | FAMILY_BIT_IPV6))
HOLDS(proto_two, config.protocols == (1U << PROTO_TCP | 1U << PROTO_UDP))
HOLDS(proto_others, config.protocols == (1U << PROTO_SCTP | 1U << PROTO_PING | 1U << PROTO_RAW))
HOLDS(proto_all, config.protocols == 0xe)
HOLDS(proto_unix, config.protocols == 1U << PROTO_UNIX)
HOLDS(failed, config.failed)
HOLDS(verbose_two, config.verbose == 2)
HOLDS(json, config.json && !config.output)
HOLDS(json_verbose, config.json && config.verbose == 1)
HOLDS(output_x, !strcmp(config.output, "x"))
HOLDS(output_dashes, !strcmp(config.output, "--") && ports_80() && !config.command)
HOLDS(time_wall, config.time == TIME_WALL)
HOLDS(time_delta, config.time == TIME_DELTA)
HOLDS(time_boot, config.time == TIME_BOOT)
HOLDS(time_iso, config.time == TIME_ISO)
HOLDS(time_none, config.time == TIME_NONE)
HOLDS(no_header, config.no_header)
HOLDS(color_always, config.color == COLOR_ALWAYS)
HOLDS(color_never, config.color == COLOR_NEVER)
HOLDS(ten_seconds, config.duration_ns == UINT64_C(10000000000))
HOLDS(half_second, config.duration_ns == 500000000)
HOLDS(one_ns, config.duration_ns == 1)
HOLDS(most_seconds, config.duration_ns == UINT64_C(4294967295) * 1000000000)
HOLDS(limit_most, config.limit == UINT64_MAX)
HOLDS(limit_five, config.limit == 5)
HOLDS(compare_windows, config.compare == 1)
HOLDS(summary, config.summary)
HOLDS(containers, config.containers)
HOLDS(fail_on_reject, config.fail_on_reject)
HOLDS(help, config.help)
HOLDS(version, config.version)
HOLDS(command_true, !strcmp(config.command[0], "true") && !config.command[1])
HOLDS(command_options, ports_80() && !config.failed && !strcmp(config.command[0], "ls") &&
	!strcmp(config.command[1], "-x") && !strcmp(config.command[2], "--"))
HOLDS(run_as_root, config.run_as.uid == 0 && command_true())
HOLDS(json_command, config.json && output_x() && command_true())
HOLDS(defaults, !config.ports.count && !config.pids.count && !config.comm[0] && user_none() &&
	!config.netns && !config.cgroup && !config.unit && !config.families && !config.protocols && !config.verbose &&
	!config.json && !config.output && !config.duration_ns && !config.limit && !config.command &&
	time_wall() && config.color == COLOR_AUTO && config.run_as.uid == UID_NONE)
/* clang-format on */

static const struct {
	const char *words;
	bool (*holds)(void);
} good[] = {
	{"", defaults},
	{"8080|-P|8081", NULL},
	{"80", ports_80},
	{"--compare|windows", compare_windows},
	{"-P|80", ports_80},
	{"-P80", ports_80},
	{"--port=80", ports_80},
	{"--port|80", ports_80},
	{"-P|80,80", ports_80},
	{"-P|80-80", ports_80},
	{"-P|80,443,8000-8100", ports_mixed},
	{"-P|1-65535", ports_all},
	{"-P|80|-P|443", ports_80_443},
	{"443|-P|80", ports_80_443},
	{"80|-x", ports_80_failed},
	{"-x|80", ports_80_failed},
	{"-p|1,4194304", pids_two},
	{"-p|1|--pid=4194304", pids_two},
	{"-n|nginx", comm_nginx},
	{"-n|1234567890123456789", comm_cut},
	{"-n|long name of a process|-n|nginx", comm_nginx},
	{"-u|root", user_root},
	{"--user=1000", user_1000},
	{"-u|4294967294", user_most},
	{"-N|/proc/1/ns/net", netns_path},
	{"-c|/system.slice", cgroup_path},
	{"--unit=nginx", unit_nginx},
	{"--unit|getty@tty1.service", unit_instance},
	{"-4", only_v4},
	{"-4|-6", both_families},
	{"-46", both_families},
	{"--proto|tcp,udp", proto_two},
	{"--proto|tcp,udp,mptcp", proto_all},
	{"--proto|sctp,ping,raw", proto_others},
	{"--proto|unix", proto_unix},
	{"--containers", containers},
	{"-x", failed},
	{"-E", failed},
	{"--failed", failed},
	{"-vv", verbose_two},
	{"-v|--verbose", verbose_two},
	{"-j", json},
	{"--json", json},
	{"--json=plain", json},
	{"-jv", json_verbose},
	{"-o|x", output_x},
	{"-o|--|80", output_dashes},
	{"-t", time_wall},
	{"--time=none|-t", time_wall},
	{"--time=delta", time_delta},
	{"--time|boot", time_boot},
	{"--time=iso", time_iso},
	{"--time=none", time_none},
	{"-H", no_header},
	{"--color=always", color_always},
	{"--color=always|--color=never", color_never},
	{"-d|10", ten_seconds},
	{"-d|0.5", half_second},
	{"-d|0.000000001", one_ns},
	{"-d|4294967295", most_seconds},
	{"--limit|18446744073709551615", limit_most},
	{"--limit=5", limit_five},
	{"--summary", summary},
	{"--fail-on-reject", fail_on_reject},
	{"-h", help},
	{"--help|--time=bad", help},
	{"-V", version},
	{"--|true", command_true},
	{"-P|80|--|ls|-x|--", command_options},
	{"--run-as|root|--|true", run_as_root},
	{"-j|-o|x|--|true", json_command},
};

static const struct {
	const char *words, *error;
} bad[] = {
	{"-P|80,x", "-P: '80,x' is not a port list (like 80,443,8000-8100)"},
	{"--port=80,x", "--port: '80,x' is not a port list (like 80,443,8000-8100)"},
	{"-P|", "-P: '' is not a port list"},
	{"-P|0", "-P: '0' is not a port list"},
	{"-P|65536", "-P: '65536' is"},
	{"-P|18446744073709551696", "is not a port list"},
	{"-P|80,", "is not a port list"},
	{"-P|,80", "is not a port list"},
	{"-P|80,,81", "is not a port list"},
	{"-P|80 ", "is not a port list"},
	{"-P| 80", "is not a port list"},
	{"-P|-80", "is not a port list"},
	{"-P|80-", "is not a port list"},
	{"-P|90-80", "is not a port list"},
	{"-P|0-80", "is not a port list"},
	{"-P|1-2-3", "is not a port list"},
	{"-P|+80", "is not a port list"},
	{"-P|0x50", "is not a port list"},
	{"-P|080", "is not a port list"},
	{"-P|8080-99999", "is not a port list"},
	{"-P|80\n", "-P: '80\\x0a' is not a port list"},
	{"-P", "-P needs a value: a port list"},
	{"--port", "--port needs a value: a port list"},
	{"http", "'http' is not a port list (like 80,443,8000-8100); a COMMAND goes behind --"},
	{"80|81", "'81': one port list is enough; a COMMAND goes behind --"},
	{"-p|0", "-p: '0' is not a list of up to 64 pids (like 4100,4242)"},
	{"-p|4194305", "is not a list"},
	{"-p|1,", "is not a list"},
	{"-p|self", "is not a list"},
	{"-p|1-2", "is not a list"},
	{"-n|", "-n: '' is not a command name"},
	{"-u|", "-u: '' is not a user (a name or a number)"},
	{"-u|no such user", "-u: 'no such user' is not a user"},
	{"-u|4294967295", "is not a user"},
	{"-u|-1", "is not a user"},
	{"-u|+root", "is not a user"},
	{"-u|0x0", "is not a user"},
	{"-N|", "-N: '' is not a network namespace"},
	{"-c|", "-c: '' is not a path"},
	{"--proto|", "--proto: '' is not a protocol list"},
	{"--proto|TCP", "is not a protocol list"},
	{"--proto|tcp,", "is not a protocol list"},
	{"--proto|tcp,other", "is not a protocol list"},
	{"--proto|tc", "is not a protocol list"},
	{"--proto|dccp", "is not a protocol list (of tcp,udp,mptcp,sctp,ping,raw,unix)"},
	{"--json=xml", "--json: 'xml' is not a JSON format (one of plain, ecs, otel, ocsf)"},
	{"--json=", "--json: '' is not"},
	{"-o|", "-o: '' is not a path"},
	{"--time=utc", "--time: 'utc' is not one of wall, delta, boot, iso, none"},
	{"--time", "--time needs a value"},
	{"--color=yes", "--color: 'yes' is not one of auto, always, never"},
	{"-d|0", "-d: '0' is not a number of seconds above 0 (like 10 or 0.5)"},
	{"-d|0.0", "is not a number of seconds"},
	{"-d|-1", "is not a number of seconds"},
	{"-d|.5", "is not a number of seconds"},
	{"-d|5.", "is not a number of seconds"},
	{"-d|1e3", "is not a number of seconds"},
	{"-d|1.5s", "is not a number of seconds"},
	{"-d|1.0000000001", "is not a number of seconds"},
	{"-d|4294967296", "is not a number of seconds"},
	{"-d|nan", "is not a number of seconds"},
	{"--limit=0", "--limit: '0' is not a number above 0"},
	{"--limit=18446744073709551616", "is not a number above 0"},
	{"--limit=-1", "is not a number above 0"},
	{"--compare|linux", "--compare: 'linux' is not another system (one of windows,"},
	{"--compare|", "is not another system"},
	{"--compare|windows,macos", "is not another system"},
	{"--os|windows", "'--os' is not an option"},
	{"--summary=1", "--summary takes no value"},
	{"--failed=1", "--failed takes no value"},
	{"-Q", "'-Q' is not an option"},
	{"-xQ", "'-Q' is not an option"},
	{"--quux", "'--quux' is not an option"},
	{"--fail", "'--fail' is not an option, or is short for several"},
	{"-j|--|true", "-j with a COMMAND requires -o"},
	{"--run-as|root", "--run-as requires a COMMAND"},
	{"--run-as|no such user|--|true", "--run-as: 'no such user' is not a user"},
	{"--", "-- needs a COMMAND"},
	{"-x|--", "-- needs a COMMAND"},
};

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct line line;
		int result = parse(&line, good[i].words);

		if (result || error[0] || (good[i].holds && !good[i].holds()))
			fail_msg("%s: %d, %s", good[i].words, result, error);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct line line;
		int result = parse(&line, bad[i].words);

		if (result != -EINVAL || !strstr(error, bad[i].error) || strchr(error, '\n'))
			fail_msg("%s: %d, '%s' instead of '%s'", bad[i].words, result, error, bad[i].error);
	}
}

static void test_too_many_pids(void **state)
{
	char text[600] = "-p|1";
	struct line line;

	(void)state;
	for (size_t i = 1; i < OPTIONS_MAX_PIDS; i++)
		strcat(text, ",2");
	assert_int_equal(parse(&line, text), 0);
	assert_int_equal(config.pids.count, OPTIONS_MAX_PIDS);
	strcat(text, ",3");
	assert_int_equal(parse(&line, text), -EINVAL);
}

static void test_small_error_buffer(void **state)
{
	char *words[] = {"reusetrace", "-P", "x", NULL}, small[8];

	(void)state;
	assert_int_equal(options_parse(&trace_command, 3, words, &config, small, sizeof(small)), -EINVAL);
	assert_string_equal(small, "-P: 'x'");
}

static void test_help(void **state)
{
	static const char *const mentioned[] = {
		"-P, --port LIST",
		"-p, --pid LIST",
		"-n, --comm NAME",
		"-u, --user USER",
		"-N, --netns NS",
		"-c, --cgroup PATH",
		"  -4 ",
		"  -6 ",
		"--proto=LIST",
		"-x, --failed",
		"-E",
		"-v, --verbose",
		"-vv",
		"-j, --json[=FORMAT]",
		"-o, --output FILE",
		"  -t ",
		"--time=MODE",
		"-H, --no-header",
		"--color=WHEN",
		"NO_COLOR",
		"-d, --duration SEC",
		"--limit=N",
		"--summary",
		"--compare=OS",
		"--fail-on-reject",
		"--run-as=USER",
		"-h, --help",
		"-V, --version",
		"[-- COMMAND [ARG...]]",
		"Exit status",
	};
	struct strbuf text = {.data = NULL};

	(void)state;
	options_help(&text, &trace_command, NULL);
	assert_int_equal(text.error, 0);
	for (size_t i = 0; i < COUNT(mentioned); i++) {
		if (!strstr(text.data, mentioned[i]))
			fail_msg("--help lacks '%s'", mentioned[i]);
	}
	for (char *at = text.data, *end; (end = strchr(at, '\n')); at = end + 1)
		assert_in_range(end - at, 0, 90);
	strbuf_free(&text);
}

static void test_color(void **state)
{
	(void)state;
	assert_true(options_color(COLOR_ALWAYS, stdout));
	assert_false(options_color(COLOR_NEVER, stdout));
	setenv("NO_COLOR", "1", 1);
	assert_false(options_color(COLOR_AUTO, stdout));
	assert_true(options_color(COLOR_ALWAYS, stdout));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(options_color(COLOR_AUTO, stdout));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	      cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_many_pids), cmocka_unit_test(test_small_error_buffer),
		cmocka_unit_test(test_help),	      cmocka_unit_test(test_color),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
