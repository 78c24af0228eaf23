/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: recheck RULES RECORDING...
 * Judges recorded attempts again with other rules: reads names of shared
 * objects that have judge() from stdin and says of each whether one verdict is
 * not that of the object RULES ("noticed NAME") or none ("unnoticed NAME").
 * RULES must predict what the kernel answered in every recorded attempt.
 */
#include <dlfcn.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/event_names.h"
#include "oracle.h"

/* What rules make of one attempt. */
struct outcome {
	struct verdict verdict;
	int *reasons;
	bool *culprits;
};

struct recorded {
	struct event event; /* not judged */
	struct policy policy;
	bool *culprits;		    /* the kernel's own last comparison, as it was seen */
	struct outcome outcomes[2]; /* without and with it */
};

struct rules {
	void (*judge)(struct event *event, const struct policy *policy);
	void (*predict)(const struct attempt_facts *facts, struct prediction *ret_prediction);
	void (*facts)(const struct event *event, const struct policy *policy,
		      struct attempt_facts *ret_facts);
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

static void read_line(const char *line, struct recorded *one)
{
	struct json_object *object = json_tokener_parse(line), *result = get(object, "result");
	struct json_object *holders = get(object, "holders");
	int stage = stage_from_name(text(result, "stage"));

	if (facts_read(object, &one->event, &one->policy))
		exit(2);
	one->event.result = -json_object_get_int(get(result, "code"));
	one->event.stage = stage > 0 ? stage : STAGE_NONE;
	one->culprits = calloc(one->event.holder_count + 1, sizeof(*one->culprits));
	for (size_t i = 0; i < one->event.holder_count; i++)
		one->culprits[i] =
			json_object_get_boolean(get(json_object_array_get_idx(holders, i), "culprit"));
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

static struct outcome judged(const struct rules *rules, const struct recorded *one, bool flagged)
{
	struct event event = one->event;
	struct outcome outcome;

	event.holders = calloc(event.holder_count + 1, sizeof(*event.holders));
	outcome.reasons = calloc(event.holder_count + 1, sizeof(*outcome.reasons));
	outcome.culprits = calloc(event.holder_count + 1, sizeof(*outcome.culprits));
	memcpy(event.holders, one->event.holders, event.holder_count * sizeof(*event.holders));
	for (size_t i = 0; i < event.holder_count; i++)
		event.holders[i].culprit = flagged && one->culprits[i];
	rules->judge(&event, &one->policy);
	outcome.verdict = event.verdict;
	for (size_t i = 0; i < event.holder_count; i++) {
		outcome.reasons[i] = event.holders[i].reason;
		outcome.culprits[i] = event.holders[i].culprit;
	}
	free(event.holders);
	return outcome;
}

static void judge_all(const struct rules *rules)
{
	for (size_t i = 0; i < count; i++)
		for (int flagged = 0; flagged < 2; flagged++)
			recordings[i].outcomes[flagged] = judged(rules, &recordings[i], flagged);
}

static bool judged_alike(const struct rules *rules, const struct recorded *one, bool flagged)
{
	const struct outcome *wanted = &one->outcomes[flagged];
	struct outcome outcome = judged(rules, one, flagged);
	bool alike = same_verdict(&outcome.verdict, &wanted->verdict);

	for (size_t i = 0; i < one->event.holder_count; i++)
		alike = alike && outcome.reasons[i] == wanted->reasons[i] &&
			outcome.culprits[i] == wanted->culprits[i];
	free(outcome.reasons);
	free(outcome.culprits);
	return alike;
}

/* What the oracle compares with the kernel: success or EADDRINUSE of get_port(). */
static bool predicted_right(const struct rules *rules, const struct recorded *one)
{
	struct attempt_facts facts;
	struct prediction prediction;

	rules->facts(&one->event, &one->policy, &facts);
	rules->predict(&facts, &prediction);
	if (prediction.answer == ANSWER_OPEN || one->outcomes[1].verdict.agrees != 1)
		return true;
	return (prediction.answer == ANSWER_REFUSE) == (one->event.result < 0);
}

static void load(const char *path, struct rules *rules)
{
	void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!object) {
		fprintf(stderr, "%s\n", dlerror());
		exit(3);
	}
	*(void **)&rules->judge = dlsym(object, "judge");
	*(void **)&rules->predict = dlsym(object, "linux_predict");
	*(void **)&rules->facts = dlsym(object, "facts_of_event");
}

static bool all_right(const struct rules *rules)
{
	for (size_t i = 0; i < count; i++) {
		if (predicted_right(rules, &recordings[i]) && recordings[i].outcomes[1].verdict.agrees)
			continue;
		printf("recording %zu is not explained: %s\n", i, recordings[i].outcomes[1].verdict.text);
		return false;
	}
	return count > 0;
}

static int check(const char *path)
{
	struct rules rules;

	load(path, &rules);
	for (size_t i = 0; i < count; i++)
		if (!predicted_right(&rules, &recordings[i]) || !judged_alike(&rules, &recordings[i], true) ||
		    !judged_alike(&rules, &recordings[i], false))
			return 1;
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
		fclose(stderr);
		_exit(check(path));
	}
	waitpid(pid, &status, 0);
	printf("%s %s\n", status ? "noticed" : "unnoticed", path);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rules rules;
	char path[4096];

	if (argc < 3)
		return 2;
	for (int i = 2; i < argc; i++)
		read_file(argv[i]);
	load(argv[1], &rules);
	judge_all(&rules);
	if (!all_right(&rules))
		return 1;
	fprintf(stderr, "%zu recorded attempts\n", count);
	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = '\0';
		check_apart(path);
	}
	return 0;
}
