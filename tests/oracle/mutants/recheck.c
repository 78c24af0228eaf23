/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: recheck RECORDING...
 * Judges recorded attempts again with other rules: reads names of shared
 * objects that have judge() from stdin and says of each whether one verdict
 * differs ("noticed NAME") or none ("unnoticed NAME").
 */
#include <dlfcn.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/text.h"
#include "oracle.h"

struct recorded {
	struct event event; /* not judged */
	struct policy policy;
	struct verdict verdict; /* as it was printed */
	const char **reasons;
	bool *culprits;
};

struct rules {
	void (*judge)(struct event *event, const struct policy *policy);
	void (*predict)(const struct attempt_facts *facts, struct prediction *ret_prediction);
	void (*facts)(const struct event *event, const struct policy *policy,
		      struct attempt_facts *ret_facts);
	const char *(*name)(enum rule_id rule);
};

static struct recorded *recordings;
static size_t count;

static struct json_object *get(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return object && json_object_object_get_ex(object, name, &value) ? value : NULL;
}

static const char *text(struct json_object *object, const char *name)
{
	struct json_object *value = get(object, name);

	return value ? json_object_get_string(value) : "";
}

static void read_verdict(struct json_object *verdict, struct recorded *one)
{
	struct json_object *fix = get(verdict, "fix"), *agrees = get(verdict, "agrees");

	one->verdict.rule = (int)rule_from_name(text(verdict, "rule"));
	one->verdict.agrees = agrees ? json_object_get_boolean(agrees) : -1;
	snprintf(one->verdict.text, sizeof(one->verdict.text), "%s", text(verdict, "text"));
	snprintf(one->verdict.lacks, sizeof(one->verdict.lacks), "%s", text(verdict, "lacks"));
	snprintf(one->verdict.delivery, sizeof(one->verdict.delivery), "%s", text(verdict, "delivery"));
	one->verdict.fix_count = fix ? json_object_array_length(fix) : 0;
	for (size_t i = 0; i < one->verdict.fix_count; i++)
		snprintf(one->verdict.fix[i], sizeof(one->verdict.fix[i]), "%s",
			 json_object_get_string(json_object_array_get_idx(fix, i)));
}

static void read_line(const char *line, struct recorded *one)
{
	struct json_object *object = json_tokener_parse(line), *result = get(object, "result");
	struct json_object *holders = get(object, "holders"), *holder;
	int stage = stage_from_name(text(result, "stage"));

	if (facts_read(object, &one->event, &one->policy))
		exit(2);
	one->event.result = -json_object_get_int(get(result, "code"));
	one->event.stage = stage > 0 ? stage : STAGE_NONE;
	read_verdict(get(object, "verdict"), one);
	one->reasons = calloc(one->event.holder_count + 1, sizeof(*one->reasons));
	one->culprits = calloc(one->event.holder_count + 1, sizeof(*one->culprits));
	for (size_t i = 0; i < one->event.holder_count; i++) {
		holder = json_object_array_get_idx(holders, i);
		one->reasons[i] = strdup(text(holder, "reason"));
		one->culprits[i] = json_object_get_boolean(get(holder, "culprit"));
	}
	json_object_put(object);
}

static void read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!file) {
		perror(path);
		exit(2);
	}
	while (getline(&line, &size, file) > 0) {
		recordings = realloc(recordings, (count + 1) * sizeof(*recordings));
		memset(&recordings[count], 0, sizeof(*recordings));
		read_line(line, &recordings[count++]);
	}
	free(line);
	fclose(file);
}

static bool same_verdict(const struct verdict *one, const struct verdict *two)
{
	if (one->rule != two->rule || one->agrees != two->agrees || one->fix_count != two->fix_count ||
	    strcmp(one->text, two->text) || strcmp(one->lacks, two->lacks) ||
	    strcmp(one->delivery, two->delivery))
		return false;
	for (size_t i = 0; i < one->fix_count; i++)
		if (strcmp(one->fix[i], two->fix[i]))
			return false;
	return true;
}

/* The kernel's own comparison is a part of the input in one of two passes. */
static bool judged_alike(const struct rules *rules, const struct recorded *one, bool flagged)
{
	struct event event = one->event;
	bool alike;

	event.holders = calloc(event.holder_count + 1, sizeof(*event.holders));
	memcpy(event.holders, one->event.holders, event.holder_count * sizeof(*event.holders));
	for (size_t i = 0; i < event.holder_count; i++)
		event.holders[i].culprit = flagged && one->culprits[i];
	rules->judge(&event, &one->policy);
	alike = same_verdict(&event.verdict, &one->verdict);
	for (size_t i = 0; i < event.holder_count; i++)
		alike = alike && event.holders[i].culprit == one->culprits[i] &&
			!strcmp(rules->name((enum rule_id)event.holders[i].reason), one->reasons[i]);
	free(event.holders);
	return alike;
}

/* What `check` compares with the kernel: success or EADDRINUSE, nothing else is predicted. */
static bool predicted_alike(const struct rules *rules, const struct recorded *one)
{
	struct attempt_facts facts;
	struct prediction prediction;
	bool quirk =
		one->verdict.rule >= RULE_QUIRK_MAPPED_ANY && one->verdict.rule <= RULE_QUIRK_STALE_REUSEPORT;

	rules->facts(&one->event, &one->policy, &facts);
	rules->predict(&facts, &prediction);
	if (one->verdict.agrees != 1 || quirk || prediction.answer == ANSWER_OPEN)
		return true;
	return (prediction.answer == ANSWER_REFUSE) == (one->event.result < 0);
}

static int check(const char *path)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	struct rules rules;

	if (!object) {
		fprintf(stderr, "%s\n", dlerror());
		return 3;
	}
	*(void **)&rules.judge = dlsym(object, "judge");
	*(void **)&rules.predict = dlsym(object, "linux_predict");
	*(void **)&rules.facts = dlsym(object, "facts_of_event");
	*(void **)&rules.name = dlsym(object, "rule_name");
	for (size_t i = 0; i < count; i++)
		if (!predicted_alike(&rules, &recordings[i]) || !judged_alike(&rules, &recordings[i], true) ||
		    !judged_alike(&rules, &recordings[i], false)) {
			if (getenv("SHOW"))
				printf("recording %zu: %s\n", i, recordings[i].verdict.text);
			return 1;
		}
	return 0;
}

/* In a child: a mutant may crash or never end. */
static void check_apart(const char *path)
{
	struct rlimit time = {20, 20};
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CPU, &time);
		_exit(check(path));
	}
	waitpid(pid, &status, 0);
	printf("%s %s\n", status ? "noticed" : "unnoticed", path);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char path[4096];

	for (int i = 1; i < argc; i++)
		read_file(argv[i]);
	fprintf(stderr, "%zu recorded attempts\n", count);
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		check_apart(path);
	}
	return 0;
}
