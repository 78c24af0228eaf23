/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "oracle.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "coverage.h"
#include "keeper.h"
#include "pairs.h"
#include "random.h"
#include "remedies.h"
#include "special.h"
#include "why.h"

struct options {
	unsigned long from, to, stride, attempts, remedies;
	uint64_t seed;
	const char *program, *record;
	bool why;      /* asked beforehand, instead of a trace */
	bool asker;    /* the program that is asked has loaded what it needs */
	bool complete; /* all rules and axes must come up */
};

static void usage(void)
{
	fputs("usage: oracle [--from N] [--to N] [--stride N] [--remedies N] [--random ATTEMPTS] [--seed N]\n"
	      "              [--record FILE] [--complete] [--pause] [--verbose] REUSETRACE\n"
	      "       oracle --why [--from N] [--to N] [--stride N] [--verbose] REUSETRACE\n"
	      "       oracle --why --asker [--from N] [--to N] [--stride N] [--verbose] ASKER\n"
	      "Judges REUSETRACE by the kernel, as root in a machine that is for nothing else.\n",
	      stderr);
	exit(2);
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'},
		{"stride", required_argument, NULL, 's'},
		{"record", required_argument, NULL, 'r'},
		{"seed", required_argument, NULL, 'e'},
		{"random", required_argument, NULL, 'a'},
		{"remedies", required_argument, NULL, 'm'},
		{"complete", no_argument, NULL, 'c'},
		{"why", no_argument, NULL, 'w'},
		{"asker", no_argument, NULL, 'k'},
		{"verbose", no_argument, NULL, 'v'},
		{"pause", no_argument, NULL, 'p'},
		{NULL, 0, NULL, 0},
	};
	int name;

	*options = (struct options){.to = case_count(), .stride = 1, .seed = 1};
	while ((name = getopt_long(argc, argv, "", names, NULL)) >= 0) {
		if (name == 'f')
			options->from = strtoul(optarg, NULL, 10);
		else if (name == 't')
			options->to = strtoul(optarg, NULL, 10);
		else if (name == 's')
			options->stride = strtoul(optarg, NULL, 10);
		else if (name == 'r')
			options->record = optarg;
		else if (name == 'e')
			options->seed = strtoull(optarg, NULL, 10);
		else if (name == 'a')
			options->attempts = strtoul(optarg, NULL, 10);
		else if (name == 'm')
			options->remedies = strtoul(optarg, NULL, 10);
		else if (name == 'c')
			options->complete = true;
		else if (name == 'w')
			options->why = true;
		else if (name == 'k')
			options->asker = true;
		else if (name == 'p')
			pairs_pause();
		else if (name == 'v')
			verbose = true;
		else
			usage();
	}
	if (optind + 1 != argc || !options->stride)
		usage();
	options->program = argv[optind];
}

static void report(void)
{
	struct utsname system;

	uname(&system);
	for (int rule = 0; rule < RULE_MAX; rule++)
		if (tally.rules[rule])
			printf("rule %s %lu\n", rule_name(rule), tally.rules[rule]);
	printf("oracle %s cases %lu forbidden %lu attempts %lu refused %lu agreed %lu open %lu culprits %lu "
	       "quirks %lu removed %lu remedies %lu sequences %lu wrong %lu\n",
	       system.release, tally.cases, tally.forbidden, tally.attempts, tally.refused, tally.agreed,
	       tally.open, tally.culprits, tally.quirks, tally.removed, tally.remedies, tally.sequences,
	       tally.failures);
}

static void report_time(const char *whose, int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	printf("cpu of %s: %ld s user, %ld s system\n", whose, (long)usage.ru_utime.tv_sec,
	       (long)usage.ru_stime.tv_sec);
}

int main(int argc, char **argv)
{
	struct options options;
	struct timespec begin, end;

	parse(argc, argv, &options);
	if (options.to > case_count())
		options.to = case_count();
	keepers_prepare();
	net_prepare();
	if (options.why) {
		why_run(options.program, options.asker, options.from, options.to, options.stride);
		report();
		return tally.failures != 0;
	}
	random_prepare();
	trace_start(options.program, options.record);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	remedies_every(options.remedies);
	pairs_run(options.from, options.to, options.stride);
	remedies_finish();
	special_run();
	random_run(options.seed, options.attempts);
	clock_gettime(CLOCK_MONOTONIC, &end);
	trace_stop();
	if (options.complete)
		coverage_check(&last_policy);
	report();
	report_time("the oracle", RUSAGE_SELF);
	report_time("reusetrace and workers", RUSAGE_CHILDREN);
	printf("seconds %ld\n", (long)(end.tv_sec - begin.tv_sec));
	return tally.failures != 0;
}
