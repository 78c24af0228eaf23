// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli/command.h"
#include "model/printf_like.h"
#include "recorder/recorder.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define LONG_ONLY	  256 /* + row: what getopt_long() returns for a row without a letter */

enum section {
	SECTION_FILTER,
	SECTION_BIND,
	SECTION_OUTPUT,
	SECTION_STOP,
	SECTION_COMMAND,
	SECTION_OTHER,
	SECTION_MAX
};

static const char *const section_titles[SECTION_MAX] = {
	[SECTION_FILTER] = "Which attempts (all of them must hold)",
	[SECTION_BIND] = "The bind to judge",
	[SECTION_OUTPUT] = "Output",
	[SECTION_STOP] = "When to stop",
	[SECTION_COMMAND] = "The traced command",
	[SECTION_OTHER] = "Other",
};

struct option_row {
	char letter;	     /* 0: none */
	const char *name;    /* NULL: none */
	const char *metavar; /* NULL: takes no value */
	bool is_optional;    /* the value, and then only as --name=VALUE */
	const struct option_type *type;
	size_t offset;	       /* into struct config */
	long constant;	       /* for type_bits and type_enum */
	unsigned int commands; /* enum command */
	enum section section;
	const char *help; /* NULL: an alias, not listed */
};

#define FIELD(member)  offsetof(struct config, member)
#define TRACE_REPLAY   (COMMAND_TRACE | COMMAND_REPLAY)
#define TRACE_RECORD   (COMMAND_TRACE | COMMAND_RECORD)
#define REPLAY_HISTORY (COMMAND_REPLAY | COMMAND_HISTORY)
#define ATTEMPT_FILTER (TRACE_RECORD | REPLAY_HISTORY | COMMAND_REPORT)
#define ALL_FILTER     (ATTEMPT_FILTER | COMMAND_LS) /* what looks at events or sockets */

/* What only one system has to trace; a recording may be of the other. */
#ifdef _WIN32
#define LINUX_TRACE   0
#define LINUX_REPLAY  0
#define WINDOWS_TRACE COMMAND_TRACE
#define LINUX_WHY     0
#define WINDOWS_WHY   COMMAND_WHY
#else
#define LINUX_TRACE   COMMAND_TRACE
#define LINUX_REPLAY  COMMAND_REPLAY
#define WINDOWS_TRACE 0
#define LINUX_WHY     COMMAND_WHY
#define WINDOWS_WHY   0
#endif
#define LINUX_FILTER (LINUX_TRACE | COMMAND_RECORD | REPLAY_HISTORY | COMMAND_REPORT | COMMAND_LS)

static const struct option_row rows[] = {
	/* clang-format off */
	{'P', "port", "LIST", false, &type_ports, FIELD(ports), 0, ALL_FILTER, SECTION_FILTER,
	 "the requested or the resulting port: 80,443,8000-8100"},
	{'p', "pid", "LIST", false, &type_pids, FIELD(pids), 0, ALL_FILTER, SECTION_FILTER,
	 "these processes and their children"},
	{'n', "comm", "NAME", false, &type_comm, FIELD(comm), 0, ALL_FILTER, SECTION_FILTER,
	 "processes of exactly this name (its first 15 bytes)"},
	{'u', "user", "USER", false, &type_user, FIELD(user), 0, ALL_FILTER, SECTION_FILTER,
	 "processes of this real user, a name or a number"},
	{'N', "netns", "NS", false, &type_netns, FIELD(netns), 0, LINUX_FILTER, SECTION_FILTER,
	 "this network namespace: a name, pid, path or inode"},
	{'c', "cgroup", "PATH", false, &type_path, FIELD(cgroup), 0, LINUX_FILTER, SECTION_FILTER,
	 "this cgroup and those below it"},
	{0, "unit", "NAME", false, &type_unit, FIELD(unit), 0, LINUX_FILTER, SECTION_FILTER,
	 "this systemd unit, also when it is restarted (short for -c)"},
	{'4', NULL, NULL, false, &type_bits, FIELD(families), FAMILY_BIT_IPV4, ALL_FILTER, SECTION_FILTER,
	 "IPv4 sockets"},
	{'6', NULL, NULL, false, &type_bits, FIELD(families), FAMILY_BIT_IPV6, ALL_FILTER, SECTION_FILTER,
	 "IPv6 sockets"},
	{0, "proto", "LIST", false, &type_protocols, FIELD(protocols), 0, ALL_FILTER, SECTION_FILTER,
	 "of tcp,udp,mptcp (all three unless given),sctp,ping,raw,unix"},
	{'x', "failed", NULL, false, &type_flag, FIELD(failed), 0, ATTEMPT_FILTER, SECTION_FILTER,
	 "refused attempts only (also -E)"},
	{'E', NULL, NULL, false, &type_flag, FIELD(failed), 0, ATTEMPT_FILTER, SECTION_FILTER, NULL},
	{'l', "listening", NULL, false, &type_flag, FIELD(unconnected), 0, COMMAND_LS, SECTION_FILTER,
	 "without connections and what is left of them"},
	{0, "sort", "KEY", false, &type_order, FIELD(sort), 0, COMMAND_LS, SECTION_OUTPUT,
	 "port (if none is given), address, proto, state, netns or uid"},
	{0, "os", "LIST", false, &type_systems, FIELD(systems), 0, COMMAND_EXPLAIN, SECTION_OUTPUT,
	 "these systems (all: every one)"},
	{0, "matrix", NULL, false, &type_flag, FIELD(matrix), 0, COMMAND_EXPLAIN, SECTION_OUTPUT,
	 "a table of the first's and the second's options"},
	{0, "excluded", "FILE", false, &type_paths, FIELD(excluded), 0, COMMAND_REPLAY, SECTION_OTHER,
	 "of a capture: what netsh listed as excludedportrange"},
	{0, "reuseaddr", NULL, false, &type_flag, FIELD(reuseaddr), 0, COMMAND_WHY, SECTION_BIND,
	 "it sets SO_REUSEADDR"},
	{0, "exclusive", NULL, false, &type_flag, FIELD(exclusive), 0, WINDOWS_WHY, SECTION_BIND,
	 "it sets SO_EXCLUSIVEADDRUSE"},
	{0, "reuseport", NULL, false, &type_flag, FIELD(reuseport), 0, LINUX_WHY, SECTION_BIND,
	 "it sets SO_REUSEPORT"},
	{0, "v6only", NULL, false, &type_flag, FIELD(v6only), 0, LINUX_WHY, SECTION_BIND,
	 "it sets IPV6_V6ONLY"},
	{0, "listen", NULL, false, &type_flag, FIELD(listen), 0, COMMAND_WHY, SECTION_BIND,
	 "it listens afterwards"},
	{0, "as", "USER", false, &type_user, FIELD(as), 0, LINUX_WHY, SECTION_BIND,
	 "it is USER's; the user who called sudo if none is given"},
	{'N', "netns", "NS", false, &type_netns, FIELD(netns), 0, LINUX_WHY, SECTION_BIND,
	 "it is in this network namespace: a name, pid, path or inode"},
	{0, "wait", "SEC", true, &type_wait, FIELD(wait), 0, LINUX_WHY, SECTION_BIND,
	 "until it would pass, or for SEC seconds"},
	{'v', "verbose", NULL, false, &type_count, FIELD(verbose), 0, TRACE_REPLAY | COMMAND_RECORD | COMMAND_HISTORY, SECTION_OUTPUT,
	 "the socket's whole life; -vv adds libbpf's log"},
	{'v', "verbose", NULL, false, &type_count, FIELD(verbose), 0, COMMAND_LS | COMMAND_WHY, SECTION_OUTPUT,
	 "twice: libbpf's log, where BPF is refused"},
	{0, "compare", "OS", false, &type_system, FIELD(compare), 0, TRACE_REPLAY | COMMAND_HISTORY, SECTION_OUTPUT,
	 "add what another system would have answered"},
	{0, "deliveries", NULL, false, &type_flag, FIELD(deliveries), 0, LINUX_TRACE, SECTION_OUTPUT,
	 "what each member of a shared port gets, and counts at the end"},
	{'j', "json", "FORMAT", true, &type_json, FIELD(json), 0, TRACE_REPLAY | COMMAND_RECORD | COMMAND_HISTORY | COMMAND_EXPLAIN | COMMAND_LS | COMMAND_WHY, SECTION_OUTPUT,
	 "NDJSON, one object a line; FORMAT plain, ecs, otel or ocsf"},
	{'o', "output", "FILE", false, &type_path, FIELD(output), 0, TRACE_REPLAY | COMMAND_HISTORY | COMMAND_EXPLAIN | COMMAND_REPORT | COMMAND_LS | COMMAND_WHY, SECTION_OUTPUT,
	 "write to FILE instead of standard output"},
	{0, "db", "FILE", false, &type_path, FIELD(database), 0, COMMAND_RECORD | COMMAND_HISTORY | LINUX_WHY, SECTION_OUTPUT,
	 "the recorder's file instead of " RECORDER_PATH},
	{0, "max-size", "SIZE", false, &type_size, FIELD(max_bytes), 0, COMMAND_RECORD, SECTION_STOP,
	 "the file's bound, with -wal and -shm: 8M to 1T (64M)"},
	{0, "max-age", "AGE", false, &type_age, FIELD(max_age_ns), 0, COMMAND_RECORD, SECTION_STOP,
	 "forget what is older than this: 30m, 12h, 7d (no limit)"},
	{0, "since", "AGE", false, &type_age, FIELD(since_ns), 0, COMMAND_HISTORY | LINUX_WHY, SECTION_FILTER,
	 "not longer ago than this: 90s, 30m, 1h, 7d"},
	{0, "perfetto", NULL, false, &type_flag, FIELD(perfetto), 0, COMMAND_REPORT, SECTION_OUTPUT,
	 "Chrome trace JSON instead of a page, for ui.perfetto.dev"},
	{'t', NULL, NULL, false, &type_enum, FIELD(time), TIME_WALL, TRACE_REPLAY | COMMAND_HISTORY, SECTION_OUTPUT,
	 "the same as --time=wall, the default"},
	{0, "time", "MODE", false, &type_time, FIELD(time), 0, TRACE_REPLAY | COMMAND_HISTORY, SECTION_OUTPUT,
	 "wall, delta, boot, iso or none"},
	{'H', "no-header", NULL, false, &type_flag, FIELD(no_header), 0, TRACE_REPLAY | COMMAND_HISTORY | COMMAND_EXPLAIN | COMMAND_LS | COMMAND_WHY, SECTION_OUTPUT,
	 "without the line of titles"},
	{0, "color", "WHEN", false, &type_color, FIELD(color), 0, TRACE_REPLAY | COMMAND_HISTORY | COMMAND_EXPLAIN | COMMAND_WHY, SECTION_OUTPUT,
	 "auto, always or never; NO_COLOR is honoured"},
	{0, "containers", NULL, false, &type_flag, FIELD(containers), 0, LINUX_TRACE, SECTION_OUTPUT,
	 "ask container runtimes for names (reads their sockets and state)"},
	{0, "journal", NULL, false, &type_flag, FIELD(journal), 0, LINUX_TRACE | LINUX_REPLAY | COMMAND_RECORD, SECTION_OUTPUT,
	 "also as structured entries of the systemd journal"},
	{0, "metrics-file", "FILE", false, &type_path, FIELD(metrics_file), 0, LINUX_TRACE | LINUX_REPLAY | COMMAND_RECORD, SECTION_OUTPUT,
	 "also as counters: OpenMetrics text, replaced once a second"},
	{0, "summary", NULL, false, &type_flag, FIELD(summary), 0, TRACE_REPLAY, SECTION_OUTPUT,
	 "counts by rule at the end"},
	{'d', "duration", "SEC", false, &type_seconds, FIELD(duration_ns), 0, TRACE_RECORD, SECTION_STOP,
	 "after this many seconds"},
	{0, "limit", "N", false, &type_positive, FIELD(limit), 0, TRACE_REPLAY | COMMAND_HISTORY, SECTION_STOP,
	 "after this many events"},
	{0, "fail-on-reject", NULL, false, &type_flag, FIELD(fail_on_reject), 0, TRACE_REPLAY, SECTION_STOP,
	 "exit with 10 if an attempt was refused"},
	{0, "stop", NULL, false, &type_flag, FIELD(stop), 0, WINDOWS_TRACE, SECTION_OTHER,
	 "stop the session that a crash has left behind"},
	{0, "run-as", "USER", false, &type_user, FIELD(run_as), 0, LINUX_TRACE, SECTION_COMMAND,
	 "run COMMAND as USER"},
	{'h', "help", NULL, false, &type_flag, FIELD(help), 0, COMMAND_ALL, SECTION_OTHER,
	 "show this text"},
	{'V', "version", NULL, false, &type_flag, FIELD(version), 0, COMMAND_ALL, SECTION_OTHER,
	 "show the version"},
	/* clang-format on */
};

struct parser {
	const struct command_info *command;
	char letters[3 + 2 * ARRAY_SIZE(rows)];
	struct option longs[ARRAY_SIZE(rows) + 1];
	struct config *config;
	char *error;
	size_t error_size;
};

static int key_of(size_t row)
{
	return rows[row].letter ? rows[row].letter : (int)(LONG_ONLY + row);
}

static const struct option_row *find_row(const struct parser *parser, int key)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (key_of(i) == key && rows[i].commands & parser->command->bit)
			return &rows[i];
	}
	return NULL;
}

/* '+': the first operand ends the options; ':': a missing value is told apart. */
static void build_getopt(struct parser *parser)
{
	size_t letters = 0, longs = 0;

	parser->letters[letters++] = '+';
	parser->letters[letters++] = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct option_row *row = &rows[i];

		if (!(row->commands & parser->command->bit))
			continue;
		if (row->letter) {
			parser->letters[letters++] = row->letter;
			if (row->metavar && !row->is_optional)
				parser->letters[letters++] = ':';
		}
		if (row->name) {
			parser->longs[longs++] = (struct option){
				.name = row->name,
				.has_arg = !row->metavar      ? no_argument
					   : row->is_optional ? optional_argument
							      : required_argument,
				.val = key_of(i),
			};
		}
	}
}

static int fail(const struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);

static int fail(const struct parser *parser, const char *format, ...)
{
	struct strbuf safe = {.data = NULL};
	char text[OPTIONS_ERROR_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	strbuf_escape(&safe, text, sizeof(text));
	snprintf(parser->error, parser->error_size, "%s", safe.data ? safe.data : "out of memory");
	strbuf_free(&safe);
	return -EINVAL;
}

/* As it was typed: "-P" or "--port". */
static const char *spelling(const struct option_row *row, bool is_long, char buf[64])
{
	if (is_long)
		snprintf(buf, 64, "--%s", row->name);
	else
		snprintf(buf, 64, "-%c", row->letter);
	return buf;
}

static int apply(const struct parser *parser, const struct option_row *row, const char *value, bool is_long)
{
	char name[64];

	if (row->type->parse(value, row->constant, (char *)parser->config + row->offset))
		return 0;
	return fail(parser, "%s: '%.80s' is not %s", spelling(row, is_long, name), value, row->type->expects);
}

/* getopt_long() returned '?' or ':' for the word at typed. */
static int explain_mistake(const struct parser *parser, int key, const char *typed)
{
	const struct option_row *row = find_row(parser, optopt);
	bool is_long = !strncmp(typed, "--", 2);
	char name[64];

	if (row && key == ':')
		return fail(parser, "%s needs a value: %s", spelling(row, is_long, name), row->type->expects);
	if (row && is_long)
		return fail(parser, "%s takes no value", spelling(row, is_long, name));
	if (is_long)
		return fail(parser, "'%.80s' is not an option, or is short for several", typed);
	return fail(parser, "'-%c' is not an option", optopt);
}

static int take_operand(const struct parser *parser, const char *word, size_t taken)
{
	const struct operand *operand = &parser->command->operand;
	const char *hint = operand->hint, *separator = hint ? "; " : "";

	if (taken >= operand->most)
		return fail(parser, "'%.80s': %s%s%s", word, operand->one, separator, hint ? hint : "");
	if (operand->type->parse(word, 0, (char *)parser->config + operand->offset))
		return 0;
	return fail(parser, "'%.80s' is not %s%s%s", word, operand->type->expects, separator,
		    hint ? hint : "");
}

static int check_taken(const struct parser *parser, size_t taken)
{
	const struct operand *operand = &parser->command->operand;

	return taken >= operand->least ? 0 : fail(parser, "%s is missing (--help says more)", operand->name);
}

/* Behind `--`: the program to run, or operands that look like options. */
static int take_rest(const struct parser *parser, int count, char **words, size_t taken)
{
	int error = 0;

	if (parser->command->runs_program) {
		parser->config->command = words;
		return count ? 0 : fail(parser, "-- needs a COMMAND behind it");
	}
	for (int i = 0; i < count && !error; i++)
		error = take_operand(parser, words[i], taken++);
	return error ? error : check_taken(parser, taken);
}

/* Until `--`, the end, --help or a mistake. */
static int parse_words(struct parser *parser, int argc, char **argv)
{
	size_t taken = 0;

	optind = 0; /* glibc and musl: forget an earlier parse */
	opterr = 0;
	for (;;) {
		int before = optind ? optind : 1, long_index = -1;
		int key = getopt_long(argc, argv, parser->letters, parser->longs, &long_index);
		int error = 0;

		if (key == -1 && optind > before) /* it took `--` */
			return take_rest(parser, argc - optind, argv + optind, taken);
		if (key == -1 && optind == argc)
			return check_taken(parser, taken);

		if (key == -1)
			error = take_operand(parser, argv[optind++], taken++);
		else if (key == '?' || key == ':')
			error = explain_mistake(parser, key, argv[before]);
		else
			error = apply(parser, find_row(parser, key), optarg, long_index >= 0);
		if (error || parser->config->help || parser->config->version)
			return error;
	}
}

static int check_conflicts(const struct parser *parser)
{
	const struct config *config = parser->config;

	if (config->json && config->command && !config->output)
		return fail(parser, "-j with a COMMAND requires -o FILE: standard output is the command's");
	if (config->json > JSON_PLAIN &&
	    !(parser->command->bit & (COMMAND_TRACE | COMMAND_REPLAY | COMMAND_HISTORY)))
		return fail(parser, "-j: only the trace, replay and history have another format than plain");
	if (config->unit && config->cgroup)
		return fail(parser, "--unit and -c both name a cgroup: give one of them");
	if (config->run_as.name && !config->command)
		return fail(parser, "--run-as requires a COMMAND (behind --)");
	return 0;
}

int options_parse(const struct command_info *command, int argc, char **argv, struct config *config,
		  char *error, size_t error_size)
{
	struct parser parser = {
		.command = command,
		.config = config,
		.error = error,
		.error_size = error_size,
	};

	*config = (struct config){
		.user.uid = UID_NONE,
		.run_as.uid = UID_NONE,
		.as.uid = UID_NONE,
	};
	build_getopt(&parser);

	int result = parse_words(&parser, argc, argv);

	if (result || config->help || config->version)
		return result;
	return check_conflicts(&parser);
}

bool options_color(enum color_mode mode, FILE *out)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (mode != COLOR_AUTO)
		return mode == COLOR_ALWAYS;
	if ((no_color && no_color[0]) || !term || !strcmp(term, "dumb"))
		return false;
	return isatty(fileno(out));
}

static void help_row(struct strbuf *out, const struct option_row *row)
{
	size_t start = out->length;

	if (row->letter)
		strbuf_printf(out, "  -%c%s", row->letter, row->name ? ", " : "");
	else
		strbuf_puts(out, "      ");
	if (row->name)
		strbuf_printf(out, "--%s", row->name);
	if (row->metavar && row->is_optional)
		strbuf_printf(out, "[=%s]", row->metavar);
	else if (row->metavar)
		strbuf_printf(out, "%s%s", row->letter ? " " : "=", row->metavar);
	strbuf_pad(out, start, 25);
	strbuf_printf(out, " %s\n", row->help);
}

void options_help(struct strbuf *out, const struct command_info *command,
		  const struct command_info *const others[])
{
	strbuf_puts(out, command->help_head);
	if (others && *others)
		strbuf_puts(out, "\nOther commands (reusetrace COMMAND --help says more):\n");
	for (; others && *others; others++)
		strbuf_printf(out, "  reusetrace %s\n", (*others)->summary);
	for (size_t section = 0; section < SECTION_MAX; section++) {
		bool has_title = false;

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			if (rows[i].section != section || !(rows[i].commands & command->bit) || !rows[i].help)
				continue;
			if (!has_title)
				strbuf_printf(out, "\n%s:\n", section_titles[section]);
			has_title = true;
			help_row(out, &rows[i]);
		}
	}
	strbuf_puts(out, command->help_tail);
}

bool options_row(size_t index, struct option_info *ret_info)
{
	for (size_t section = 0; section < SECTION_MAX; section++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			const struct option_row *row = &rows[i];

			if (!row->commands || row->section != section || index--)
				continue;
			*ret_info = (struct option_info){
				.letter = row->letter,
				.name = row->name,
				.metavar = row->metavar,
				.is_optional = row->is_optional,
				.type = row->type,
				.commands = row->commands,
				.section = section_titles[section],
				.help = row->help,
			};
			return true;
		}
	}
	return false;
}
