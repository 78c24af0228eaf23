/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records written by hand, as the BPF programs and as nobody would send them. */
#include "records.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode.h"

static void test_attempt(void **state)
{
	struct rt_attempt *attempt = new_attempt(2);
	struct event event;

	(void)state;
	attempt->result = -EADDRINUSE;
	attempt->contenders[1].flags = RT_SK_CULPRIT | RT_SK_REUSEPORT;
	attempt->contenders[1].bound_tgid = 4100;
	memset(attempt->contenders[1].bound_comm, 'x', RT_COMM_LEN);
	assert_int_equal(decode_record(attempt, attempt_size(attempt), &newer, &event), 0);
	assert_int_equal(event.type, EVENT_BIND);
	assert_int_equal(event.result, -EADDRINUSE);
	assert_int_equal(event.stage, STAGE_PORT);
	assert_int_equal(event.requested.family, FAMILY_IPV4);
	assert_int_equal(event.requested_port, 8080);
	assert_true(event.explicit_port);
	assert_true(event.asked);
	assert_int_equal(event.fd, RT_FD_NONE);
	assert_int_equal(event.holder_count, 2);
	assert_false(event.holders[0].culprit);
	assert_int_equal(event.holders[0].sock.state, STATE_LISTEN);
	assert_int_equal(event.holders[0].expires_ms, -1);
	assert_true(event.holders[1].culprit);
	assert_true(event.holders[1].sock.options.reuseport);
	assert_int_equal(event.holders[1].bound_by.pid, 4100);
	assert_int_equal(strlen(event.holders[1].bound_by.comm), COMM_LEN - 1);
	event_clear(&event);
	free(attempt);
}

/* One byte short of each part, and counts that do not fit: refused, never read past. */
static void test_short_records(void **state)
{
	struct event event;

	(void)state;
	for (uint32_t contenders = 0; contenders <= RT_MAX_CONTENDERS; contenders += 32) {
		struct rt_attempt *attempt = new_attempt(contenders);
		size_t size = attempt_size(attempt);
		void *exact;

		for (size_t cut = 1; cut <= size; cut += cut < 256 ? 1 : 997) {
			exact = malloc(size - cut + 1);
			memcpy(exact, attempt, size - cut);
			assert_int_equal(decode_record(exact, size - cut, &newer, &event), -EBADMSG);
			assert_int_equal(decode_option_count(exact, size - cut), 0);
			free(exact);
		}
		exact = malloc(size);
		memcpy(exact, attempt, size);
		assert_int_equal(decode_record(exact, size, &newer, &event), 0);
		event_clear(&event);
		free(exact);
		free(attempt);
	}
}

static void test_hostile_counts(void **state)
{
	static const uint32_t contenders[] = {RT_MAX_CONTENDERS + 1, 0x2000000, UINT32_MAX};
	static const uint32_t options[] = {RT_MAX_OPTIONS + 1, UINT32_MAX};
	struct rt_attempt *attempt = new_attempt(0);
	struct event event;

	(void)state;
	for (size_t i = 0; i < COUNT(contenders); i++) {
		attempt->contender_count = contenders[i];
		assert_int_equal(decode_record(attempt, sizeof(*attempt), &newer, &event), -EBADMSG);
	}
	attempt->contender_count = 0;
	for (size_t i = 0; i < COUNT(options); i++) {
		attempt->option_count = options[i];
		assert_int_equal(decode_record(attempt, sizeof(*attempt), &newer, &event), -EBADMSG);
		assert_int_equal(decode_option(attempt, sizeof(*attempt), 0, &event), -EBADMSG);
	}
	free(attempt);
}

static void test_types(void **state)
{
	static const enum event_type expected[] = {
		[RT_BIND] = EVENT_BIND,		[RT_LISTEN] = EVENT_LISTEN,
		[RT_AUTOBIND] = EVENT_AUTOBIND, [RT_CONNECT] = EVENT_AUTOBIND,
		[RT_SOCKET] = EVENT_SOCKET,	[RT_OPTION] = EVENT_OPTION,
		[RT_CONNECTED] = EVENT_CONNECT, [RT_ACCEPT] = EVENT_ACCEPT,
		[RT_CLOSE] = EVENT_CLOSE,	[RT_RELEASE] = EVENT_RELEASE,
		[RT_TW_BEGIN] = EVENT_RELEASE,	[RT_TW_END] = EVENT_RELEASE,
		[RT_HOLDER] = EVENT_HOLDER,	[RT_DELIVERY] = EVENT_DELIVERY,
		[RT_UNIX_BIND] = EVENT_BIND,
	};
	struct rt_attempt *attempt = new_attempt(0);
	struct event event;

	(void)state;
	for (uint32_t type = 0; type <= UINT16_MAX; type++) {
		attempt->header.type = type;
		if (type < RT_BIND || type >= RT_TYPE_MAX) {
			assert_int_equal(decode_record(attempt, sizeof(*attempt), &newer, &event), -EBADMSG);
			continue;
		}
		assert_int_equal(decode_record(attempt, sizeof(*attempt), &newer, &event), 0);
		assert_int_equal(event.type, expected[type]);
		assert_int_equal(event.time_ns, type == RT_OPTION ? 0 : 5);
		event_clear(&event);
	}
	free(attempt);
}

static void test_life(void **state)
{
	struct rt_life life = {.header.type = RT_OPTION, .sock = tcp_sock(80, TCP_CLOSE_STATE), .fd = 7};
	struct event event;

	(void)state;
	life.option = (struct rt_option){.time_ns = 9, .level = SOL_SOCKET, .name = 2, .value = 1};
	assert_int_equal(decode_record(&life, sizeof(life) - 1, &newer, &event), -EBADMSG);
	assert_int_equal(decode_record(&life, sizeof(life), &newer, &event), 0);
	assert_string_equal(event.option.name, "SO_REUSEADDR");
	assert_int_equal(event.option.value, 1);
	assert_int_equal(event.time_ns, 9);
	assert_int_equal(event.sock.state, STATE_BOUND);
	life.option = (struct rt_option){.level = 9999, .name = -1, .result = -ENOPROTOOPT};
	assert_int_equal(decode_record(&life, sizeof(life), &newer, &event), 0);
	assert_string_equal(event.option.name, "9999/-1");
	assert_int_equal(event.result, -ENOPROTOOPT);
	life.header.type = RT_ACCEPT;
	assert_int_equal(decode_record(&life, sizeof(life), &newer, &event), 0);
	assert_int_equal(event.fd, 7);
}

static void test_options_of_attempt(void **state)
{
	struct rt_attempt *attempt = new_attempt(0);
	struct event event;

	(void)state;
	attempt->option_count = 2;
	attempt->options[1] = (struct rt_option){.time_ns = 4, .level = IPPROTO_IPV6, .name = 26, .value = 1};
	assert_int_equal(decode_option_count(attempt, attempt_size(attempt)), 2);
	assert_int_equal(decode_option(attempt, attempt_size(attempt), 2, &event), -EBADMSG);
	assert_int_equal(decode_option(attempt, attempt_size(attempt), 1, &event), 0);
	assert_int_equal(event.type, EVENT_OPTION);
	assert_string_equal(event.option.name, "IPV6_V6ONLY");
	assert_int_equal(event.time_ns, 4);
	attempt->header.type = RT_HOLDER;
	assert_int_equal(decode_option_count(attempt, sizeof(*attempt)), 0);
	free(attempt);
}

/* As the programs send an attempt that went well, with so many options behind the path. */
static size_t shorten(struct rt_attempt *attempt, const char *parts, size_t length, uint32_t options)
{
	memcpy(attempt->exe, parts, length);
	attempt->exe_room = (length + 7) & ~7U;
	attempt->option_count = options;
	for (uint32_t i = 0; i < options; i++) {
		struct rt_option option = {.level = SOL_SOCKET, .name = 2, .value = (int32_t)i};

		memcpy(attempt->exe + attempt->exe_room + i * sizeof(option), &option, sizeof(option));
	}
	return RT_ATTEMPT_SHORT + attempt->exe_room + options * sizeof(struct rt_option);
}

static void test_told_in_short(void **state)
{
	static const char parts[] = "server\0bin\0usr\0";
	struct rt_attempt *attempt = new_attempt(0), *scratch = calloc(1, sizeof(*scratch));
	size_t size = shorten(attempt, parts, sizeof(parts), RT_MAX_OPTIONS), whole;
	const struct rt_attempt *record;
	struct event event;

	(void)state;
	assert_non_null(scratch);
	memset(scratch, 0xff, sizeof(*scratch));
	record = decode_whole(attempt, size, scratch, &whole);
	assert_ptr_equal(record, scratch);
	assert_int_equal(whole, RT_ATTEMPT_FIXED);
	assert_int_equal(decode_record(record, whole, &older, &event), 0);
	assert_string_equal(event.process.exe, "/usr/bin/server");
	assert_int_equal(event.requested_port, 8080);
	assert_int_equal(event.holder_count, 0);
	event_clear(&event);
	assert_int_equal(decode_option_count(record, whole), RT_MAX_OPTIONS);
	for (uint32_t i = 0; i < RT_MAX_OPTIONS; i++) {
		assert_int_equal(decode_option(record, whole, i, &event), 0);
		assert_int_equal(event.option.value, i);
		event_clear(&event);
	}
	free(scratch);
	free(attempt);
}

static void test_told_in_short_hostile(void **state)
{
	static const struct {
		size_t more;
		uint16_t room;
		uint32_t options;
	} rows[] = {
		{1, 8, 1}, {0, 16, 1}, {0, 8, 2}, {0, RT_EXE_LEN + 8, 1}, {0, 8, RT_MAX_OPTIONS + 1},
	};
	struct rt_attempt *attempt = new_attempt(0), *scratch = calloc(1, sizeof(*scratch));
	size_t size = shorten(attempt, "", 1, 1), whole;
	struct event event;

	(void)state;
	assert_non_null(scratch);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		attempt->exe_room = rows[i].room;
		attempt->option_count = rows[i].options;
		assert_ptr_equal(decode_whole(attempt, size + rows[i].more, scratch, &whole), attempt);
		assert_int_equal(decode_record(attempt, whole, &older, &event), -EBADMSG);
	}
	free(scratch);
	free(attempt);
}

static void test_exe(void **state)
{
	static const struct {
		const char parts[RT_EXE_LEN];
		const char *path;
	} rows[] = {
		{"python3.11\0bin\0usr\0", "/usr/bin/python3.11"},
		{"init\0", "/init"},
		{"", ""},
		{"\0usr\0", ""},
		{"a b\nc\0\xff\0", "/\xff/a b\nc"},
	};
	char path[EXE_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		decode_exe(rows[i].parts, path, sizeof(path));
		assert_string_equal(path, rows[i].path);
	}
}

/* No NUL anywhere, as many components as fit, a path longer than its room: cut, ended, in bounds. */
static void test_exe_hostile(void **state)
{
	struct rt_process process;
	char parts[RT_EXE_LEN], path[EXE_LEN];
	struct proc_info info;

	(void)state;
	memset(parts, 'x', sizeof(parts));
	memset(&process, 'y', sizeof(process));
	decode_process(&process, &info);
	assert_int_equal(strlen(info.comm), COMM_LEN - 1);
	decode_exe(parts, path, sizeof(path));
	assert_int_equal(strlen(path), EXE_LEN - 1);
	for (size_t i = 0; i < RT_EXE_LEN; i++)
		parts[i] = i % 2 ? '\0' : 'z';
	decode_exe(parts, path, sizeof(path));
	assert_int_equal(strlen(path), EXE_LEN - 1);
	assert_memory_equal(path, "/z/z", 4);
	parts[RT_EXE_LEN - 1] = 'z';
	decode_exe(parts, path, sizeof(path));
	assert_memory_equal(path, "/z/z", 4);
}

static void test_stages(void **state)
{
	static const struct {
		uint16_t type, requested_port, entry_port;
		uint32_t reached;
		int result;
		enum stage stage;
	} rows[] = {
		{RT_BIND, 8080, 0, RT_AT_PORT, 0, STAGE_NONE},
		{RT_BIND, 8080, 0, RT_AT_PORT, -EADDRINUSE, STAGE_PORT},
		{RT_BIND, 8080, 0, RT_AT_POST, -EPERM, STAGE_POST_BIND},
		{RT_LISTEN, 8080, 8080, RT_AT_POST, -EADDRINUSE, STAGE_LISTEN},
		{RT_BIND, 8080, 0, RT_AT_ADDRESS, -EADDRNOTAVAIL, STAGE_ADDRESS},
		{RT_BIND, 8080, 0, RT_AT_ADDRESS, -EAFNOSUPPORT, STAGE_ADDRESS},
		{RT_BIND, 8080, 0, RT_AT_ADDRESS, -EINVAL, STAGE_ADDRESS},
		{RT_BIND, 8080, 0, RT_AT_ADDRESS, -EPERM, STAGE_CGROUP},
		{RT_BIND, 8080, 0, RT_AT_LSM, -EACCES, STAGE_LSM},
		{RT_BIND, 80, 0, RT_AT_LSM, -EACCES, STAGE_LSM},
		{RT_BIND, 8080, 0, RT_AT_ADDRESS, -EACCES, STAGE_CGROUP},
		{RT_BIND, 80, 0, RT_AT_ADDRESS, -EACCES, STAGE_PRIVILEGE},
		{RT_BIND, 8080, 8080, RT_AT_ADDRESS, -EINVAL, STAGE_STATE},
		{RT_LISTEN, 8080, 8080, RT_AT_ADDRESS, -EINVAL, STAGE_STATE},
		{RT_LISTEN, 8080, 8080, RT_AT_ADDRESS, -EADDRINUSE, STAGE_LISTEN},
	};
	struct rt_attempt *attempt = new_attempt(0);
	struct event event;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		attempt->header.type = rows[i].type;
		attempt->requested_port = rows[i].requested_port;
		attempt->entry_port = rows[i].entry_port;
		attempt->stage = rows[i].reached;
		attempt->result = rows[i].result;
		assert_int_equal(decode_record(attempt, attempt_size(attempt), &newer, &event), 0);
		if (event.stage != rows[i].stage)
			fail_msg("stage row %zu: %d", i, event.stage);
		assert_int_equal(event.asked, rows[i].reached >= RT_AT_PORT);
	}
	free(attempt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attempt),
		cmocka_unit_test(test_short_records),
		cmocka_unit_test(test_hostile_counts),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_options_of_attempt),
		cmocka_unit_test(test_told_in_short),
		cmocka_unit_test(test_told_in_short_hostile),
		cmocka_unit_test(test_exe),
		cmocka_unit_test(test_exe_hostile),
		cmocka_unit_test(test_stages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
