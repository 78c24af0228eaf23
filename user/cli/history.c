// SPDX-License-Identifier: GPL-2.0-or-later
/* reusetrace history [ADDRESS]: what the recorder saw. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/past.h"
#include "recorder/recorder.h"

static int prepare(const struct config *config, struct target *target, struct past **ret_past)
{
	struct past_request request = {.config = config,
				       .path = config->database ? config->database : RECORDER_PATH};
	char error[PAST_ERROR_LEN];
	int err;

	if (config->address) {
		if (target_parse(config->address, target, error))
			return complain_usage("history", config->address, error);
		request.target = target;
	}
	err = past_open(&request, ret_past, error);
	if (!err)
		return EXIT_OK;
	complain(error);
	return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
}

static int show(const struct config *config, struct past *past, FILE *out)
{
	char error[PAST_ERROR_LEN];
	uint64_t events = 0;
	int err = past_show(past, out, &events, error);

	if (err == -EPIPE)
		return EXIT_OK;
	if (err)
		return complain(error);
	if (!events && !config->json)
		fprintf(stderr, "reusetrace: nothing of that is recorded in %s\n",
			config->database ? config->database : RECORDER_PATH);
	return EXIT_OK;
}

static int history_run(const struct config *config)
{
	struct target target;
	struct past *past = NULL;
	FILE *out = stdout;
	int status;

	signal(SIGPIPE, SIG_IGN);
	status = prepare(config, &target, &past);
	if (status)
		return status;
	if (config->output)
		out = fopen(config->output, "we");
	status = out ? show(config, past, out) : complain_errno(config->output, -errno);
	past_free(past);
	if (config->output && out && fclose(out) && !status)
		status = complain_errno(config->output, -errno);
	return status;
}

const struct command_info history_command = {
	.bit = COMMAND_HISTORY,
	.name = "history",
	.summary = "history [OPTIONS] [ADDRESS]   what the recorder saw of a port",
	.help_head = "Usage: reusetrace history [OPTIONS] [ADDRESS]\n"
		     "\n"
		     "Show what the flight recorder (reusetrace record) saw: who had the port, when it was\n"
		     "released, who was refused and why.  It may run meanwhile.\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace history 8080                      all of port 8080\n"
		     "  reusetrace history --since 1h -x             what was refused in the last hour\n"
		     "  reusetrace history 127.0.0.1:53/udp -j       as JSON\n",
	.help_tail = "\n"
		     "The file is an SQLite database with views for common questions, such as\n"
		     "  sqlite3 " RECORDER_PATH " 'SELECT * FROM refusal'\n"
		     "\n"
		     "Exit status: 0 ok, 1 error, 2 usage.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = history_run,
};
