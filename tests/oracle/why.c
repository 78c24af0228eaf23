/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "why.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

#define WORDS_MAX  16
#define ANSWER_MAX (8 << 20)

/* What why is asked: one command line. */
struct words {
	const char *at[WORDS_MAX];
	size_t count;
	char address[96], user[16];
};

struct told {
	int error; /* 0: it would pass */
	uint64_t culprit;
};

/* The process that answers: one for each question, or one that has its programs loaded. */
static struct asker {
	const char *program;
	pid_t pid; /* 0: one for each */
	int to, from;
} asker;

static void add(struct words *words, const char *word)
{
	words->at[words->count++] = word;
}

/*
 * The case as a question.  IPV6_FREEBIND, which ::1 needs on a dummy, and
 * options that change later have no word.
 */
static bool can_ask(const struct test_case *one)
{
	const struct variant *variant = &variants[one->binder.variant];
	bool dummy = one->binder.place == PLACE_DUMMY || one->binder.place == PLACE_DUMMY_TOO;

	return one->twist->port == PORT_NUMBER && one->twist->binder == CHANGE_NONE &&
	       !(dummy && !strcmp(variant->text, "::1"));
}

static void fill_words(const struct pair *pair, struct words *words)
{
	const struct test_case *one = &pair->one;
	const struct variant *variant = &variants[one->binder.variant];
	const char *device = place_device(one->binder.place);
	bool six = variant->family == AF_INET6;

	*words = (struct words){.count = 0};
	snprintf(words->address, sizeof(words->address), "%s%s%s:%u%s%s/%s", six ? "[" : "", variant->text,
		 six ? "]" : "", pair->port, device ? "%" : "", device ? device : "",
		 one->udp ? "udp" : "tcp");
	snprintf(words->user, sizeof(words->user), "%u", one->binder.uid);
	add(words, asker.program);
	add(words, "why");
	add(words, "-j");
	add(words, "--as");
	add(words, words->user);
	if (one->binder.flags & FLAG_RA)
		add(words, "--reuseaddr");
	if (one->binder.flags & FLAG_RP)
		add(words, "--reuseport");
	if (variant->v6only)
		add(words, "--v6only");
	if (one->listens)
		add(words, "--listen");
	if (one->binder.place == PLACE_NETNS) {
		add(words, "--netns");
		add(words, "other");
	}
	add(words, words->address);
}

static pid_t spawn(const char *const words[], const int *in, const int *out)
{
	pid_t child = fork();

	if (child)
		return child;
	if (in) {
		dup2(in[0], STDIN_FILENO);
		close(in[1]);
	}
	dup2(out[1], STDOUT_FILENO);
	close(out[0]);
	execv(words[0], (char **)words);
	_exit(127);
}

static void asker_start(const char *program)
{
	const char *const words[] = {program, NULL};
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	asker.pid = spawn(words, in, out);
	close(in[0]);
	close(out[1]);
	asker.to = in[1];
	asker.from = out[0];
}

static void asker_stop(void)
{
	close(asker.to);
	close(asker.from);
	waitpid(asker.pid, NULL, 0);
}

/* To the end of the file, or to a NUL. */
static char *read_answer(int from)
{
	char *text = malloc(ANSWER_MAX + 1);
	size_t size = 0;
	ssize_t n = 1;

	if (!text)
		die("no memory");
	while (size < ANSWER_MAX && (n = read(from, text + size, ANSWER_MAX - size)) > 0) {
		size += (size_t)n;
		if (!text[size - 1])
			break;
	}
	text[size] = '\0';
	return text;
}

static void tell_asker(const struct words *words)
{
	struct json_object *line = json_object_new_array();

	for (size_t i = 0; i < words->count; i++)
		json_object_array_add(line, json_object_new_string(words->at[i]));
	if (dprintf(asker.to, "%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN)) < 0)
		die("the asker is gone");
	json_object_put(line);
}

static char *output_of(const struct words *words)
{
	char *text;
	int out[2];
	pid_t child;

	if (asker.pid) {
		tell_asker(words);
		return read_answer(asker.from);
	}
	if (pipe2(out, O_CLOEXEC))
		die("pipe");
	child = spawn(words->at, NULL, out);
	close(out[1]);
	text = read_answer(out[0]);
	close(out[0]);
	waitpid(child, NULL, 0);
	return text;
}

static struct json_object *get(struct json_object *object, const char *name)
{
	return object ? json_object_object_get(object, name) : NULL;
}

static bool read_line(const char *line, struct told *ret_told)
{
	struct json_object *object = json_tokener_parse(line);
	struct json_object *result = get(object, "result"), *holders = get(object, "holders");
	bool given = json_object_get_boolean(get(object, "given"));

	if (given && get(result, "ok")) {
		ret_told->error = json_object_get_int(get(result, "code"));
		ret_told->culprit =
			ret_told->error && json_object_array_length(holders)
				? json_object_get_uint64(get(json_object_array_get_idx(holders, 0), "inode"))
				: 0;
	}
	given = given && get(result, "ok");
	json_object_put(object);
	return given;
}

static bool ask(const struct pair *pair, struct told *ret_told)
{
	struct words words;
	char *text, *rest, *line;
	bool found = false;

	fill_words(pair, &words);
	text = output_of(&words);
	for (line = strtok_r(text, "\n", &rest); line && !found; line = strtok_r(NULL, "\n", &rest))
		found = read_line(line, ret_told);
	free(text);
	return found;
}

static struct attempt *attempt(struct pair *pair)
{
	struct attempt *made = attempt_bind(pair->binder, &pair->endpoint);

	if (!made->result && pair->one.listens)
		made = attempt_listen(pair->binder);
	made->of = &pair->one;
	made->tested = true;
	return made;
}

static void compare(struct pair *pair, const struct told *told, struct attempt *made)
{
	if (told->error != made->result) {
		complain(made, "why said %s", told->error ? strerror(told->error) : "it passes");
		return;
	}
	tally.agreed++;
	tally.refused += made->result != 0;
	/* an orphan has lost its inode: only a trace remembers it */
	if (made->result != EADDRINUSE || !pair->held.inode || pair->held.minisock ||
	    pair->held.state == AT_ORPHAN)
		return;
	if (told->culprit == pair->held.inode)
		tally.culprits++;
	else
		complain(made, "why named inode %llu, not %llu", (unsigned long long)told->culprit,
			 (unsigned long long)pair->held.inode);
}

static void run_case(struct pair *pair)
{
	struct told told = {.error = 0};

	current_case = &pair->one;
	if (hold(&pair->one, &pair->port, &pair->held))
		die("no holder");
	tally.cases++;
	pair_open_binder(pair);
	if (ask(pair, &told))
		compare(pair, &told, attempt(pair));
	else
		complain(NULL, "why has no answer in case %lu", pair->one.index);
	pair_end(pair);
	attempts_clear();
}

void why_run(const char *program, bool is_asker, unsigned long from, unsigned long to, unsigned long stride)
{
	asker.program = program;
	if (is_asker)
		asker_start(program);
	for (unsigned long index = from; index < to; index += stride) {
		struct pair pair = {.binder = -1};

		case_at(index, &pair.one);
		if (!case_allowed(&pair.one) || !can_ask(&pair.one)) {
			tally.forbidden++;
			continue;
		}
		write_sysctl("tcp_l3mdev_accept", pair.one.twist->l3mdev_accept ? "1" : "0");
		run_case(&pair);
	}
	write_sysctl("tcp_l3mdev_accept", "0");
	if (is_asker)
		asker_stop();
}
