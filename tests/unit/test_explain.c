/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `explain` as a whole: its text, its JSON, its exit status; and Linux' answers are the trace's. */
#include "claims.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "rules/explain.h"
#include "rules/linux_common.h"
#include "rules/rules.h"

#define MAX_WORDS 16

static char file[] = "/tmp/reusetrace-test-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

/* Words are separated by '|'.  The exit status; *ret_text is what was printed, to be freed. */
static int run(const char *text, char **ret_text)
{
	char line[1024], error[OPTIONS_ERROR_LEN], *words[MAX_WORDS + 1], *rest;
	struct config config;
	int count = 0, status;
	size_t size = 0;
	FILE *out;

	snprintf(line, sizeof(line), "explain|-o|%s|%s", file, text);
	for (char *word = strtok_r(line, "|", &rest); word; word = strtok_r(NULL, "|", &rest))
		words[count++] = word;
	words[count] = NULL;
	if (options_parse(&explain_command, count, words, &config, error, sizeof(error)))
		return EXIT_USAGE;
	status = explain_command.run(&config);
	*ret_text = calloc(1, 65536);
	out = fopen(file, "r");
	assert_non_null(out);
	size = fread(*ret_text, 1, 65535, out);
	assert_in_range(size, 0, 65534);
	fclose(out);
	return status;
}

static void expect_text(const char *words, const char *expected)
{
	char *text = NULL;

	assert_int_equal(run(words, &text), EXIT_OK);
	assert_string_equal(text, expected);
	free(text);
}

/* python3 -m http.server 8080, twice: it sets SO_REUSEADDR on every system. */
static void test_http_server_twice(void **state)
{
	(void)state;
	expect_text("--os|linux,windows|tcp 0.0.0.0:8080 reuseaddr listen|tcp 0.0.0.0:8080 reuseaddr listen",
		    "1  tcp 0.0.0.0:8080 reuseaddr listen uid=1000\n"
		    "2  tcp 0.0.0.0:8080 reuseaddr listen uid=1000\n"
		    "\n"
		    "SYSTEM      SOCKET RESULT\n"
		    "linux       2      EADDRINUSE\n"
		    "    held by  socket 1\n"
		    "    because  SO_REUSEADDR on both sides does not help while one of them listens (rule "
		    "listener)\n"
		    "    fix      set SO_REUSEPORT on both sockets, both as uid 1000\n"
		    "    source   Linux: inet_csk_get_port()\n"
		    "windows     2      listening\n"
		    "    shared with  socket 1\n"
		    "    because      SO_REUSEADDR on both lets both have the address and listen on it "
		    "(rule reuseaddr-both)\n"
		    "    who answers  undefined by the documentation; in practice usually the socket that "
		    "listened "
		    "first, the other one when it closes\n"
		    "    note         DisableAddressSharing=1 in the registry forbids it (documented for "
		    "Server 2003 only)\n"
		    "    source       WSK: Sharing Transport Addresses\n"
		    "portable    so that a second server fails everywhere, set SO_REUSEADDR on Unix only and "
		    "SO_EXCLUSIVEADDRUSE on Windows\n");
}

/* nc -l, twice: it sets SO_REUSEADDR and SO_REUSEPORT. */
static void test_netcat_twice(void **state)
{
	(void)state;
	expect_text("-H|--os|windows,linux|tcp 127.0.0.1:8082 reuseaddr reuseport listen|"
		    "tcp 127.0.0.1:8082 reuseaddr reuseport listen",
		    "linux       2      listening\n"
		    "    shared with  socket 1\n"
		    "    because      the holder has 127.0.0.1:8082 too, SO_REUSEPORT on both, both with uid "
		    "1000 "
		    "(rule reuseport-group)\n"
		    "    who answers  once they listen, new connections are spread between the 2 sockets by "
		    "a hash of "
		    "addresses and ports\n"
		    "    source       Linux: inet_csk_get_port()\n"
		    "windows     2      listening\n"
		    "    shared with  socket 1\n"
		    "    because      SO_REUSEADDR on both lets both have the address and listen on it "
		    "(rule reuseaddr-both)\n"
		    "    who answers  undefined by the documentation; in practice usually the socket that "
		    "listened "
		    "first, the other one when it closes\n"
		    "    note         DisableAddressSharing=1 in the registry forbids it (documented for "
		    "Server 2003 only)\n"
		    "    note         socket 1: SO_REUSEPORT does not exist there\n"
		    "    note         socket 2: SO_REUSEPORT does not exist there\n"
		    "    source       WSK: Sharing Transport Addresses; Learn: Using SO_REUSEADDR and "
		    "SO_EXCLUSIVEADDRUSE\n"
		    "portable    to share on purpose: SO_REUSEPORT on Linux, SO_REUSEPORT_LB on FreeBSD; "
		    "elsewhere "
		    "bind once and hand the socket to the other processes\n");
}

/* Every system has its row and its source; the same words are said once. */
static void test_same_words_once(void **state)
{
	(void)state;
	expect_text("-H|--os|freebsd,macos,solaris|127.0.0.1:80 reuseaddr|127.0.0.1:80 reuseaddr",
		    "macos       2      EADDRINUSE\n"
		    "    held by  socket 1\n"
		    "    because  SO_REUSEADDR does not let two sockets have one address, listening or not; "
		    "SO_REUSEPORT on both would (rule same-address)\n"
		    "    source   xnu: in_pcbbind()\n"
		    "freebsd     2      EADDRINUSE  as macos\n"
		    "    source   FreeBSD: in_pcbbind_setup()\n"
		    "solaris     2      EADDRINUSE\n"
		    "    held by  socket 1\n"
		    "    because  SO_REUSEADDR does not let two sockets have one address while the holder "
		    "listens or is bound (rule same-address)\n"
		    "    source   illumos: tcp_bindi()\n"
		    "portable    so that a second server fails everywhere, set SO_REUSEADDR on Unix only and "
		    "SO_EXCLUSIVEADDRUSE on Windows\n");
}

/* One that is refused is not there for the next; bind() and listen() are two questions on Linux. */
static void test_in_order(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(run("--os|linux|80 reuseaddr|80 listen|80 reuseaddr listen|127.0.0.2:80", &text), 0);
	assert_non_null(strstr(text, "linux       2      EADDRINUSE\n    held by  socket 1\n"));
	assert_non_null(strstr(text, "linux       3      listening\n    shared with  socket 1\n"));
	assert_non_null(strstr(text, "linux       4      EADDRINUSE\n"));
	free(text);
	assert_int_equal(run("--os|solaris,linux|udp 80 connected|tcp 80|80 reuseaddr time-wait|80", &text),
			 0);
	assert_non_null(strstr(text, "linux       2      bound\n    because  port was free (rule free)\n"));
	assert_null(strstr(text, "solaris     3"));
	assert_non_null(strstr(text, "solaris     4      EADDRINUSE\n"));
	free(text);
}

/* Advice is about the sockets that were named, and true of all systems. */
static void test_advice(void **state)
{
	static const struct {
		const char *first, *second, *advice; /* the beginning of the first sentence; NULL: none */
		size_t count;
	} cases[] = {
		{"tcp 80", "tcp 80", "without options two sockets never share", 1},
		{"tcp 80", "tcp [::]:80", "set IPV6_V6ONLY", 1},
		{"tcp 80", "tcp [::]:80 v6only", NULL, 0},
		{"tcp 80 reuseaddr", "tcp 80", "so that a second server fails everywhere", 1},
		{"tcp 80", "tcp 127.0.0.1:80", "systems disagree about a wildcard", 1},
		{"tcp 127.0.0.1:80 time-wait", "tcp 80", "for a restart set SO_REUSEADDR", 1},
		{"tcp 80 reuseport uid=1", "tcp 80 reuseport uid=2", "to share on purpose", 2},
		{"udp 53 reuseaddr", "udp 53 reuseaddr", "do not share a unicast UDP address", 1},
		{"udp 53 reuseaddr multicast", "udp 53 reuseaddr multicast", "for multicast", 1},
		{"tcp 80", "udp 80", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct claim claims[] = {claim_of(cases[i].first), claim_of(cases[i].second)};
		const char *sentences[8];
		size_t count = explain_advice(claims, 2, sentences, COUNT(sentences));

		if (count != cases[i].count ||
		    (count && strncmp(sentences[0], cases[i].advice, strlen(cases[i].advice))))
			fail_msg("%s, %s: %zu, %s", cases[i].first, cases[i].second, count,
				 count ? sentences[0] : "none");
	}
}

static struct json_object *member(struct json_object *object, const char *path)
{
	char copy[64], *name, *rest;

	snprintf(copy, sizeof(copy), "%s", path);
	for (name = strtok_r(copy, ".", &rest); name; name = strtok_r(NULL, ".", &rest))
		if (!json_object_object_get_ex(object, name, &object))
			fail_msg("no member %s", path);
	return object;
}

static void test_json(void **state)
{
	char *text = NULL, *line, *rest;
	size_t lines = 0;

	(void)state;
	assert_int_equal(run("-j|--os|windows|[::]:80 dual reuseport device=eth0|80 exclusive", &text), 0);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), lines++) {
		struct json_object *object = json_tokener_parse(line);

		assert_non_null(object);
		assert_string_equal(json_object_get_string(member(object, "schema")), "reusetrace/1");
		assert_int_equal(json_object_get_int(member(object, "seq")), lines + 1);
		if (lines == 0)
			assert_int_equal(json_object_array_length(member(object, "ignored")), 2);
		if (lines == 1) {
			assert_true(json_object_get_boolean(member(object, "result.ok")));
			assert_string_equal(json_object_get_string(member(object, "verdict.rule")),
					    "dual-stack");
			assert_int_equal(json_object_get_int(member(object, "holder")), 1);
			assert_true(json_object_get_boolean(member(object, "socket.options.exclusive")));
		}
		json_object_put(object);
	}
	assert_int_equal(lines, 3);
	free(text);
}

static void test_refusals_in_json(void **state)
{
	static const struct {
		const char *words, *error;

	} cases[] = {
		{"-j|--os|windows|80|80", "\"errno\":\"WSAEADDRINUSE\",\"code\":10048,\"call\":\"bind\""},
		{"-j|--os|windows|80 exclusive|80 reuseaddr",
		 "\"errno\":\"WSAEACCES\",\"code\":10013,\"call\":\"bind\""},
		{"-j|--os|windows|127.0.0.1:80 reuseaddr|127.0.0.1:80",
		 "\"ok\":false,\"errno\":\"WSAEADDRINUSE or WSAEACCES\",\"code\":null"},
		{"-j|--os|windows|80|[::]:80 dual", "\"ok\":null,\"errno\":null,\"code\":0,\"call\":null"},
		{"-j|--os|windows|80|81 reuseaddr exclusive", "\"errno\":\"WSAEINVAL\",\"code\":10022"},
		{"-j|--os|macos|80|80", "\"errno\":\"EADDRINUSE\",\"code\":null"},
		{"-j|--os|linux|80|80", "\"errno\":\"EADDRINUSE\",\"code\":98,\"call\":\"bind\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = NULL;

		assert_int_equal(run(cases[i].words, &text), EXIT_OK);
		if (!strstr(text, cases[i].error))
			fail_msg("%s: no %s in %s", cases[i].words, cases[i].error, text);
		free(text);
	}
}

static void test_matrix(void **state)
{
	char *text = NULL;

	(void)state;
	assert_int_equal(run("--matrix|--os|windows", &text), EXIT_OK);
	assert_non_null(strstr(
		text,
		"FIRST        default *   default =   reuseaddr * reuseaddr = exclusive * "
		"exclusive =\n"
		"default *    EADDRINUSE  shares      EACCES      shares      EADDRINUSE  shares\n"
		"default =    shares      EADDRINUSE  shares      EACCES      EADDRINUSE  EADDRINUSE\n"
		"reuseaddr *  EADDRINUSE  shares      shares      shares      EADDRINUSE  shares\n"
		"reuseaddr =  shares      10048/10013 shares      shares      EADDRINUSE  EADDRINUSE\n"
		"exclusive *  EADDRINUSE  EACCES      EACCES      EACCES      EADDRINUSE  EACCES\n"
		"exclusive =  shares      EADDRINUSE  shares      EACCES      EADDRINUSE  EADDRINUSE\n"));
	free(text);
	assert_int_equal(run("--matrix|-j|--os|linux|tcp 80|tcp 80 listen", &text), EXIT_OK);
	size_t lines = 0;

	for (char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(lines, 64);
	free(text);
}

static void test_exit_status(void **state)
{
	static const char *const usage[] = {
		"",
		"80",
		"--matrix",
		"--matrix|--os|linux|80",
		"--matrix|--os|linux|80|81|82",
		"--os|linux",
		"--os|plan9|80|80",
		"--os||80|80",
		"--os|linux,|80|80",
		"80|80 nonsense",
		"80|\033[31m",
		"-P|80|80|80",
		"80|80|80|80|80|80|80|80|80",
		"--compare|windows|80|80",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(usage); i++) {
		char *text = NULL;

		if (run(usage[i], &text) != EXIT_USAGE)
			fail_msg("'%s' is no usage error", usage[i]);
		free(text);
	}
	for (enum system_id system = SYSTEM_LINUX; system < SYSTEM_MAX; system++) {
		char words[80], *text = NULL;

		snprintf(words, sizeof(words), "--os|%s|80|80", system_name(system));
		assert_int_equal(run(words, &text), EXIT_OK); /* also where it is refused */
		assert_non_null(strstr(text, system_name(system)));
		free(text);
	}
}

/* The answers for Linux are those of the trace's pair rules, for every combination. */
static void test_linux_is_the_trace(void **state)
{
	static const char *const addresses[] = {"0.0.0.0:80", "127.0.0.1:80",	       "[::]:80",
						"[::1]:80",   "[::ffff:127.0.0.1]:80", "[::]:80 v6only"};
	static const char *const options[] = {"", "reuseaddr", "reuseport", "reuseaddr reuseport",
					      "reuseport uid=1"};
	static const char *const states[] = {"", "listen", "accepted", "time-wait"};
	static const struct policy policy = {.closed_group_ok = true};
	size_t refused = 0;

	(void)state;
	for (size_t n = 0; n < 6 * 6 * 5 * 5 * 4 * 2; n++) {
		const char *protocol = n / 3600 ? "udp" : "tcp";
		struct explanation done[2];
		struct claim claims[2];
		char first[120], second[120];
		bool conflict = false;

		if (n / 3600 && n / 900 % 4)
			continue; /* UDP has no such states */
		snprintf(first, sizeof(first), "%s %s %s %s", protocol, addresses[n % 6], options[n / 36 % 5],
			 states[n / 900 % 4]);
		snprintf(second, sizeof(second), "%s %s %s", protocol, addresses[n / 6 % 6],
			 options[n / 180 % 5]);
		claims[0] = claim_of(first);
		claims[1] = claim_of(second);
		rules_explain(SYSTEM_LINUX, claims, 2, done);

		for (int i = 0; i < 2; i++) {
			struct sock_info *sock = &claims[i].sock;

			sock->options.v6only = claims[i].v6 == V6_ONLY || strstr(i ? second : first, "[::1]");
			sock->uid = sock->minisock ? UID_NONE : sock->uid;
		}
		const struct attempt_facts facts = {.policy = &policy, .binder = &claims[1].sock};

		(n / 3600 ? linux_udp_pair : linux_tcp_pair)(&facts, &claims[0].sock, &conflict);
		if (done[1].ok == conflict)
			fail_msg("%s, %s: ok %d, conflict %d", first, second, done[1].ok, conflict);
		refused += conflict;
	}
	assert_in_range(refused, 500, 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http_server_twice),
		cmocka_unit_test(test_netcat_twice),
		cmocka_unit_test(test_same_words_once),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refusals_in_json),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_exit_status),
		cmocka_unit_test(test_linux_is_the_trace),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
