/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filters of the command line on events that are there already. */
#include "events.h"

#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/event_filter.h"

static struct config config;

/* Parses "replay WORDS... FILE" into a filter. */
static int filter_of(const char *words, struct event_filter **ret_filter, char error[OPTIONS_ERROR_LEN])
{
	static char text[256];
	char *argv[16] = {"replay"}, *rest, *word;
	int argc = 1;

	snprintf(text, sizeof(text), "%s file", words);
	for (word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	if (options_parse(&replay_command, argc, argv, &config, error, OPTIONS_ERROR_LEN))
		fail_msg("%s: %s", words, error);
	return event_filter_new(&config, ret_filter, error, OPTIONS_ERROR_LEN);
}

/* A bind to 8080, TCP and IPv4, by python3[4242] of uid 1000 below /user.slice. */
static const struct {
	const char *words;
	bool accepted, refused; /* wanted, if the kernel said yes or no */
} table[] = {
	{"", true, true},
	{"-x", false, true},
	{"-E", false, true},
	{"-P 8080", true, true},
	{"-P 80", false, false},
	{"-P 8000-8100", true, true},
	{"-p 4242", true, true},
	{"-p 4200", true, true}, /* its parent */
	{"-p 1", false, false},
	{"-n python3", true, true},
	{"-n python", false, false},
	{"-u 1000", true, true},
	{"-u 0", false, false},
	{"-N 4026531840", true, true},
	{"-N net:[4026531840]", true, true},
	{"-N 1", false, false},
	{"-c /user.slice", true, true},
	{"-c /user.slice/", true, true},
	{"-c /sys/fs/cgroup/user.slice", true, true},
	{"-c /sys/fs/cgroup", true, true},
	{"-c /", true, true},
	{"-c /user", false, false},
	{"-c /user.slice/below", false, false},
	{"--unit nginx", true, true},
	{"--unit nginx.service", true, true},
	{"--unit sshd", false, false},
	{"-4", true, true},
	{"-6", false, false},
	{"-4 -6", true, true},
	{"--proto tcp", true, true},
	{"--proto udp,mptcp", false, false},
	{"-x -P 8080 -4 -u 1000", false, true},
};

static void test_filters(void **state)
{
	char error[OPTIONS_ERROR_LEN];
	struct event_filter *filter;
	struct holder holder = listener();
	struct event yes = attempt(EVENT_BIND, 4242), no = refused(&holder);

	(void)state;
	strcpy(yes.process.place.unit, "nginx.service");
	strcpy(no.process.place.unit, "nginx.service");
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_int_equal(filter_of(table[i].words, &filter, error), 0);
		if (event_wanted(filter, &yes) != table[i].accepted ||
		    event_wanted(filter, &no) != table[i].refused)
			fail_msg("%s", table[i].words);
		event_filter_free(filter);
	}
}

static void test_mistakes(void **state)
{
	static const char *const words[] = {"-N web", "-N /proc/1/ns/net", "-N net:[1", "-N 1x",
					    "-c user.slice"};
	char error[OPTIONS_ERROR_LEN];
	struct event_filter *filter;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		assert_int_equal(filter_of(words[i], &filter, error), -EINVAL);
		assert_memory_equal(error, words[i], 2);
	}
}

/* Grandchildren follow their parents. */
static void test_tree(void **state)
{
	char error[OPTIONS_ERROR_LEN];
	struct event_filter *filter;
	struct event event = attempt(EVENT_BIND, 20);

	(void)state;
	assert_int_equal(filter_of("-p 10", &filter, error), 0);
	event.process.ppid = 15;
	assert_false(event_wanted(filter, &event));
	event.process.pid = 15;
	event.process.ppid = 10;
	assert_true(event_wanted(filter, &event));
	event.process.pid = 20;
	event.process.ppid = 15;
	assert_true(event_wanted(filter, &event));
	event.process.pid = UINT32_MAX;
	event.process.ppid = 0;
	assert_false(event_wanted(filter, &event));
	event_filter_free(filter);
}

/* The port that was asked for, and the one that was got. */
static void test_ports_of_a_refusal(void **state)
{
	char error[OPTIONS_ERROR_LEN];
	struct event_filter *filter;
	struct holder holder = listener();
	struct event event = refused(&holder);

	(void)state;
	event.sock.port = 0;
	assert_int_equal(filter_of("-P 8080", &filter, error), 0);
	assert_true(event_wanted(filter, &event));
	event.type = EVENT_CLOSE;
	assert_false(event_wanted(filter, &event));
	event_filter_free(filter);
}

static void test_words(void **state)
{
	char *none[] = {"replay", NULL}, *two[] = {"replay", "a", "b", NULL},
	     *dashes[] = {"replay", "--", "-x", NULL};
	char *live[] = {"replay", "-d", "1", "a", NULL};
	char error[OPTIONS_ERROR_LEN];

	(void)state;
	assert_int_equal(options_parse(&replay_command, 1, none, &config, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "FILE is missing (--help says more)");
	assert_int_equal(options_parse(&replay_command, 3, two, &config, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "'b': one FILE is enough");
	assert_int_equal(options_parse(&replay_command, 3, dashes, &config, error, sizeof(error)), 0);
	assert_string_equal(config.file, "-x");
	assert_int_equal(options_parse(&replay_command, 4, live, &config, error, sizeof(error)), -EINVAL);
	assert_string_equal(error, "'-d' is not an option");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_tree),	cmocka_unit_test(test_ports_of_a_refusal),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
