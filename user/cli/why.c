/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reusetrace why [OPTIONS] ADDRESS: who has it now, and what a bind would get, without binding. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/complaint.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "cli/past.h"
#include "cli/target.h"
#include "linux/binder.h"
#include "linux/clock.h"
#include "linux/question.h"
#include "model/address.h"
#include "recorder/recorder.h"
#include "view/errno_name.h"
#include "view/list_view.h"
#include "view/why_view.h"

#define AGAIN_MS	  100 /* --wait looks again, first */
#define AGAIN_MAX_MS	  1000
#define CONNECTIONS_SHOWN 5
#define RECORDED	  16 /* events of the port that the recorder saw last */

/* Every combination of the two options. */
enum { FLAG_REUSEADDR = 1, FLAG_REUSEPORT = 2, FLAG_SETS = 4 };

#define FAMILIES 2

struct why {
	const struct config *config;
	struct target target;
	struct sock_info binders[FAMILIES]; /* 0.0.0.0 and [::] for a bare port, but with --v6only */
	size_t binder_count;
	unsigned int given; /* FLAG_* */
	struct listing *listing;
	struct event answers[FAMILIES][FLAG_SETS];
	FILE *out;
	struct view *view; /* JSON */
	uint64_t seq;
};

/* sudo's caller, unless --as says another. */
static uint32_t asking_user(const struct config *config)
{
	const char *caller = getenv("SUDO_UID");
	unsigned int uid;
	char rest;

	if (config->as.name)
		return config->as.uid;
	return caller && !geteuid() && sscanf(caller, "%u%c", &uid, &rest) == 1 ? uid : getuid();
}

static void add_binder(struct why *why, const struct sock_info *sock)
{
	struct sock_info *binder = &why->binders[why->binder_count++];

	*binder = *sock;
	binder->uid = asking_user(why->config);
	binder->options.v6only = why->config->v6only && sock->family == FAMILY_IPV6;
	binder_complete(binder);
}

static int prepare(struct why *why)
{
	const struct config *config = why->config;
	char error[SOCKET_ERROR_LEN];
	struct target *target = &why->target;
	int err = config->netns ? netns_enter(config->netns) : 0;

	if (err)
		return complain_usage("why: -N", config->netns,
				      err == -EPERM ? "not permitted: CAP_SYS_ADMIN is missing"
						    : "no network namespace (a name, pid, path or inode)");
	if (target_parse(config->address, target, error))
		return complain_usage("why", config->address, error);
	if (device_find(&target->sock))
		return complain_usage("why", target->sock.device, "no device of this network namespace");
	if (config->v6only && target->sock.family != FAMILY_IPV6 && !target->any_address)
		return complain_usage("why: --v6only", config->address, "no IPv6 address");
	if (!ipv6_exists() && (target->sock.family == FAMILY_IPV6 || (target->any_address && config->v6only)))
		return complain_usage("why", config->address,
				      "an IPv6 address, of which this kernel knows none");
	if (config->listen && target->sock.protocol == PROTO_UDP)
		return complain_usage("why: --listen", config->address, "UDP does not listen");
	why->given = (config->reuseaddr ? FLAG_REUSEADDR : 0) | (config->reuseport ? FLAG_REUSEPORT : 0);
	if (!config->v6only || !target->any_address)
		add_binder(why, &target->sock);
	if (target->any_address && ipv6_exists()) {
		target->sock.family = FAMILY_IPV6;
		target->sock.address = (struct address){.family = FAMILY_IPV6};
		add_binder(why, &target->sock);
	}
	why->out = config->output ? fopen(config->output, "we") : stdout;
	return why->out ? EXIT_OK : complain_usage("why: -o", config->output, strerror(errno));
}

static void forget(struct why *why)
{
	for (size_t i = 0; i < FAMILIES; i++)
		for (size_t flags = 0; flags < FLAG_SETS; flags++)
			event_clear(&why->answers[i][flags]);
	memset(why->answers, 0, sizeof(why->answers));
}

static int judge_all(struct why *why)
{
	uint64_t now = boot_ns();
	int err = 0;

	forget(why);
	for (size_t i = 0; i < why->binder_count; i++) {
		for (unsigned int flags = 0; flags < FLAG_SETS && !err; flags++) {
			struct question question = {.binder = why->binders[i],
						    .listens = why->config->listen};
			struct event *answer = &why->answers[i][flags];

			question.binder.options.reuseaddr = flags & FLAG_REUSEADDR;
			question.binder.options.reuseport = flags & FLAG_REUSEPORT;
			err = question_judge(why->listing, &question, answer);
			answer->time_ns = now;
			answer->given = flags == why->given;
		}
	}
	return err;
}

/* [::] is told where it answers otherwise than 0.0.0.0. */
static bool is_told(const struct why *why, size_t family)
{
	return !family || answers_differ(why->answers[0], why->answers[family], FLAG_SETS);
}

static int open_json(struct why *why)
{
	const struct view_config config = {.policy = listing_policy(why->listing),
					   .clock = {.boot_to_real_ns = boot_to_real_ns()}};

	why->view = json_view_new(why->out, &config);
	return why->view ? 0 : -ENOMEM;
}

static int show_json(struct why *why)
{
	int err = open_json(why);

	for (size_t i = 0; i < why->binder_count; i++) {
		for (size_t flags = 0; flags < FLAG_SETS && is_told(why, i) && !err; flags++) {
			why->answers[i][flags].seq = ++why->seq;
			err = why->view->ops->event(why->view, &why->answers[i][flags]);
		}
	}
	return err;
}

static int put_holder(struct why *why, struct strbuf *text, size_t index)
{
	struct event event = {.holders = calloc(1, sizeof(struct holder)), .holder_count = 1};
	int err;

	if (!event.holders)
		return -ENOMEM;
	err = listing_holder(why->listing, index, event.holders);
	if (!err)
		list_row(text, event.holders);
	event_clear(&event);
	return err;
}

static bool has_port(const struct why *why, const struct rt_sock *sock)
{
	return sock->port == why->binders[0].port &&
	       (sock->protocol == IPPROTO_UDP) == (why->binders[0].protocol == PROTO_UDP);
}

static bool is_elsewhere(const struct why *why, const struct rt_sock *sock)
{
	return sock->netns && sock->netns != why->binders[0].netns;
}

static void put_elsewhere(struct strbuf *text, size_t count)
{
	if (count == 1)
		strbuf_puts(text, "1 of these is in another network namespace, which has ports of its own: "
				  "not in the way\n");
	else if (count)
		strbuf_printf(text,
			      "%zu of these are in other network namespaces, which have ports of their own: "
			      "not in the way\n",
			      count);
}

/* Who has the port, wherever, in the way or not: of a server's connections only some. */
static int put_holders(struct why *why, struct strbuf *text)
{
	size_t shown = 0, connections = 0, elsewhere = 0;
	int err = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < listing_count(why->listing) && !err; i++) {
			const struct rt_sock *sock = &listing_row(why->listing, i)->sock;

			if (!has_port(why, sock) || !sock->peer_port != !pass)
				continue;
			if (pass && ++connections > CONNECTIONS_SHOWN)
				continue;
			if (!shown++ && !why->config->no_header)
				list_head(text);
			elsewhere += is_elsewhere(why, sock);
			err = put_holder(why, text, i);
		}
	}
	if (connections > CONNECTIONS_SHOWN)
		strbuf_printf(text, "and %zu more (reusetrace ls %u)\n", connections - CONNECTIONS_SHOWN,
			      why->binders[0].port);
	put_elsewhere(text, elsewhere);
	strbuf_puts(text, shown ? "\n" : "");
	return err;
}

static int show_text(struct why *why)
{
	bool color = options_color(why->config->color, why->out);
	struct strbuf text = {0};
	int err = put_holders(why, &text);

	if (!why->config->no_header)
		why_head(&text);
	for (size_t i = 0; i < why->binder_count; i++)
		for (size_t flags = 0; flags < FLAG_SETS && is_told(why, i); flags++)
			why_row(&text, &why->answers[i][flags], color);
	if (!err)
		err = strbuf_write(&text, why->out);
	strbuf_free(&text);
	return err;
}

/* What the recorder saw of it, if there is one: it is no part of the answer. */
static int show_past(const struct why *why)
{
	struct config config = *why->config;
	struct target target = why->target;
	struct past_request request = {.config = &config,
				       .path = config.database ? config.database : RECORDER_PATH,
				       .target = &target,
				       .heading = "\nwhat the recorder saw:\n",
				       .last = RECORDED};
	char error[PAST_ERROR_LEN];
	struct past *past = NULL;
	uint64_t events;
	int err;

	config.netns = NULL; /* no filter here */
	target.any_protocol = false;
	target.any_address = target.any_address || address_is_wildcard(&target.sock.address);
	err = past_open(&request, &past, error);
	if (!err)
		err = past_show(past, why->out, &events, error);
	past_free(past);
	if (err && err != -EPIPE && (err != -ENOENT || config.database))
		fprintf(stderr, "reusetrace: why: %s\n", error);
	return err == -EPIPE ? err : 0;
}

/* The bind that was asked about; of a bare port that to 0.0.0.0. */
static int exit_status(const struct why *why)
{
	const struct event *answer = &why->answers[0][why->given];

	if (answer->undecided)
		return EXIT_NOT_PERMITTED;
	return answer->result < 0 ? EXIT_REJECTED : EXIT_OK;
}

static int look(struct why *why, int (*read)(struct listing *listing))
{
	int err = read(why->listing);

	return err ? err : judge_all(why);
}

/* What may go by itself: a socket, or that there is no such address or device yet. */
static bool may_pass(const struct event *answer)
{
	if (answer->undecided)
		return answer->undecided == BY_OPTIONS || answer->undecided == BY_UDP_SLOT;
	return answer->result == -EADDRINUSE || answer->result == -EADDRNOTAVAIL || answer->result == -ENODEV;
}

/* Nothing announces the end of a TIME_WAIT or a bound socket's: it looks again, ever less often. */
static int wait_for_port(struct why *why)
{
	uint64_t end_ns = why->config->wait.limit_ns ? boot_ns() + why->config->wait.limit_ns : UINT64_MAX;
	const struct event *answer = &why->answers[0][why->given];
	int err = look(why, listing_read), pause_ms = AGAIN_MS;

	if (err || !why->config->wait.on || exit_status(why) == EXIT_OK)
		return err;
	if (!may_pass(answer)) {
		fprintf(stderr, "reusetrace: why: waiting does not help: %s\n",
			answer->result < 0 ? errno_name(-answer->result) : "what decides is not known here");
		return 0;
	}
	fprintf(stderr, "reusetrace: why: waiting until port %u can be bound: %s\n", why->binders[0].port,
		answer->result < 0 ? errno_name(-answer->result) : "undecided now");
	while (!err && exit_status(why) != EXIT_OK && may_pass(answer) && boot_ns() < end_ns) {
		poll(NULL, 0, pause_ms);
		pause_ms = pause_ms * 3 / 2 < AGAIN_MAX_MS ? pause_ms * 3 / 2 : AGAIN_MAX_MS;
		err = look(why, listing_read_sockets);
		if (!err && (exit_status(why) == EXIT_OK || !may_pass(answer) || boot_ns() >= end_ns))
			err = look(why, listing_read);
	}
	return err;
}

static int answer(struct why *why)
{
	const struct listing_options options = {
		.port = why->binders[0].port, .show_log = why->config->verbose > 1, .exe = why->config->json};
	int err = listing_new(&options, &why->listing);

	if (!err)
		err = wait_for_port(why);
	if (err)
		return err;
	for (size_t i = 0; i < why->binder_count; i++)
		question_find_address(why->listing, why->answers[i], FLAG_SETS);
	limits_tell("why", why->listing, 1U << why->binders[0].protocol);
	err = why->config->json ? show_json(why) : show_text(why);
	return err ? err : show_past(why);
}

static int why_run(const struct config *config)
{
	static struct why why;
	int status, err = 0;

	why = (struct why){.config = config};
	status = prepare(&why);
	if (!status) {
		err = answer(&why);
		status = exit_status(&why);
	}
	forget(&why);
	view_free(why.view);
	listing_free(why.listing);
	err = output_close(config, why.out, err);
	return ended_with("why", status, err);
}

const struct command_info why_command = {
	.bit = COMMAND_WHY,
	.name = "why",
	.summary = "why ADDRESS                   who has it now, and what a bind would get",
	.help_head = "Usage: reusetrace why [OPTIONS] ADDRESS\n"
		     "\n"
		     "Say who has a port now, and what a bind would get without options, with SO_REUSEADDR,\n"
		     "with SO_REUSEPORT and with both: the answer, the socket in the way, what would help.\n"
		     "Nothing is bound.  What the flight recorder saw last of the port follows.\n"
		     "\n"
		     "ADDRESS  8080 (0.0.0.0, and [::] where that answers otherwise), 127.0.0.1:8080,\n"
		     "         [::1]:8080, [fe80::1]:8080%eth0, with /tcp (if none is given) or /udp\n"
		     "\n"
		     "Examples:\n"
		     "  reusetrace why 8080\n"
		     "  reusetrace why --reuseaddr --listen --as www-data 127.0.0.1:8080\n"
		     "  reusetrace why --wait=30 --reuseaddr 8080 && exec ./server\n",
	.help_tail =
		"\n"
		"Exit status: 0 a bind with the given options (none if none) would pass, 10 it would be\n"
		"refused, 1 error, 2 usage, 3 not permitted to see what the answer depends on.\n",
	.operand = {.name = "ADDRESS",
		    .type = &type_address,
		    .offset = offsetof(struct config, address),
		    .least = 1,
		    .most = 1,
		    .one = "one ADDRESS is enough"},
	.run = why_run,
};
