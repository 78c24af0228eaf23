/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attempts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const struct policy new_kernel = {.closed_group_ok = true};
const struct policy kernel_6_12 = {.orphan_uid_root = true, .closed_group_ok = true};
const struct policy kernel_6_1 = {
	.orphan_uid_root = true, .closed_group_ok = true, .fast_cache_live = true, .bhash2_native = true};
const struct policy kernel_5_10 = {.orphan_uid_root = true, .fast_cache_live = true, .udp_slot_blind = true};

static const struct {
	const char *word;
	size_t offset;
} flag_words[] = {
	{"ra", offsetof(struct sock_info, options.reuseaddr)},
	{"rp", offsetof(struct sock_info, options.reuseport)},
	{"force", offsetof(struct sock_info, options.force_reuse)},
	{"v6only", offsetof(struct sock_info, options.v6only)},
	{"noport", offsetof(struct sock_info, options.bind_address_no_port)},
	{"orphan", offsetof(struct sock_info, orphan)},
	{"kernel", offsetof(struct sock_info, kernel)},
	{"accepted", offsetof(struct sock_info, accepted)},
	{"chosen", offsetof(struct sock_info, port_chosen)},
	{"byconnect", offsetof(struct sock_info, connect_bound)},
	{"own", offsetof(struct sock_info, group_own)},
	{"program", offsetof(struct sock_info, group_program)},
	{"closed", offsetof(struct sock_info, group_closed)},
};

static const struct {
	const char *word;
	enum sock_state state;
} state_words[] = {
	{"listen", STATE_LISTEN},  {"estab", STATE_ESTABLISHED}, {"synsent", STATE_SYN_SENT},
	{"fin1", STATE_FIN_WAIT1}, {"tw", STATE_TIME_WAIT},
};

void parse_address(const char *text, struct address *address)
{
	*address = (struct address){.family = strchr(text, ':') ? FAMILY_IPV6 : FAMILY_IPV4};
	assert_int_equal(inet_pton(address->family == FAMILY_IPV6 ? AF_INET6 : AF_INET, text, address->bytes),
			 1);
}

static void parse_word(const char *word, struct sock_info *sock)
{
	unsigned int number;

	for (size_t i = 0; i < COUNT(flag_words); i++) {
		if (!strcmp(word, flag_words[i].word)) {
			*(bool *)((char *)sock + flag_words[i].offset) = true;
			return;
		}
	}
	for (size_t i = 0; i < COUNT(state_words); i++) {
		if (!strcmp(word, state_words[i].word)) {
			sock->state = state_words[i].state;
			sock->minisock = sock->state == STATE_TIME_WAIT;
			sock->uid = sock->minisock ? UID_NONE : sock->uid;
			return;
		}
	}
	if (!strcmp(word, "nopeer"))
		sock->peer_port = 0;
	else if (sscanf(word, "uid=%u", &number) == 1)
		sock->uid = number;
	else if (sscanf(word, "dev=%u", &number) == 1)
		sock->ifindex = number;
	else if (sscanf(word, "vrf=%u", &number) == 1)
		sock->vrf = number;
	else if (sscanf(word, "netns=%u", &number) == 1)
		sock->netns = number;
	else
		fail_msg("unknown word %s", word);
}

struct sock_info sock(enum protocol protocol, const char *line)
{
	struct sock_info result = {
		.protocol = protocol, .state = STATE_BOUND, .uid = 1000, .netns = 1, .port = 8080};
	char copy[160], *word, *rest;

	snprintf(copy, sizeof(copy), "%s", line);
	word = strtok_r(copy, " ", &rest);
	parse_address(word, &result.address);
	result.family = result.address.family;
	result.peer_port = 51322;
	while ((word = strtok_r(NULL, " ", &rest)))
		parse_word(word, &result);
	if (result.state > STATE_LISTEN && result.peer_port)
		parse_address("127.0.0.1", &result.peer);
	else
		result.peer_port = 0;
	return result;
}

void make_attempt(struct attempt *attempt, enum protocol protocol, const char *binder,
		  const char *const *holders)
{
	struct event *event = &attempt->event;

	memset(attempt, 0, sizeof(*attempt));
	event->type = EVENT_BIND;
	event->sock = sock(protocol, binder);
	event->sock.state = STATE_BOUND;
	event->requested = event->sock.address;
	event->requested_port = 8080;
	event->explicit_port = true;
	event->process = (struct proc_info){.pid = 4242, .comm = "new"};
	event->unprivileged_start = 1024;
	event->range_lo = 32768;
	event->range_hi = 60999;
	event->holders = attempt->holders;
	for (size_t i = 0; i < MAX_HOLDERS && holders[i]; i++) {
		struct holder *holder = &attempt->holders[i];

		holder->sock = sock(protocol, holders[i]);
		holder->expires_ms = holder->sock.minisock && holder->sock.peer_port ? 42100 : -1;
		holder->kind = KIND_PROCESS;
		attempt->owners[i] = (struct owner){.pid = 4100 + (uint32_t)i, .fd = 3, .comm = "old"};
		if (!holder->sock.minisock && !holder->sock.orphan && !holder->sock.kernel) {
			holder->owners = &attempt->owners[i];
			holder->owner_count = 1;
		}
		event->holder_count++;
	}
	event->holders_total = (uint32_t)event->holder_count;
}

void kernel_says(struct event *event, int result, enum stage stage)
{
	event->result = result;
	event->stage = result ? stage : STAGE_NONE;
}
