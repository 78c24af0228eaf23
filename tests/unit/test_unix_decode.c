/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AF_UNIX: what a record of the kernel's becomes. */
#include "attempts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "event.h"
#include "events.h"
#include "linux/decode.h"
#include "linux/decode_unix.h"

#define PATH "/run/x"

static struct rt_unix record(const char *name, size_t length, int result)
{
	struct rt_unix made = {
		.header = {.size = sizeof(made),
			   .type = RT_UNIX_BIND,
			   .time_ns = AT(62, 113),
			   .process = {.tgid = 4242, .tid = 4242, .comm = "new"}},
		.sock = {.inode = 33010, .netns = 5, .uid = 1000, .protocol = SOCK_STREAM, .state = 7},
		.result = result,
		.passed = 1,
		.length = (__u16)length,
	};

	memcpy(made.name, name, length < sizeof(made.name) ? length : sizeof(made.name));
	return made;
}

static struct event decoded(const struct rt_unix *made)
{
	struct event event;

	assert_int_equal(decode_record(made, sizeof(*made), &kept, &event), 0);
	return event;
}

static void test_decode(void **state)
{
	static const struct {
		int result;
		bool passed, bound;
		enum stage stage;
	} stages[] = {
		{0, true, false, STAGE_NONE},		{-EACCES, false, false, STAGE_LSM},
		{-EADDRINUSE, true, false, STAGE_PORT}, {-EINVAL, true, true, STAGE_STATE},
		{-EINVAL, true, false, STAGE_ADDRESS},	{-ENOENT, true, false, STAGE_ADDRESS},
	};
	struct rt_unix made = record(PATH "\0rest", sizeof(PATH "\0rest"), -EADDRINUSE);
	struct event event = decoded(&made);

	(void)state;
	assert_int_equal(event.type, EVENT_BIND);
	assert_int_equal(event.sock.protocol, PROTO_UNIX);
	assert_int_equal(event.sock.family, FAMILY_UNIX);
	assert_int_equal(event.sock.unix_type, UNIX_STREAM);
	assert_string_equal(event.unix_facts.path, PATH);
	assert_false(event.unix_facts.abstract);
	assert_int_equal(decode_record(&made, sizeof(made) - 1, &kept, &event), -EBADMSG);

	made = record("\0a\0b", 4, 0);
	event = decoded(&made);
	assert_true(event.unix_facts.abstract);
	assert_string_equal(event.unix_facts.path, "@a@b");

	memset(made.name, 'x', sizeof(made.name));
	made.length = UINT16_MAX; /* hostile */
	made.sock.protocol = UINT16_MAX;
	event = decoded(&made);
	assert_int_equal(strlen(event.unix_facts.path), RT_UNIX_LEN);
	assert_int_equal(event.sock.unix_type, UNIX_OTHER);

	for (size_t i = 0; i < COUNT(stages); i++) {
		made = record(PATH, sizeof(PATH), stages[i].result);
		made.passed = stages[i].passed;
		made.bound = stages[i].bound;
		assert_int_equal(decoded(&made).stage, stages[i].stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
