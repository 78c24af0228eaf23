/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SOCKET of `explain`: what it may be, what it may not, and hostile ones. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/socket_words.h"
#include "model/address.h"

static const struct {
	const char *text, *address;
	enum protocol protocol;
	enum sock_state state;
} good[] = {
	{"8080", "0.0.0.0:8080", PROTO_TCP, STATE_BOUND},
	{":8080", "0.0.0.0:8080", PROTO_TCP, STATE_BOUND},
	{"*:8080", "0.0.0.0:8080", PROTO_TCP, STATE_BOUND},
	{"127.0.0.1:8080", "127.0.0.1:8080", PROTO_TCP, STATE_BOUND},
	{"127.0.0.1:8080/udp", "127.0.0.1:8080", PROTO_UDP, STATE_BOUND},
	{"53/udp", "0.0.0.0:53", PROTO_UDP, STATE_BOUND},
	{"udp [::]:53", "[::]:53", PROTO_UDP, STATE_BOUND},
	{"tcp [fe80::1%2]:8080", "[fe80::1%2]:8080", PROTO_TCP, STATE_BOUND},
	{"tcp [fe80::1]:8080%3", "[fe80::1%3]:8080", PROTO_TCP, STATE_BOUND},
	{"tcp [::ffff:10.0.0.1]:65535", "[::ffff:10.0.0.1]:65535", PROTO_TCP, STATE_BOUND},
	{"  tcp   127.0.0.1:1  listen ", "127.0.0.1:1", PROTO_TCP, STATE_LISTEN},
	{"tcp 127.0.0.1:1 reuseaddr reuseport exclusive bound", "127.0.0.1:1", PROTO_TCP, STATE_BOUND},
	{"tcp 127.0.0.1:1 accepted", "127.0.0.1:1", PROTO_TCP, STATE_ESTABLISHED},
	{"udp 127.0.0.1:1 connected", "127.0.0.1:1", PROTO_UDP, STATE_ESTABLISHED},
	{"tcp 127.0.0.1:1 time-wait", "127.0.0.1:1", PROTO_TCP, STATE_TIME_WAIT},
};

static const struct {
	const char *text, *error;
} bad[] = {
	{"", "an address is missing"},
	{"   ", "an address is missing"},
	{"tcp", "an address is missing"},
	{"udp ", "an address is missing"},
	{"tcp tcp", "'tcp' has no port"},
	{"sctp 80", "'sctp' has no port"},
	{"80/sctp", "'sctp' is neither tcp nor udp"},
	{"80/", "'' is neither tcp nor udp"},
	{"tcp 0", "'0' has no port from 1 to 65535"},
	{"tcp 65536", "'65536' has no port"},
	{"tcp 99999999999999999999999999", "has no port"},
	{"tcp -1", "'-1' has no port"},
	{"tcp +80", "'+80' has no port"},
	{"tcp 080", "'080' has no port"},
	{"tcp 80x", "'80x' has no port"},
	{"tcp 127.0.0.1", "'127.0.0.1' has no port"},
	{"tcp 127.0.0.1:", "'' has no port"},
	{"tcp 127.0.0.1:http", "'http' has no port"},
	{"tcp localhost:80", "'localhost' is no address"},
	{"tcp 127.0.0:80", "is no address"},
	{"tcp 127.0.0.256:80", "is no address"},
	{"tcp 0x7f.0.0.1:80", "is no address"},
	{"tcp ::1:80", "'::1' is no address"},
	{"tcp [::1:80", "is no address"},
	{"tcp ::1]:80", "is no address"},
	{"tcp []:80", "'' is no address"},
	{"tcp [127.0.0.1]:80", "is no address"},
	{"tcp [1:2:3:4:5:6:7:8:9]:80", "is no address"},
	{"tcp [::1::2]:80", "is no address"},
	{"tcp [:::]:80", "is no address"},
	{"tcp [fe80::1%]:80", "is no address"},
	{"tcp [fe80::1]:80%", "a device has a name"},
	{"tcp [fe80::1]:80%0123456789abcdef", "a device has a name of 1 to 15 bytes"},
	{"tcp 80 device=", "a device has a name"},
	{"tcp 80 device=0123456789abcdef", "a device has a name"},
	{"tcp 80 reuse", "'reuse' is no word of a SOCKET"},
	{"tcp 80 REUSEADDR", "'REUSEADDR' is no word"},
	{"tcp 80 reuseaddr=1", "is no word"},
	{"tcp 80 uid", "'uid' is no word"},
	{"tcp 80 uid=", "'uid=' has no number"},
	{"tcp 80 uid=root", "'uid=root' has no number"},
	{"tcp 80 uid=-1", "has no number"},
	{"tcp 80 uid=4294967295", "has no number"},
	{"tcp 80 uid=99999999999999999999", "has no number"},
	{"tcp 80 listen bound", "one state is enough"},
	{"tcp [::]:80 v6only dual", "v6only or dual, not both"},
	{"tcp 80 v6only", "for IPv6 addresses"},
	{"tcp 80 dual", "for IPv6 addresses"},
	{"tcp 80 multicast", "multicast is for udp"},
	{"udp 80 listen", "a udp socket is bound or connected"},
	{"udp 80 time-wait", "a udp socket is bound or connected"},
	{"udp 80 accepted", "a udp socket is bound or connected"},
	{"tcp\t80", "has no port"},
	{"tcp 80\n", "has no port"},
	{"tcp 80 \033[31m", "is no word"},
	{"tcp 80 %s%n%n", "'%s%n%n' is no word"},
	{"tcp %n:80", "'' has no port"},
};

static int parse(const char *text, struct claim *claim, char error[SOCKET_ERROR_LEN])
{
	error[0] = '\0';
	return socket_words_parse(text, claim, error);
}

static void test_good(void **state)
{
	char error[SOCKET_ERROR_LEN], address[ADDRESS_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct claim claim;

		if (parse(good[i].text, &claim, error))
			fail_msg("'%s': %s", good[i].text, error);
		address_format(address, sizeof(address), &claim.sock.address, claim.sock.port);
		assert_string_equal(address, good[i].address);
		assert_int_equal(claim.sock.protocol, good[i].protocol);
		assert_int_equal(claim.sock.state, good[i].state);
		assert_int_equal(claim.sock.minisock, good[i].state == STATE_TIME_WAIT);
	}
}

static void test_words(void **state)
{
	char error[SOCKET_ERROR_LEN];
	struct claim claim, other;

	(void)state;
	assert_int_equal(
		parse("tcp [::]:80 reuseaddr reuseport exclusive dual uid=7 device=eth0", &claim, error), 0);
	assert_true(claim.sock.options.reuseaddr && claim.sock.options.reuseport);
	assert_true(claim.sock.winsock_options.exclusive);
	assert_int_equal(claim.v6, V6_DUAL);
	assert_int_equal(claim.sock.uid, 7);
	assert_string_equal(claim.sock.device, "eth0");
	assert_true(claim.sock.ifindex);

	assert_int_equal(parse("tcp [::]:80 v6only device=eth1", &other, error), 0);
	assert_int_equal(other.v6, V6_ONLY);
	assert_int_equal(other.sock.uid, SOCKET_DEFAULT_UID);
	assert_int_not_equal(other.sock.ifindex, claim.sock.ifindex);
	assert_false(other.sock.options.reuseaddr || other.sock.winsock_options.exclusive);

	assert_int_equal(parse("udp 224.0.0.1:80 multicast device=3", &other, error), 0);
	assert_true(other.multicast);
	assert_int_equal(other.sock.ifindex, 3);
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct claim claim = {.sock.port = 4711};
		char error[SOCKET_ERROR_LEN];

		if (parse(bad[i].text, &claim, error) != -EINVAL || !strstr(error, bad[i].error))
			fail_msg("'%s': '%s' instead of '%s'", bad[i].text, error, bad[i].error);
		assert_int_equal(claim.sock.port, 4711); /* not touched */
	}
}

/* One byte too many, and every cut and every single byte changed of a long one. */
static void test_hostile(void **state)
{
	static const char line[] =
		"tcp [fe80::1:2:3:255.255.255.255]:65535%eth0/tcp reuseaddr uid=12 device=x dual";
	char text[SOCKET_WORDS_MAX + 2], error[SOCKET_ERROR_LEN];
	struct claim claim;

	(void)state;
	memset(text, '1', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(parse(text, &claim, error), -EINVAL);
	assert_string_equal(error, "longer than 255 bytes");
	text[SOCKET_WORDS_MAX] = '\0';
	assert_int_equal(parse(text, &claim, error), -EINVAL);
	assert_non_null(strstr(error, "has no port"));

	for (size_t cut = 0; cut < sizeof(line); cut++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, line, sizeof(line));
			text[cut] = (char)byte;
			if (parse(text, &claim, error))
				assert_in_range(strlen(error), 1, SOCKET_ERROR_LEN - 1);
			else
				assert_true(claim.sock.port);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
