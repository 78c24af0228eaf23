/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace ls [OPTIONS] [ADDRESS] on Windows: every bound socket, from the IP helper tables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/event_filter.h"
#include "cli/list_order.h"
#include "cli/output.h"
#include "cli/target.h"
#include "view/list_view.h"
#include "windows/listing.h"

struct ls {
	const struct config *config;
	struct target target;
	struct event_filter *filter;
	struct listing listing;
	FILE *out;
	struct view *view; /* JSON */
	struct strbuf text;
	uint64_t seq;
};

static int prepare(struct ls *ls)
{
	const struct config *config = ls->config;
	const struct view_config view = {.policy = NULL};
	char error[OPTIONS_ERROR_LEN] = "out of memory";
	int err;

	if (config->address && target_parse(config->address, &ls->target, error))
		return complain_usage("ls", config->address, error);
	err = event_filter_new(config, &ls->filter, error, sizeof(error));
	if (err) {
		complain(error);
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	ls->out = config->output ? fopen(config->output, "we") : stdout;
	if (!ls->out)
		return complain_errno(config->output, -errno);
	if (config->json)
		ls->view = json_view_new(ls->out, &view);
	return !config->json || ls->view ? EXIT_OK : complain_errno("output", -ENOMEM);
}

static int show_row(struct ls *ls, struct holder *holder, size_t index)
{
	struct event event = {
		.type = EVENT_HOLDER,
		.fd = -1,
		.time_ns = ls->listing.time_ns,
		.sock = holder->sock,
		.windows.present = true,
		.holders = holder,
		.holder_count = 1,
		.holders_total = 1,
	};

	listing_process(holder, &event.process);
	event.sock.id = holder->sock.id = index + 1;
	if (!event_wanted(ls->filter, &event))
		return 0;
	event.seq = ++ls->seq;
	if (ls->view)
		return ls->view->ops->event(ls->view, &event);
	list_row(&ls->text, holder);
	return 0;
}

static struct list_key *sorted(const struct ls *ls)
{
	struct list_key *keys = calloc(ls->listing.count + 1, sizeof(*keys));

	for (size_t row = 0; keys && row < ls->listing.count; row++) {
		const struct sock_info *sock = &ls->listing.holders[row].sock;

		keys[row] = (struct list_key){
			.row = row,
			.protocol = sock->protocol,
			.family = sock->family,
			.state = sock->state,
			.uid = sock->uid,
			.port = sock->port,
		};
		memcpy(keys[row].address, sock->address.bytes, sizeof(keys[row].address));
	}
	if (keys)
		list_sort(keys, ls->listing.count, ls->config->sort);
	return keys;
}

static int show_all(struct ls *ls)
{
	const struct config *config = ls->config;
	struct list_key *keys = sorted(ls);
	int err = keys ? 0 : -ENOMEM;

	if (!ls->view && !config->no_header)
		list_head(&ls->text);
	for (size_t i = 0; i < ls->listing.count && !err; i++) {
		struct holder *holder = &ls->listing.holders[keys[i].row];

		if (config->unconnected && holder->sock.peer.family != FAMILY_NONE)
			continue;
		if (!config->address || target_has(&ls->target, &holder->sock))
			err = show_row(ls, holder, i);
	}
	free(keys);
	return err ? err : strbuf_write(&ls->text, ls->out);
}

static int show(struct ls *ls)
{
	int err = listing_read(&ls->listing);

	if (err)
		return err;
	listing_tell_limits(&ls->listing, "ls");
	return show_all(ls);
}

static int ls_run(const struct config *config)
{
	struct ls ls = {.config = config};
	int status = prepare(&ls), err = 0;

	if (!status)
		err = show(&ls);
	view_free(ls.view);
	strbuf_free(&ls.text);
	event_filter_free(ls.filter);
	listing_free(&ls.listing);
	return ended_with("ls", status, output_close(config, ls.out, err));
}

const struct command_info ls_command = {
	.bit = COMMAND_LS,
	.name = "ls",
	.summary = "ls [ADDRESS]                  every bound socket: state and owner",
	.help_head = "Usage: reusetrace ls [OPTIONS] [ADDRESS]\n"
		     "\n"
		     "List every socket that has a port, its state and who has it.  The tables of Windows\n"
		     "know no options: FLAGS are `-`; a live trace sees them as they are set.\n"
		     "\n"
		     "ADDRESS  8080, 127.0.0.1:8080, [::1]:8080, with /tcp or /udp\n",
	.help_tail = "\n"
		     "Exit status: 0 listed, 1 error, 2 usage.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = ls_run,
};
