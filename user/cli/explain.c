/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace explain [--os LIST] [--matrix] SOCKET SOCKET...: no privilege, no socket, only rules. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/output.h"
#include "cli/socket_words.h"
#include "view/explain_view.h"

#define ADVICE_MAX 3
#define NSEC	   1000000000LL

struct explain {
	const struct config *config;
	struct claim claims[EXPLAIN_MAX];
	size_t count;
	unsigned int systems; /* 1 << enum system_id */
	FILE *out;
	struct clock_base clock;
	uint64_t seq;
};

static int usage_error(const char *what, const char *value)
{
	struct strbuf line = {0};

	strbuf_puts(&line, "reusetrace: explain: ");
	if (value) {
		strbuf_puts(&line, "'");
		strbuf_escape(&line, value, strnlen(value, SOCKET_WORDS_MAX));
		strbuf_puts(&line, "': ");
	}
	strbuf_escape(&line, what, strlen(what));
	strbuf_puts(&line, " (--help says more)\n");
	(void)strbuf_write(&line, stderr);
	strbuf_free(&line);
	return EXIT_USAGE;
}

static int read_sockets(struct explain *explain)
{
	const struct config *config = explain->config;
	char error[SOCKET_ERROR_LEN];

	for (size_t i = 0; i < config->sockets.count; i++)
		if (socket_words_parse(config->sockets.texts[i], &explain->claims[i], error))
			return usage_error(error, config->sockets.texts[i]);
	explain->count = config->sockets.count;
	if (!config->matrix && explain->count < 2)
		return usage_error("two SOCKETs or more are needed", NULL);
	if (config->matrix && explain->count && explain->count != 2)
		return usage_error("--matrix takes two SOCKETs or none", NULL);
	if (config->matrix && !config->systems)
		return usage_error("--matrix needs --os, one system or some", NULL);
	return EXIT_OK;
}

static int flush(struct explain *explain, struct strbuf *text)
{
	return strbuf_write(text, explain->out);
}

static int show_json(struct explain *explain, enum system_id system, const struct explanation *judged)
{
	struct strbuf line = {0};
	int error = 0;

	for (size_t i = 0; i < explain->count && !error; i++) {
		struct json_writer writer;

		if (!judged[i].attempted)
			continue;
		jw_init(&writer, &line);
		error = explain_json(&writer, system, explain->claims, judged, i, ++explain->seq,
				     &explain->clock);
		if (!error)
			error = flush(explain, &line);
	}
	strbuf_free(&line);
	return error;
}

static int show_text(struct explain *explain, const explanations all[SYSTEM_MAX])
{
	const struct config *config = explain->config;
	bool color = options_color(config->color, explain->out);
	struct strbuf text = {0};
	int error;

	if (!config->no_header)
		explain_text_head(&text, explain->claims, explain->count);
	for (int system = 0; system < SYSTEM_MAX; system++)
		if (explain->systems & 1u << system)
			explain_text(&text, (enum system_id)system, explain->claims, explain->count, all,
				     explain->systems, color);
	error = flush(explain, &text);
	strbuf_free(&text);
	return error;
}

static int show_advice(struct explain *explain)
{
	const char *sentences[ADVICE_MAX];
	size_t count = explain_advice(explain->claims, explain->count, sentences, ADVICE_MAX);
	struct strbuf text = {0};
	struct json_writer writer;
	int error = 0;

	if (explain->config->json) {
		jw_init(&writer, &text);
		error = explain_json_advice(&writer, sentences, count, ++explain->seq, &explain->clock);
	} else {
		explain_text_advice(&text, sentences, count);
	}
	if (!error)
		error = flush(explain, &text);
	strbuf_free(&text);
	return error;
}

static int show_sockets(struct explain *explain)
{
	explanations all[SYSTEM_MAX];
	int error = 0;

	for (int system = 0; system < SYSTEM_MAX; system++)
		rules_explain((enum system_id)system, explain->claims, explain->count, all[system]);
	if (!explain->config->json)
		error = show_text(explain, all);
	for (int system = 0; system < SYSTEM_MAX && explain->config->json && !error; system++)
		if (explain->systems & 1u << system)
			error = show_json(explain, (enum system_id)system, all[system]);
	return error ? error : show_advice(explain);
}

static int show_matrix_json(struct explain *explain, const struct matrix *matrix)
{
	struct strbuf line = {0};
	int error = 0;

	for (size_t i = 0; i < matrix->count * matrix->count && !error; i++) {
		struct json_writer writer;

		jw_init(&writer, &line);
		error = matrix_json(&writer, matrix, i / matrix->count, i % matrix->count, ++explain->seq,
				    &explain->clock);
		if (!error)
			error = flush(explain, &line);
	}
	strbuf_free(&line);
	return error;
}

static int show_matrices(struct explain *explain)
{
	char unused[SOCKET_ERROR_LEN];
	struct strbuf text = {0};
	bool is_first = true;
	int error = 0;

	if (!explain->count) {
		socket_words_parse("tcp 8080 listen", &explain->claims[0], unused);
		explain->claims[1] = explain->claims[0];
	}
	for (int system = 0; system < SYSTEM_MAX && !error; system++) {
		struct matrix matrix;

		if (!(explain->systems & 1u << system))
			continue;
		matrix_init(&matrix, (enum system_id)system, &explain->claims[0], &explain->claims[1]);
		if (explain->config->json) {
			error = show_matrix_json(explain, &matrix);
			continue;
		}
		strbuf_puts(&text, is_first ? "" : "\n");
		matrix_text(&text, &matrix);
		error = flush(explain, &text);
		is_first = false;
	}
	strbuf_free(&text);
	return error;
}

static int open_output(struct explain *explain)
{
	const char *file = explain->config->output;

	explain->out = stdout;
	if (!file)
		return EXIT_OK;
	explain->out = fopen(file, "we");
	return explain->out ? EXIT_OK : complain_usage("explain: -o", file, strerror(errno));
}

static int explain_run(const struct config *config)
{
	struct explain explain = {.config = config, .systems = config->systems};
	struct timespec now;
	int error, status = read_sockets(&explain);

	if (!status)
		status = open_output(&explain);
	if (status)
		return status;
	if (!explain.systems) /* all that somebody may run today */
		explain.systems = ((1u << SYSTEM_MAX) - 1) & ~(1u << SYSTEM_WINDOWS_XP);
	clock_gettime(CLOCK_REALTIME, &now);
	explain.clock.boot_to_real_ns = now.tv_sec * NSEC + now.tv_nsec;

	error = (config->matrix ? show_matrices : show_sockets)(&explain);
	return ended_with("explain", EXIT_OK, output_close(config, explain.out, error));
}

const struct command_info explain_command = {
	.bit = COMMAND_EXPLAIN,
	.name = "explain",
	.summary = "explain SOCKET SOCKET...       what each operating system would answer",
	.help_head =
		"Usage: reusetrace explain [OPTIONS] SOCKET SOCKET...\n"
		"       reusetrace explain --matrix --os LIST [SOCKET SOCKET]\n"
		"\n"
		"Say what each operating system answers when these sockets bind one after the other,\n"
		"why, who then gets the connections, and where that is written.  Nothing is bound.\n"
		"\n"
		"SOCKET is one word to the shell: [tcp|udp] ADDRESS [WORD]...\n"
		"  ADDRESS  8080, 127.0.0.1:8080, [::1]:8080, [fe80::1]:8080%eth0, 53/udp\n"
		"  options  reuseaddr reuseport exclusive v6only dual device=NAME\n"
		"           exclusive: SO_EXCLUSIVEADDRUSE, SO_EXCLBIND; without v6only or dual\n"
		"           an IPv6 socket is what the system makes it\n"
		"  state    bound (if none is given) listen connected accepted time-wait\n"
		"  more     uid=NUMBER (1000), multicast (a member of a group)\n"
		"\n"
		"Examples:\n"
		"  reusetrace explain '127.0.0.1:80 reuseaddr listen' '127.0.0.1:80 reuseaddr listen'\n"
		"  reusetrace explain --os windows,linux 'tcp 80 listen' 'tcp 127.0.0.1:80 listen uid=0'\n"
		"  reusetrace explain --matrix --os windows\n",
	.help_tail = "\n"
		     "Systems: linux windows windows-xp macos freebsd openbsd netbsd solaris; all but\n"
		     "windows-xp if none is named.\n"
		     "\n"
		     "Exit status: 0 explained, 1 error, 2 usage.\n",
	.operand = {.name = "SOCKET",
		    .type = &type_sockets,
		    .offset = offsetof(struct config, sockets),
		    .most = EXPLAIN_MAX,
		    .one = "eight SOCKETs are enough"},
	.run = explain_run,
};
