/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of descriptors that systemd passed. */
#include "unit.h"

#include <string.h>

#include "model/passed.h"

/* Variables are separated by bars. */
static const struct {
	const char *environment;
	int fd;
	const char *name;
} rows[] = {
	{"A=b|LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=web.socket:http|C=d|", 3, "web.socket"},
	{"A=b|LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=web.socket:http|C=d|", 4, "http"},
	{"LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=web.socket:http|", 5, ""},
	{"LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=web.socket:http|", 2, ""},
	{"LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=web.socket:http|", -1, ""},
	{"LISTEN_PID=42|LISTEN_FDS=3|LISTEN_FDNAMES=web.socket:http|", 5, ""},
	{"LISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=web.socket:http|", 4, ""},
	{"LISTEN_PID=42|LISTEN_FDS=2|LISTEN_FDNAMES=:http|", 3, ""},
	{"LISTEN_PID=41|LISTEN_FDS=1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=|LISTEN_FDS=1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42x|LISTEN_FDS=1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=-1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=99999999999999999999999|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_FDS=1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=1|", 3, ""},
	{"XLISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=web.socket|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=cut.off", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=longer-than-the-room|", 3, ""},
	{"LISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=fits-exactly-15|", 3, "fits-exactly-15"},
	{"||LISTEN_PID=42|LISTEN_FDS=1|LISTEN_FDNAMES=a|", 3, "a"},
	{"", 3, ""},
};

static void test_names(void **state)
{
	char environment[128], name[16];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t length = strlen(rows[i].environment);

		assert_true(length < sizeof(environment));
		memcpy(environment, rows[i].environment, length);
		for (size_t n = 0; n < length; n++)
			environment[n] = environment[n] == '|' ? '\0' : environment[n];
		passed_name(environment, length, 42, rows[i].fd, name, sizeof(name));
		assert_string_equal(name, rows[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
