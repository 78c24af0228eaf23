/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings that were cut, damaged or made up: file and line, never a crash. */
#include "recordings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/text.h"
#include "rules/rules.h"

#define START                                                                                                \
	"{\"schema\":\"reusetrace/1\",\"type\":\"start\",\"time_unix_nano\":\"1795341600000000000\","        \
	"\"boot_unix_nano\":\"1795340600000000000\",\"policy\":{}}\n"
#define OBJECT(type, rest)                                                                                   \
	"{\"schema\":\"reusetrace/1\",\"type\":\"" type "\",\"time_unix_nano\":\"1795341601000000000\"" rest \
	"}\n"
#define END OBJECT("end", "")

#define BIG (9 << 20)

static struct memory_file file;

static int set_up(void **state)
{
	(void)state;
	memory_open(&file);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	memory_close(&file);
	return 0;
}

/* Reads the text into nowhere; the return value and error are read_recording()'s. */
static int read_text(const char *text, size_t size, char error[RECORDING_ERROR_LEN])
{
	FILE *nowhere = fopen("/dev/null", "we");
	int n;

	error[0] = '\0';
	memory_set(&file, text, size);
	n = read_recording(file.path, text_view_new, nowhere, error);
	fclose(nowhere);
	return n;
}

/* What the message says behind the file's name. */
static const struct {
	const char *text;
	const char *says; /* NULL: nothing */
} table[] = {
	{START END, NULL},
	{START OBJECT("bind", ",\"socket\":{\"port\":1}") END, NULL},
	{START OBJECT("of-the-future", ",\"x\":[1]") END, NULL},
	{START OBJECT("lost", ",\"lost\":{\"ring\":3}") END, NULL},
	{START OBJECT("bind", ",\"process\":null,\"holders\":[]") END, NULL},
	{"", ":1: the file is empty: no recording"},
	{"\n", ":1: no JSON object"},
	{"hello\n", ":1: no JSON object (byte 1"},
	{"[]\n", ":1: no JSON object"},
	{"{}\n", ":1: is no object of schema reusetrace/1"},
	{"{\"schema\":\"reusetrace/2\",\"type\":\"start\"}\n", ":1: is no object of schema reusetrace/1"},
	{"{\"schema\":\"reusetrace/1\"}\n", ":1: is no object of schema"},
	{END, ":1: a recording begins with a start object"},
	{"{\"schema\":\"reusetrace/1\",\"type\":\"start\",\"time_unix_nano\":\"9\"}\n",
	 ":1: policy: is missing: nothing can be judged"},
	{START, ":2: no end object: the recording was cut or is still written"},
	{START OBJECT("bind", ""), ":3: no end object"},
	{START "{\"schema\":\"reusetrace/1\",\"ty",
	 ":2: ends in the middle of a line: the recording was cut"},
	{START START END, ":2: a second start"},
	{START END END, ":3: an object behind the end"},
	{START "{\"schema\":\"reusetrace/1\",\"type\":\"bind\"}\n" END, ":2: time_unix_nano: is missing"},
	{START "{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time_unix_nano\":\"5\"}\n" END,
	 ":2: time_unix_nano: is before the boot of the machine"},
	{START "{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time_unix_nano\":5}\n" END,
	 ":2: time_unix_nano: 5 is no string"},
	{START
	 "{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time_unix_nano\":\"99999999999999999999\"}\n" END,
	 ":2: time_unix_nano: '99999999999999999999' is no number"},
	{START OBJECT("bind", ",\"socket\":{\"port\":65536}") END,
	 ":2: socket.port: 65536 is not from 0 to 65535"},
	{START OBJECT("bind", ",\"socket\":{\"port\":-1}") END, ":2: socket.port: -1 is not from 0"},
	{START OBJECT("bind", ",\"socket\":{\"port\":8e3}") END, ":2: socket.port: 8e3 is no whole number"},
	{START OBJECT("bind", ",\"socket\":{\"port\":\"80\\u001b\"}") END, ":2: socket.port: \"80"},
	{START OBJECT("bind", ",\"socket\":[]") END, ":2: socket: [ ] is no object"},
	{START OBJECT("bind", ",\"socket\":{\"id\":\"7\"}") END,
	 ":2: socket.id: '7' is no number of a socket"},
	{START OBJECT("bind", ",\"socket\":{\"address\":\"1.2.3\"}") END,
	 ":2: socket.address: '1.2.3' is no address"},
	{START OBJECT("bind", ",\"socket\":{\"state\":\"odd\\u001b[31m\"}") END,
	 ":2: socket.state: 'odd\\x1b[31m' is unknown"},
	{START OBJECT("bind", ",\"socket\":{\"options\":{\"reuseaddr\":1}}") END,
	 ":2: socket.options.reuseaddr: 1 is no truth value"},
	{START OBJECT("bind", ",\"result\":{\"code\":98,\"ok\":true}") END,
	 ":2: result.code: 98 is an error, but ok is true"},
	{START OBJECT("bind", ",\"result\":{\"code\":2147483649}") END, ":2: result.code: 2147483649 is not"},
	{START OBJECT("bind", ",\"holders\":{}") END, ":2: holders: { } is no array"},
	{START OBJECT("bind", ",\"holders\":[{},7]") END, ":2: holders: element 1 is no object"},
	{START OBJECT("bind", ",\"holders\":[{},{\"processes\":[{\"fd\":-2}]}]") END,
	 ":2: holders[1].processes[0].fd: -2 is not from 0"},
	{START OBJECT("bind", ",\"holders\":[{\"since\":\"yesterday\"}]") END,
	 ":2: holders[0].since: 'yesterday' is no time"},
	{START OBJECT("bind", ",\"holders\":[{\"expires_s\":1e300}]") END,
	 ":2: holders[0].expires_s: 1e300 is no number of seconds"},
	{START OBJECT("bind", ",\"facts\":{\"range\":[1,2,3]}") END,
	 ":2: facts.range: 3 elements are more than 2"},
	{START OBJECT("bind", ",\"facts\":{\"bucket\":{\"fastreuse\":2}}") END,
	 ":2: facts.bucket.fastreuse: 2 is not from -1 to 1"},
	{START "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]\n", ":2: no JSON object"},
	{START "{\"schema\":\"reusetrace/1\",}\n", ":2: no JSON object"},
	{START "{\"schema\":\"reusetrace/1\"}}\n", ":2: no JSON object"},
};

static void test_messages(void **state)
{
	char error[RECORDING_ERROR_LEN];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		size_t path = strlen(file.path);
		int n = read_text(table[i].text, strlen(table[i].text), error);

		if (!table[i].says) {
			assert_string_equal(error, "");
			assert_true(n > 0);
			continue;
		}
		assert_true(n < 0);
		assert_memory_equal(error, file.path, path);
		if (strncmp(error + path, table[i].says, strlen(table[i].says)))
			fail_msg("%s\nsays %s\nnot  %s", table[i].text, error, table[i].says);
	}
}

static void expect(const char *text, size_t size, const char *part)
{
	char error[RECORDING_ERROR_LEN];

	assert_true(read_text(text, size, error) < 0);
	if (!strstr(error, part))
		fail_msg("says %s, not %s", error, part);
}

static void test_kinds_of_files(void **state)
{
	char etl[100] = {0};

	(void)state;
	expect("SQLite format 3\0and more", 24, ": is the recorder's database: give its path");
	memcpy(etl + 72, "\x02\x00\x02\xc0", 4);
	expect(etl, sizeof(etl), ": is no .etl file that can be read");
	memcpy(etl + 72, "\x02\x00\x01\xc0", 4);
	expect(etl, sizeof(etl), ": is no .etl file that can be read");
	expect("\x7f"
	       "ELF",
	       4, ":1: ends in the middle of a line");
}

static void test_no_file(void **state)
{
	struct recording *recording;
	char error[RECORDING_ERROR_LEN];

	(void)state;
	assert_int_equal(recording_open("/nowhere/\033.ndjson", &recording, error), -ENOENT);
	assert_string_equal(error, "/nowhere/\\x1b.ndjson: No such file or directory");
	assert_true(recording_open("/", &recording, error) < 0);
}

static void test_sizes(void **state)
{
	char *text = malloc(BIG + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', BIG);
	memcpy(text, START, strlen(START));
	text[BIG - 1] = '\n';
	expect(text, BIG, ":2: line of more than 8 MiB");

	memset(text + strlen(START), '{', 200000);
	text[strlen(START) + 200000] = '\n';
	expect(text, strlen(START) + 200001, ":2: too many values in one line");

	text[strlen(START) + 3] = '\0';
	expect(text, strlen(START) + 100, ":2: ends in the middle");
	text[strlen(START) + 9] = '\n';
	expect(text, strlen(START) + 100, ":2: a NUL byte in the line");
	free(text);
}

static void test_counts(void **state)
{
	struct strbuf text = {0};

	(void)state;
	strbuf_puts(&text, START);
	strbuf_puts(&text, "{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time_unix_nano\":"
			   "\"1795341601000000000\",\"holders\":[{}");
	for (int i = 0; i < RECORDING_MAX_HOLDERS; i++)
		strbuf_puts(&text, ",{}");
	strbuf_puts(&text, "]}\n");
	expect(text.data, text.length, ":2: holders: 1025 elements are more than 1024");
	strbuf_free(&text);
}

/* ---- any byte and any line of a good one */

static char *good_recording(void)
{
	struct holder holder = listener();
	struct event events[] = {refused(&holder), attempt(EVENT_LISTEN, 4100), attempt(EVENT_OPTION, 4100)};

	holder.sock.peer = holder.sock.address;
	holder.sock.ifindex = 2;
	holder.expires_ms = 41001;
	judge(&events[0], &kept);
	judge(&events[1], &kept);
	return make_recording(&kept, events, COUNT(events));
}

/* Read, or refused with file and line; the sanitizers watch. */
static void survive(const char *text, size_t size)
{
	char error[RECORDING_ERROR_LEN];
	int n = read_text(text, size, error);

	if (n >= 0)
		return;
	assert_memory_equal(error, file.path, strlen(file.path));
	assert_int_equal(error[strlen(file.path)], ':');
	assert_true(error[strlen(file.path) + 1] >= '1' && error[strlen(file.path) + 1] <= '9');
}

static void test_any_byte(void **state)
{
	static const char others[] = "\"{}[]:,\\0-9e\x01\xff n";
	char *text = good_recording();
	size_t size = strlen(text);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		char old = text[i];

		text[i] = others[i % (sizeof(others) - 1)];
		survive(text, size);
		text[i] = old;
	}
	free(text);
}

static void test_cut_anywhere(void **state)
{
	char *text = good_recording(), error[RECORDING_ERROR_LEN];
	size_t size = strlen(text);

	(void)state;
	for (size_t i = 0; i < size; i += 3) {
		survive(text, i);
		assert_true(read_text(text, i, error) < 0);
	}
	for (size_t i = 0; i + 7 < size; i += 11) { /* a hole */
		char *holed = strdup(text);

		memmove(holed + i, holed + i + 7, size - i - 6);
		survive(holed, size - 7);
		free(holed);
	}
	free(text);
}

/* A value of another type in the place of each one. */
static void test_any_value(void **state)
{
	static const char *const values[] = {"{}",   "[]",  "\"x\"", "-1", "18446744073709551615",
					     "true", "1.5", "null"};
	char *text = good_recording();
	struct strbuf changed = {0};

	(void)state;
	for (char *colon = text; (colon = strstr(colon, "\":")); colon += 2) {
		size_t value = (size_t)(colon - text) + 2;
		size_t length = strcspn(text + value, ",}]");

		for (size_t i = 0; i < COUNT(values); i++) {
			strbuf_add(&changed, text, value);
			strbuf_puts(&changed, values[i]);
			strbuf_puts(&changed, text + value + length);
			survive(changed.data, changed.length);
			strbuf_reset(&changed);
		}
	}
	strbuf_free(&changed);
	free(text);
}

static void test_any_line(void **state)
{
	char *text = good_recording(), *lines[8], *rest, *line = strtok_r(text, "\n", &rest);
	struct strbuf changed = {0};
	size_t count = 0;

	(void)state;
	for (; line; line = strtok_r(NULL, "\n", &rest))
		lines[count++] = line;
	for (size_t a = 0; a < count; a++) { /* line b in the place of line a, or none */
		for (size_t b = 0; b <= count; b++) {
			for (size_t i = 0; i < count; i++)
				strbuf_printf(&changed, "%s%s",
					      i != a	  ? lines[i]
					      : b < count ? lines[b]
							  : "",
					      i == a && b == count ? "" : "\n");
			survive(changed.data, changed.length);
			strbuf_reset(&changed);
		}
	}
	strbuf_free(&changed);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),     cmocka_unit_test(test_kinds_of_files),
		cmocka_unit_test(test_no_file),	     cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_counts),	     cmocka_unit_test(test_any_byte),
		cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_any_value),
		cmocka_unit_test(test_any_line),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
