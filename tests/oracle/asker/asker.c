/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: why-asker
 * Many command lines of reusetrace, each in a child of its own, with programs
 * that were loaded once: loading is nearly all of the time that `why` takes,
 * and the same each time.  A line is an array of JSON on stdin; a NUL ends
 * what it put out.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "linux/lister.h"

#define WORDS_MAX 32

static struct lister *loaded; /* sees every port */

int __real_lister_new(uint16_t port, bool show_log, struct lister **ret_lister, char *ret_reason,
		      size_t size);
int __wrap_lister_new(uint16_t port, bool show_log, struct lister **ret_lister, char *ret_reason,
		      size_t size);

int __wrap_lister_new(uint16_t port, bool show_log, struct lister **ret_lister, char *ret_reason, size_t size)
{
	(void)port;
	(void)show_log;
	(void)ret_reason;
	(void)size;
	*ret_lister = loaded;
	return 0;
}

static int run(struct json_object *line)
{
	size_t count = json_object_array_length(line);
	char *words[WORDS_MAX + 1] = {NULL};

	if (count > WORDS_MAX)
		return EXIT_USAGE;
	for (size_t i = 0; i < count; i++)
		words[i] = (char *)json_object_get_string(json_object_array_get_idx(line, i));
	return command_main(all_commands, (int)count, words);
}

static void answer(const char *text)
{
	struct json_object *line = json_tokener_parse(text);
	pid_t child;

	fflush(stdout);
	child = line ? fork() : -1;
	if (!child)
		exit(run(line));
	if (child > 0)
		waitpid(child, NULL, 0);
	json_object_put(line);
	putchar('\0');
	fflush(stdout);
}

int main(void)
{
	char reason[512], *text = NULL;
	size_t size = 0;

	if (__real_lister_new(0, false, &loaded, reason, sizeof(reason))) {
		fprintf(stderr, "why-asker: %s\n", reason);
		return EXIT_RUNTIME;
	}
	while (getline(&text, &size, stdin) > 0)
		answer(text);
	free(text);
	lister_free(loaded);
	return EXIT_OK;
}
