/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace ls [OPTIONS] [ADDRESS]: every bound socket of the machine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/event_filter.h"
#include "cli/limits.h"
#include "cli/list_order.h"
#include "cli/output.h"
#include "cli/target.h"
#include "linux/binder.h"
#include "linux/clock.h"
#include "linux/listing.h"
#include "linux/process.h"
#include "model/event_names.h"
#include "view/list_view.h"

#define FLUSH_LEN 65536
#define LISTED	  (1U << PROTO_TCP | 1U << PROTO_UDP | 1U << PROTO_MPTCP)

struct ls {
	struct config config; /* the netns as its inode */
	char netns[16];
	struct target target;
	struct event_filter *filter;
	bool by_process; /* some filter is about processes */
	struct listing *listing;
	FILE *out;
	struct view *view; /* JSON */
	struct strbuf text;
	struct event event; /* of the row that is shown */
	uint64_t seq;
};

static int add_tree(void *context, uint32_t pid)
{
	event_filter_add(context, pid);
	return 0;
}

static int prepare_filter(struct ls *ls)
{
	struct config *config = &ls->config;
	char error[OPTIONS_ERROR_LEN];
	uint32_t inode;
	int err;

	if (config->netns) {
		if (netns_inode(config->netns, &inode))
			return complain_usage("ls: -N", config->netns,
					      "no network namespace (a name, pid, path or inode)");
		snprintf(ls->netns, sizeof(ls->netns), "%u", inode);
		config->netns = ls->netns;
	}
	err = event_filter_new(config, &ls->filter, error, sizeof(error));
	if (err) {
		fprintf(stderr, "reusetrace: ls: %s\n", err == -EINVAL ? error : strerror(-err));
		return err == -EINVAL ? EXIT_USAGE : EXIT_RUNTIME;
	}
	for (size_t i = 0; i < config->pids.count; i++)
		(void)process_descendants(config->pids.pids[i], add_tree, ls->filter);
	ls->by_process =
		config->pids.count || config->comm[0] || config->user.name || config->cgroup || config->unit;
	return EXIT_OK;
}

static int prepare(struct ls *ls)
{
	const struct config *config = &ls->config;
	struct view_config view = {.policy = NULL};
	char error[SOCKET_ERROR_LEN];
	int status;

	/* Its names and its own table of UDP, if it has one; all the rest is seen from anywhere. */
	if (config->netns)
		(void)netns_enter(config->netns);
	if (config->address && target_parse(config->address, &ls->target, error))
		return complain_usage("ls", config->address, error);
	if (config->protocols && !(config->protocols & LISTED))
		return complain_usage("ls: --proto", protocol_name(__builtin_ctz(config->protocols)),
				      "not listed: tcp, udp and mptcp are");
	if (device_find(&ls->target.sock))
		return complain_usage("ls", ls->target.sock.device, "no device of this network namespace");
	status = prepare_filter(ls);
	if (status)
		return status;
	ls->out = config->output ? fopen(config->output, "we") : stdout;
	if (!ls->out)
		return complain_usage("ls: -o", config->output, strerror(errno));
	ls->event = (struct event){
		.type = EVENT_HOLDER, .time_ns = boot_ns(), .holder_count = 1, .holders_total = 1};
	if (config->json) {
		view.clock.boot_to_real_ns = boot_to_real_ns();
		ls->view = json_view_new(ls->out, &view);
		if (!ls->view)
			return EXIT_RUNTIME;
	}
	return EXIT_OK;
}

/* Some process that has it passes the filters; one that no process has passes those of sockets. */
static bool is_wanted(struct ls *ls, const struct holder *holder, struct event *event)
{
	if (ls->config.unconnected && holder->sock.peer.family != FAMILY_NONE)
		return false;
	if (ls->config.address && !target_has(&ls->target, &holder->sock))
		return false;
	if (!holder->owner_count)
		return !ls->by_process && event_wanted(ls->filter, event);
	for (size_t i = 0; i < holder->owner_count; i++) {
		if (i && holder->owners[i].pid == event->process.pid)
			continue;
		event->fd = holder->owners[i].fd;
		if (ls->by_process || ls->config.json)
			listing_process(ls->listing, &holder->owners[i], &event->process);
		if (event_wanted(ls->filter, event))
			return true;
		if (!ls->by_process)
			return false;
	}
	return false;
}

static int flush(struct ls *ls, size_t least)
{
	return ls->text.length > least ? strbuf_write(&ls->text, ls->out) : 0;
}

static int show_holder(struct ls *ls, size_t index, struct holder *holder)
{
	struct event *event = &ls->event;

	event->fd = -1;
	if (event->process.pid)
		event->process = (struct proc_info){.pid = 0};
	event->holders = holder;
	event->sock = holder->sock;
	event->sock.id = holder->sock.id = index + 1;
	if (!is_wanted(ls, holder, event))
		return 0;
	event->seq = ++ls->seq;
	if (ls->view)
		return ls->view->ops->event(ls->view, event);
	list_row(&ls->text, holder);
	return flush(ls, FLUSH_LEN);
}

static int show_row(struct ls *ls, size_t index, size_t row)
{
	struct holder holder = {.kind = KIND_UNKNOWN};
	int err = listing_holder(ls->listing, row, &holder);

	if (!err)
		err = show_holder(ls, index, &holder);
	holder_clear(&holder);
	return err;
}

static void tell_limits(const struct ls *ls)
{
	for (enum protocol protocol = PROTO_NONE; 1U << protocol <= ls->config.protocols; protocol++)
		if (ls->config.protocols & ~LISTED & 1U << protocol)
			fprintf(stderr, "reusetrace: ls: %s sockets are not listed\n",
				protocol_name(protocol));
	limits_tell("ls", ls->listing, 1U << PROTO_TCP | 1U << PROTO_UDP);
}

static struct list_key *sorted(const struct ls *ls)
{
	size_t count = listing_count(ls->listing);
	struct list_key *keys = calloc(count + 1, sizeof(*keys));

	for (size_t row = 0; keys && row < count; row++) {
		const struct rt_sock *sock = &listing_row(ls->listing, row)->sock;

		keys[row] = (struct list_key){
			.row = row,
			.netns = sock->netns,
			.protocol = sock->protocol,
			.family = sock->family,
			.state = sock->state,
			.uid = sock->uid,
			.port = sock->port,
		};
		memcpy(keys[row].address, sock->addr, sizeof(keys[row].address));
	}
	if (keys)
		list_sort(keys, count, ls->config.sort);
	return keys;
}

static int show_all(struct ls *ls)
{
	struct list_key *keys = sorted(ls);
	int err = keys ? 0 : -ENOMEM;

	if (!ls->view && !ls->config.no_header)
		list_head(&ls->text);
	for (size_t i = 0; i < listing_count(ls->listing) && !err; i++)
		err = show_row(ls, i, keys[i].row);
	free(keys);
	return err ? err : flush(ls, 0);
}

static int show(struct ls *ls)
{
	const struct listing_options options = {.port = ls->config.address ? ls->target.sock.port : 0,
						.show_log = ls->config.verbose > 1,
						.exe = ls->config.json};
	int err = listing_new(&options, &ls->listing);

	if (!err)
		err = listing_read(ls->listing);
	if (err)
		return err;
	tell_limits(ls);
	return show_all(ls);
}

static int ls_run(const struct config *config)
{
	struct ls ls = {.config = *config};
	int status = prepare(&ls), err = 0;

	if (!status)
		err = show(&ls);
	view_free(ls.view);
	strbuf_free(&ls.text);
	event_filter_free(ls.filter);
	listing_free(ls.listing);
	err = output_close(config, ls.out, err);
	return ended_with("ls", status, err);
}

const struct command_info ls_command = {
	.bit = COMMAND_LS,
	.name = "ls",
	.summary = "ls [ADDRESS]                  every bound socket: flags, state, owners",
	.help_head = "Usage: reusetrace ls [OPTIONS] [ADDRESS]\n"
		     "\n"
		     "List every socket that has a port, of all network namespaces: with its reuse flags,\n"
		     "state and group, who has it and where that runs.  Nothing is bound or attached.\n"
		     "\n"
		     "ADDRESS  8080, 127.0.0.1:8080, [::1]:8080, [fe80::1]:8080%eth0, with /tcp or /udp\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace ls -l               what listens or is bound, without connections\n"
		     "  reusetrace ls 8080             everything on one port, TIME_WAIT included\n"
		     "  reusetrace ls -j --unit nginx.service\n",
	.help_tail = "\n"
		     "FLAGS: F freebind, T transparent, N bind_address_no_port, R SO_REUSEADDR,\n"
		     "       r SO_REUSEPORT, 6 IPV6_V6ONLY, D bound to a device, ! forced reuse; - unknown\n"
		     "GROUP: how many sockets are in its SO_REUSEPORT group\n"
		     "\n"
		     "Exit status: 0 listed, 1 error, 2 usage, 3 not permitted.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = ls_run,
};
