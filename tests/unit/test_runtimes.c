/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What container runtimes answer, in their formats and in no format at all. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "linux/runtimes.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER                                                                                               \
	"[{\"Id\":\"" ID "\",\"Names\":[\"/web\"],\"NetworkSettings\":{\"Networks\":"                        \
	"{\"bridge\":{\"IPAddress\":\"172.17.0.2\"}}}}]"
#define PODMAN "[{\"id\":\"" ID "\",\"names\":[\"db\"],\"layer\":\"x\"}]"
#define RUNC   "{\"id\":\"shop\",\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/a/shop\"}}"

static char root[] = "/tmp/runtimes-XXXXXX";

static struct runtimes *fresh(void)
{
	struct runtimes *runtimes = runtimes_new(root);

	assert_non_null(runtimes);
	return runtimes;
}

static void read_list(struct runtimes *runtimes, const char *text)
{
	runtimes_read_list(runtimes, text, strlen(text));
}

static void read_state(struct runtimes *runtimes, const char *text)
{
	runtimes_read_state(runtimes, text, strlen(text));
}

static void test_lists(void **state)
{
	struct runtimes *runtimes = fresh();
	struct place by_id = {.container = ID}, by_host = {.target = "172.17.0.2:80", .task = "forwards to"};
	struct place other_host = {.target = "172.17.0.22:80", .task = "forwards to"};

	(void)state;
	read_list(runtimes, DOCKER);
	runtimes_name(runtimes, "/docker/" ID, &by_id);
	assert_string_equal(by_id.container_name, "web");
	runtimes_free(runtimes);

	runtimes = fresh();
	read_list(runtimes, DOCKER);
	runtimes_name(runtimes, "", &by_host);
	assert_string_equal(by_host.serves, ID);
	assert_string_equal(by_host.container_name, "web");
	assert_string_equal(by_host.container, "");
	runtimes_name(runtimes, "", &other_host);
	assert_string_equal(other_host.serves, "");
	runtimes_free(runtimes);

	runtimes = fresh();
	read_list(runtimes, PODMAN);
	by_id.container_name[0] = '\0';
	runtimes_name(runtimes, "", &by_id);
	assert_string_equal(by_id.container_name, "db");
	runtimes_free(runtimes);
}

static void test_states(void **state)
{
	static const struct {
		const char *cgroup, *container;
	} rows[] = {
		{"/a/shop", "shop"}, {"/a/shop/below", "shop"}, {"/a/shopping", ""}, {"/a", ""}, {"/", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct runtimes *runtimes = fresh();
		struct place place = {.unit = ""}, in_unit = {.unit = "a.service"};

		read_state(runtimes, RUNC);
		read_state(runtimes, "{\"id\":\"all\",\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/\"}}");
		runtimes_name(runtimes, rows[i].cgroup, &place);
		assert_string_equal(place.container, rows[i].container);
		runtimes_name(runtimes, "/b", &in_unit);
		assert_string_equal(in_unit.container, "");
		runtimes_free(runtimes);
	}
}

static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"",
		"[",
		"null",
		"{}",
		"[1,null,[],{}]",
		"[{\"Id\":1}]",
		"[{\"Id\":\"\"}]",
		"[{\"Id\":\"a\\u0000b\",\"Names\":[\"/x\"]}]",
		"[{\"Id\":\"" ID ID ID "\"}]",
		"[{\"Id\":\"i\",\"Names\":[]}]",
		"[{\"Id\":\"i\",\"Names\":{}}]",
		"[{\"Id\":\"i\",\"NetworkSettings\":{\"Networks\":[]}}]",
		"[{\"Id\":\"i\",\"NetworkSettings\":{\"Networks\":{\"a\":1}}}]",
		"{\"id\":\"i\",\"cgroup_paths\":[]}",
		"{\"id\":\"i\",\"cgroup_paths\":{\"\":\"/etc\"}}",
	};
	struct runtimes *runtimes = fresh();
	struct place place = {.container = "i"};
	char deep[200];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		read_list(runtimes, texts[i]);
		read_state(runtimes, texts[i]);
	}
	memset(deep, '[', sizeof(deep));
	runtimes_read_list(runtimes, deep, sizeof(deep));
	for (int i = 0; i < 5000; i++) {
		char one[64];

		snprintf(one, sizeof(one), "[{\"Id\":\"many%d\"}]", i);
		read_list(runtimes, one);
	}
	runtimes_name(runtimes, "/x", &place);
	assert_string_equal(place.container_name, "");
	runtimes_free(runtimes);
}

static int listen_as_docker(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[64];

	snprintf(path, sizeof(path), "%s/run", root);
	assert_true(!mkdir(path, 0755) || errno == EEXIST);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/run/docker.sock", root);
	unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	return listener;
}

/* A daemon that answers one request with this. */
static pid_t serve(const char *answer)
{
	int listener = listen_as_docker(), peer;
	char request[512];
	pid_t pid = fork();

	if (pid) {
		close(listener);
		return pid;
	}
	peer = accept(listener, NULL, NULL);
	if (read(peer, request, sizeof(request)) > 0)
		(void)!write(peer, answer, strlen(answer));
	_exit(0);
}

static void test_daemon(void **state)
{
	static const struct {
		const char *answer, *name;
	} rows[] = {
		{"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" DOCKER, "web"},
		{"HTTP/1.0 403 Forbidden\r\n\r\n" DOCKER, ""},
		{"HTTP/1.0 200", ""},
		{"\r\n\r\n" DOCKER, ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct runtimes *runtimes = fresh();
		struct place place = {.container = ID};
		pid_t daemon = serve(rows[i].answer);

		runtimes_name(runtimes, "/docker/" ID, &place);
		assert_string_equal(place.container_name, rows[i].name);
		waitpid(daemon, NULL, 0);
		runtimes_free(runtimes);
	}
}

/* What is known stays known, and it is not asked for each look-up. */
static void test_daemon_that_hangs(void **state)
{
	struct runtimes *runtimes = fresh();
	struct place known = {.container = ID}, other = {.container = "other"};
	int listener = listen_as_docker();

	(void)state;
	read_list(runtimes, DOCKER);
	assert_int_equal(runtimes_name(runtimes, "/docker/other", &other), 0);
	assert_int_equal(runtimes_name(runtimes, "/docker/other", &other), -EAGAIN);
	assert_string_equal(other.container_name, "");
	assert_int_equal(runtimes_name(runtimes, "/docker/" ID, &known), 0);
	assert_string_equal(known.container_name, "web");
	close(listener);
	runtimes_free(runtimes);
}

static int make_root(void **state)
{
	(void)state;
	return !mkdtemp(root);
}

static int remove_root(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/run/docker.sock", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run", root);
	rmdir(path);
	return rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test(test_daemon_that_hangs),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
