/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace, attached and unaware: it is given no filter and no hint. */
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"

#define BUFFER	    (4 << 20)
#define PATIENCE_MS 30000

static pid_t tracer;
static int lines;
static char *buffer;
static size_t used, begin;
static char last_line[4096]; /* the beginning of the `end` object */

static void await_ready(int errors)
{
	FILE *file = fdopen(errors, "r");
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strcmp(line, "ready\n"))
			return; /* what comes later is short and stays in the pipe */
		fputs(line, stderr);
	}
	die("reusetrace did not start");
}

void trace_start(const char *program, const char *record)
{
	int output[2], errors[2];

	buffer = malloc(BUFFER + 1);
	record_open(record);
	if (!buffer || pipe2(output, O_CLOEXEC) || pipe2(errors, O_CLOEXEC))
		die("pipe");
	fcntl(output[0], F_SETPIPE_SZ, 1 << 20);
	tracer = fork();
	if (!tracer) {
		dup2(errors[1], STDERR_FILENO);
		dup2(output[1], STDOUT_FILENO);
		execl(program, program, "-j", (char *)NULL);
		_exit(127);
	}
	close(output[1]);
	close(errors[1]);
	lines = output[0];
	await_ready(errors[0]);
}

void trace_pause(bool pause)
{
	int status;

	kill(tracer, pause ? SIGSTOP : SIGCONT);
	if (pause && (waitpid(tracer, &status, WUNTRACED) != tracer || !WIFSTOPPED(status)))
		die("reusetrace does not pause");
}

static char *next_line(int patience_ms)
{
	struct pollfd poll_lines = {.fd = lines, .events = POLLIN};
	char *end, *line;
	ssize_t size;

	while (!(end = memchr(buffer + begin, '\n', used - begin))) {
		memmove(buffer, buffer + begin, used - begin);
		used -= begin;
		begin = 0;
		if (used == BUFFER || poll(&poll_lines, 1, patience_ms) <= 0)
			return NULL;
		size = read(lines, buffer + used, BUFFER - used);
		if (size <= 0)
			return NULL;
		used += (size_t)size;
	}
	*end = '\0';
	line = buffer + begin;
	begin = (size_t)(end - buffer) + 1;
	return line;
}

/* Options and releases are many and need not be parsed. */
static bool is_type(const char *line, const char *type)
{
	static const char head[] = "{\"schema\":\"reusetrace/1\",\"type\":\"";

	return !strncmp(line, head, sizeof(head) - 1) &&
	       !strncmp(line + sizeof(head) - 1, type, strlen(type));
}

char *trace_line(void)
{
	char *line;

	while ((line = next_line(PATIENCE_MS))) {
		if (is_type(line, "end\""))
			snprintf(last_line, sizeof(last_line), "%s", line);
		if (!is_type(line, "bind\"") && !is_type(line, "listen\""))
			continue;
		record_line(line);
		return line;
	}
	return NULL;
}

static void check_lost(void)
{
	struct json_object *end = json_tokener_parse(last_line);
	struct json_object *lost = end ? json_object_object_get(end, "lost") : NULL;
	unsigned long total = 0;

	if (!lost) {
		complain(NULL, "no end");
		return;
	}
	json_object_object_foreach(lost, name, count)
	{
		if (json_object_get_int64(count))
			printf("lost %s %s\n", name, json_object_to_json_string(count));
		total += (unsigned long)json_object_get_int64(count);
	}
	if (total)
		complain(NULL, "%lu lost", total);
	json_object_put(end);
}

void trace_stop(void)
{
	kill(tracer, SIGINT);
	while (trace_line())
		continue;
	waitpid(tracer, NULL, 0);
	check_lost();
	record_close();
}
