/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace why [OPTIONS] ADDRESS on Windows: who has it now, and what a bind would get, without binding. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/output.h"
#include "cli/target.h"
#include "etw/netsh.h"
#include "model/event_names.h"
#include "rules/winsock.h"
#include "view/list_view.h"
#include "view/why_view.h"
#include "windows/listing.h"
#include "windows/system.h"

#define FAMILIES   2
#define NETSH_MOST (1U << 18)

/* What a socket can set before bind(). */
enum { PLAIN, REUSE, EXCLUSIVE, KINDS };

struct why {
	const struct config *config;
	struct target target;
	struct listing listing;
	struct sock_info binders[FAMILIES]; /* 0.0.0.0 and [::] for a bare port */
	size_t binder_count;
	struct windows_facts facts[FAMILIES];
	struct event answers[FAMILIES][KINDS];
	FILE *out;
	struct view *view; /* JSON */
};

static int given_kind(const struct config *config)
{
	return config->exclusive ? EXCLUSIVE : config->reuseaddr ? REUSE : PLAIN;
}

static void add_binder(struct why *why, enum family family)
{
	struct sock_info *binder = &why->binders[why->binder_count++];

	*binder = why->target.sock;
	binder->family = family;
	if (why->target.any_address)
		binder->address = (struct address){.family = family};
	binder->uid = process_uid(GetCurrentProcessId());
	binder->state = STATE_BOUND;
	binder->winsock = true;
	binder->options.v6only = family == FAMILY_IPV6; /* Windows' default */
}

static int prepare(struct why *why)
{
	const struct config *config = why->config;
	char error[SOCKET_ERROR_LEN];

	if (target_parse(config->address, &why->target, error))
		return complain_usage("why", config->address, error);
	if (config->exclusive && config->reuseaddr) {
		complain("why: --reuseaddr and --exclusive: the second setsockopt() fails with WSAEINVAL");
		return EXIT_USAGE;
	}
	add_binder(why, why->target.any_address ? FAMILY_IPV4 : why->target.sock.address.family);
	if (why->target.any_address)
		add_binder(why, FAMILY_IPV6);
	why->out = config->output ? fopen(config->output, "we") : stdout;
	return why->out ? EXIT_OK : complain_errno(config->output, -errno);
}

/* ---- excluded ranges: only netsh lists them */

struct asking {
	uint16_t port;
	struct windows_facts *facts;
};

static int note_range(void *context, const struct netsh_range *range)
{
	const struct asking *asking = context;

	if (asking->port < range->first || asking->port > range->last)
		return 0;
	asking->facts->reserved = true;
	asking->facts->reserved_by_admin = range->by_admin;
	asking->facts->reserved_lo = range->first;
	asking->facts->reserved_hi = range->last;
	asking->facts->reservation = FROM_QUERIED;
	return 1;
}

static void ask_netsh(const struct sock_info *binder, struct windows_facts *facts)
{
	struct asking asking = {.port = binder->port, .facts = facts};
	char directory[MAX_PATH], command[MAX_PATH + 96];
	char *text = malloc(NETSH_MOST);
	FILE *netsh = NULL;

	if (text && GetSystemDirectoryA(directory, sizeof(directory))) {
		snprintf(command, sizeof(command),
			 "%s\\netsh.exe int %s show excludedportrange protocol=%s 2>NUL", directory,
			 binder->family == FAMILY_IPV6 ? "ipv6" : "ipv4", protocol_name(binder->protocol));
		netsh = _popen(command, "rb");
	}
	if (netsh) {
		(void)netsh_ranges(text, fread(text, 1, NETSH_MOST, netsh), note_range, &asking);
		_pclose(netsh);
	}
	free(text);
}

/* ---- answers */

static int judge_one(struct why *why, size_t family, int kind)
{
	struct event *event = &why->answers[family][kind];
	const struct listing *listing = &why->listing;

	*event = (struct event){
		.type = EVENT_WHY,
		.time_ns = listing->time_ns,
		.process = {.uid = UID_NONE},
		.sock = why->binders[family],
		.requested = why->binders[family].address,
		.requested_port = why->binders[family].port,
		.fd = -1,
		.explicit_port = true,
		.asked = true,
		.listening = why->config->listen,
		.windows = why->facts[family],
		.given = kind == given_kind(why->config),
		.holders = calloc(listing->count + 1, sizeof(*event->holders)),
	};
	if (!event->holders)
		return -ENOMEM;
	event->windows.present = true;
	event->windows.result = FROM_INFERRED;
	event->sock.options.reuseaddr = kind == REUSE;
	event->sock.winsock_options.exclusive = kind == EXCLUSIVE;
	for (size_t i = 0; i < listing->count; i++)
		if (listing->holders[i].sock.port == event->sock.port &&
		    listing->holders[i].sock.protocol == event->sock.protocol)
			event->holders[event->holder_count++] = listing->holders[i];
	event->holders_total = (uint32_t)event->holder_count;
	predict_winsock(event);
	return 0;
}

static int judge_all(struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < why->binder_count; i++) {
		ask_netsh(&why->binders[i], &why->facts[i]);
		for (int kind = 0; kind < KINDS && !err; kind++)
			err = judge_one(why, i, kind);
	}
	return err;
}

/* The owners are the listing's. */
static void forget(struct why *why)
{
	for (size_t i = 0; i < why->binder_count; i++)
		for (int kind = 0; kind < KINDS; kind++)
			free(why->answers[i][kind].holders);
}

/* [::] is told where it answers otherwise than 0.0.0.0. */
static bool is_told(const struct why *why, size_t family)
{
	return !family || answers_differ(why->answers[0], why->answers[family], KINDS);
}

static int show_json(struct why *why)
{
	const struct view_config config = {.policy = NULL};
	uint64_t seq = 0;
	int err = 0;

	why->view = json_view_new(why->out, &config);
	if (!why->view)
		return -ENOMEM;
	for (size_t i = 0; i < why->binder_count && is_told(why, i); i++) {
		for (int kind = 0; kind < KINDS && !err; kind++) {
			why->answers[i][kind].seq = ++seq;
			err = why->view->ops->event(why->view, &why->answers[i][kind]);
		}
	}
	return err;
}

static int show_text(struct why *why)
{
	bool color = options_color(why->config->color, why->out);
	const struct event *first = &why->answers[0][PLAIN];
	struct strbuf text = {0};
	int err;

	if (first->holder_count && !why->config->no_header)
		list_head(&text);
	for (size_t i = 0; i < first->holder_count; i++)
		list_row(&text, &first->holders[i]);
	strbuf_puts(&text, first->holder_count ? "\n" : "");
	if (!why->config->no_header)
		why_head(&text);
	for (size_t i = 0; i < why->binder_count && is_told(why, i); i++)
		for (int kind = 0; kind < KINDS; kind++)
			why_row(&text, &why->answers[i][kind], color);
	err = strbuf_write(&text, why->out);
	strbuf_free(&text);
	return err;
}

static int answer(struct why *why)
{
	int err = listing_read(&why->listing);

	if (err)
		return err;
	listing_tell_limits(&why->listing, "why");
	err = judge_all(why);
	if (err)
		return err;
	return why->config->json ? show_json(why) : show_text(why);
}

static int why_run(const struct config *config)
{
	static struct why why;
	const struct event *given = &why.answers[0][given_kind(config)];
	int status, err = 0;

	why = (struct why){.config = config};
	status = prepare(&why);
	if (!status)
		err = answer(&why);
	if (!status && !err)
		status = given->undecided ? EXIT_NOT_PERMITTED : given->result < 0 ? EXIT_REJECTED : EXIT_OK;
	forget(&why);
	view_free(why.view);
	listing_free(&why.listing);
	return ended_with("why", status, output_close(config, why.out, err));
}

const struct command_info why_command = {
	.bit = COMMAND_WHY,
	.name = "why",
	.summary = "why [OPTIONS] ADDRESS         who has it, and what a bind would get",
	.help_head = "Usage: reusetrace why [OPTIONS] ADDRESS\n"
		     "\n"
		     "Say who has an address and port, and what a bind by this user would get: without\n"
		     "options, with SO_REUSEADDR and with SO_EXCLUSIVEADDRUSE.  Nothing is bound.  The\n"
		     "tables of Windows know no options: where the holder's decide, the answer is `-`.\n"
		     "\n"
		     "ADDRESS  8080, 127.0.0.1:8080, [::1]:8080, with /tcp (the default) or /udp\n",
	.help_tail = "\n"
		     "Exit status: 0 it would pass, 10 it would be refused, 3 the holder's options decide,\n"
		     "1 error, 2 usage.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .least = 1,
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = why_run,
};
