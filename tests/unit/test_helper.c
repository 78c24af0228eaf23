/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What helpers of container runtimes say of themselves, and what anybody may say. */
#include "unit.h"

#include <string.h>

#include "model/helper.h"

#define HEX16 "0123456789abcdef"
#define HEX64 HEX16 HEX16 HEX16 HEX16

static const struct owner proxy = {.pid = 1, .comm = "docker-proxy", .exe = "/usr/bin/docker-proxy"};
static const struct owner conmon = {.pid = 1, .comm = "conmon", .exe = "/usr/bin/conmon"};
static const struct owner rootlessport = {
	.pid = 1, .comm = "rootlessport", .exe = "/usr/libexec/podman/rootlessport"};

static void test_lines(void **state)
{
	static const struct {
		const struct owner *owner;
		const char *line; /* '|' for NUL */
		const char *serves, *name, *target;
	} rows[] = {
		{&proxy,
		 "/usr/bin/"
		 "docker-proxy|-proto|tcp|-host-port|80|-container-ip|172.17.0.2|-container-port|8080|",
		 "", "", "172.17.0.2:8080"},
		{&proxy, "docker-proxy|-container-ip|fd00::2|-container-port|80|", "", "", "[fd00::2]:80"},
		{&proxy, "docker-proxy|-container-ip|172.17.0.2|-container-port|80", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|172.17.0.2|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|172.17.0.2|-container-port|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|x|-container-port|80|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|1.2.3.4|-container-port|0|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|1.2.3.4|-container-port|65536|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|1.2.3.4|-container-port|-1|", "", "", ""},
		{&proxy, "docker-proxy|-container-ip|1.2.3.4|-container-port|80x|", "", "", ""},
		{&proxy, "", "", "", ""},
		{&conmon, "/usr/bin/conmon|--api-version|1|-c|" HEX64 "|-u|x|-n|web|--exit-dir|/x|", HEX64,
		 "web", ""},
		{&conmon, "conmon|-c|" HEX64 "|", HEX64, "", ""},
		{&conmon, "conmon|-c|" HEX64 "0|-n|web|", "", "", ""},
		{&conmon, "conmon|-c|../../x|-n|web|", "", "", ""},
		{&conmon, "conmon|-n|web|", "", "", ""},
		{&rootlessport, "rootlessport|", "", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct place place = {.unit = "a.service"};
		size_t length = strlen(rows[i].line);
		char line[512];

		memcpy(line, rows[i].line, length);
		for (size_t n = 0; n < length; n++)
			line[n] = line[n] == '|' ? '\0' : line[n];
		helper_parse(rows[i].owner, line, length, &place);
		assert_non_null(place.task);
		assert_string_equal(place.serves, rows[i].serves);
		assert_string_equal(place.container_name, rows[i].name);
		assert_string_equal(place.target, rows[i].target);
		assert_string_equal(place.unit, "a.service");
	}
}

/* A name alone is taken easily; it takes the file, too. */
static void test_names(void **state)
{
	static const struct owner others[] = {
		{.pid = 1, .comm = "docker-proxy", .exe = "/tmp/other"},
		{.pid = 1, .comm = "other", .exe = "/usr/bin/docker-proxy"},
		{.pid = 1, .comm = "docker-proxy", .exe = ""},
		{.pid = 1, .comm = "", .exe = "docker-proxy"},
	};
	struct place place = {.unit = ""};

	(void)state;
	assert_true(helper_known(&proxy));
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_false(helper_known(&others[i]));
		helper_parse(&others[i], "x", 2, &place);
		assert_null(place.task);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
