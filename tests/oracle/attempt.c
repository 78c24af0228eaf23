/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts in their order, until reusetrace has told of each. */
#include "oracle.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS_MAX 8192
/* Lines that may come between an attempt and the next that is its own. */
static struct attempt *attempts;
static size_t count, first_unseen;

struct attempt *attempt_note(enum op op, int fd, uint64_t inode, int result)
{
	struct attempt *attempt;

	if (!attempts)
		attempts = calloc(ATTEMPTS_MAX, sizeof(*attempts));
	if (!attempts || count == ATTEMPTS_MAX)
		die("too many attempts");
	attempt = &attempts[count++];
	*attempt = (struct attempt){
		.op = op, .result = result, .tid = gettid(), .inode = fd < 0 ? inode : inode_of(fd)};
	tally.attempts++;
	return attempt;
}

struct attempt *attempt_bind(int fd, const struct endpoint *endpoint)
{
	int err = bind(fd, (const struct sockaddr *)&endpoint->address, endpoint->length) ? errno : 0;

	return attempt_note(OP_BIND, fd, 0, err);
}

struct attempt *attempt_listen(int fd)
{
	int err = listen(fd, 64) ? errno : 0;

	return attempt_note(OP_LISTEN, fd, 0, err);
}

const struct attempt *attempt_that_bound(uint64_t inode)
{
	for (size_t i = count; i; i--)
		if (attempts[i - 1].inode == inode && attempts[i - 1].op == OP_BIND &&
		    !attempts[i - 1].result)
			return &attempts[i - 1];
	return NULL;
}

void attempts_clear(void)
{
	count = first_unseen = 0;
}

static const char *text_of(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static struct attempt *find(struct json_object *object)
{
	struct json_object *process = json_object_object_get(object, "process");
	struct json_object *socket = json_object_object_get(object, "socket");
	uint64_t inode = json_object_get_int64(json_object_object_get(socket, "inode"));
	pid_t tid = json_object_get_int(json_object_object_get(process, "tid"));
	enum op op = strcmp(text_of(object, "type"), "listen") ? OP_BIND : OP_LISTEN;

	for (size_t i = first_unseen; i < count; i++)
		if (!attempts[i].seen && attempts[i].tid == tid && attempts[i].inode == inode &&
		    attempts[i].op == op)
			return &attempts[i];
	return NULL;
}

static void take(const char *line)
{
	struct json_object *object = json_tokener_parse(line);
	struct attempt *attempt = object ? find(object) : NULL;

	if (!object)
		complain(NULL, "not JSON: %.200s", line);
	if (attempt) {
		attempt->seen = true;
		check_event(attempt, object);
	}
	json_object_put(object);
}

void attempts_await(void)
{
	char *line;

	for (;;) {
		while (first_unseen < count && attempts[first_unseen].seen)
			first_unseen++;
		if (first_unseen == count)
			return;
		line = trace_line();
		if (line) {
			take(line);
			continue;
		}
		complain(&attempts[first_unseen], "reusetrace told nothing of it");
		attempts[first_unseen].seen = true;
	}
}
