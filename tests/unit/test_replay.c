/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replay finds again beside what was recorded: each object has a number of its own. */
#include "attempts.h"
#include "recordings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

#define COUNT_MAX 16

static void make(struct attempt *attempt, const char *binder, const char *holder, int result,
		 enum stage stage)
{
	const char *const holders[MAX_HOLDERS] = {holder};

	make_attempt(attempt, PROTO_TCP, binder, holders);
	snprintf(attempt->event.process.exe, EXE_LEN, "/usr/bin/new");
	snprintf(attempt->owners[0].exe, EXE_LEN, "/usr/bin/old");
	attempt->event.time_ns = AT(1, 0);
	kernel_says(&attempt->event, result, stage);
	judge(&attempt->event, &kernel_6_1);
}

/* A port shared with a stranger, which is a finding, then a refusal, and a release too late for it. */
static char *record(struct attempt *shared, struct attempt *no)
{
	struct event events[3];

	make(shared, "127.0.0.1 rp", "127.0.0.1 rp", 0, STAGE_NONE);
	assert_int_not_equal(shared->event.verdict.differs, 0);
	events[0] = shared->event;
	events[0].seq = 2;
	make(no, "127.0.0.1", "127.0.0.1", USED, STAGE_PORT);
	events[1] = no->event;
	events[1].seq = 3;
	events[2] = events[1];
	events[2].type = EVENT_RELEASE;
	events[2].result = 0;
	events[2].seq = 4;
	events[2].after_attempt = 3;
	events[2].holder_count = events[2].holders_total = 0;
	return make_recording(&kernel_6_1, events, 3);
}

/* The output, to free(). */
static char *replayed(const char *recording)
{
	struct memory_file in, out;
	struct config config = {.json = true};
	char *text;
	long size;

	memory_open(&in);
	memory_open(&out);
	memory_set(&in, recording, strlen(recording));
	config.file = in.path;
	config.output = out.path;
	assert_int_equal(replay_command.run(&config), EXIT_OK);
	size = lseek(out.fd, 0, SEEK_END);
	text = calloc(1, (size_t)size + 1);
	assert_int_equal(pread(out.fd, text, (size_t)size, 0), size);
	memory_close(&in);
	memory_close(&out);
	return text;
}

static size_t numbers(const char *text, const char *member, uint64_t *ret_numbers)
{
	size_t count = 0;

	while ((text = strstr(text, member)) && count < COUNT_MAX) {
		text += strlen(member);
		ret_numbers[count++] = strtoull(text, NULL, 10);
	}
	return count;
}

static void check(const char *text, const uint64_t *want, size_t count, uint64_t after_attempt)
{
	uint64_t got[COUNT_MAX];

	assert_int_equal(numbers(text, "\"seq\":", got), count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(got[i], want[i]);
	assert_int_equal(numbers(text, "\"after_attempt\":", got), 1);
	assert_int_equal(got[0], after_attempt);
}

/* What was added moves what follows, and what refers to it; what is replayed again stays. */
static void test_numbers(void **state)
{
	static const uint64_t want[] = {1, 2, 3, 4, 5, 100};
	struct attempt shared, no;
	char *recording = record(&shared, &no), *once = replayed(recording), *twice = replayed(once);

	(void)state;
	check(once, want, COUNT(want), 4);
	assert_non_null(strstr(once, "\"type\":\"finding\""));
	assert_string_equal(once, twice);
	free(recording);
	free(once);
	free(twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
