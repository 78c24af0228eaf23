/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/socket_words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/address.h"
#include "model/event_names.h"
#include "model/printf_like.h"

struct parser {
	struct claim claim;
	bool has_state, has_v6;
	char *error;
};

static int fail(const struct parser *parser, const char *format, ...) PRINTF_LIKE(2, 3);

static int fail(const struct parser *parser, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(parser->error, SOCKET_ERROR_LEN, format, args);
	va_end(args);
	return -EINVAL;
}

static int parse_number(const char *text, uint64_t most, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > most)
			return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

static int set_option(struct parser *parser, size_t offset)
{
	*(bool *)((char *)&parser->claim + offset) = true;
	return 0;
}

static int set_state(struct parser *parser, size_t state)
{
	struct sock_info *sock = &parser->claim.sock;

	if (parser->has_state)
		return fail(parser, "one state is enough");
	parser->has_state = true;
	sock->state = (enum sock_state)state;
	sock->minisock = state == STATE_TIME_WAIT;
	return 0;
}

static int set_accepted(struct parser *parser, size_t state)
{
	parser->claim.sock.accepted = true;
	return set_state(parser, state);
}

static int set_v6(struct parser *parser, size_t mode)
{
	if (parser->has_v6)
		return fail(parser, "v6only or dual, not both");
	parser->has_v6 = true;
	parser->claim.v6 = (enum v6_mode)mode;
	return 0;
}

#define SOCK(member) (offsetof(struct claim, sock) + offsetof(struct sock_info, member))

static const struct {
	const char *name;
	int (*set)(struct parser *parser, size_t what);
	size_t what;
} words[] = {
	{"reuseaddr", set_option, SOCK(options.reuseaddr)},
	{"reuseport", set_option, SOCK(options.reuseport)},
	{"exclusive", set_option, SOCK(winsock_options.exclusive)},
	{"multicast", set_option, offsetof(struct claim, multicast)},
	{"v6only", set_v6, V6_ONLY},
	{"dual", set_v6, V6_DUAL},
	{"bound", set_state, STATE_BOUND},
	{"listen", set_state, STATE_LISTEN},
	{"connected", set_state, STATE_ESTABLISHED},
	{"accepted", set_accepted, STATE_ESTABLISHED},
	{"time-wait", set_state, STATE_TIME_WAIT},
};

/* Systems number their interfaces: here a number stands for each name. */
static int set_device(struct parser *parser, const char *name)
{
	struct sock_info *sock = &parser->claim.sock;
	uint64_t number = 2166136261;

	if (!*name || strlen(name) >= DEVICE_LEN)
		return fail(parser, "a device has a name of 1 to %d bytes", DEVICE_LEN - 1);
	if (parse_number(name, INT32_MAX, &number))
		for (const char *at = name; *at; at++)
			number = ((number ^ (unsigned char)*at) * 16777619) & INT32_MAX;
	sock->ifindex = number ? (uint32_t)number : 1;
	snprintf(sock->device, sizeof(sock->device), "%s", name);
	return 0;
}

static int set_uid(struct parser *parser, const char *text)
{
	uint64_t uid;

	if (parse_number(text, UINT32_MAX - 1, &uid))
		return fail(parser, "'uid=%.20s' has no number", text);
	parser->claim.sock.uid = (uint32_t)uid;
	return 0;
}

static int take_word(struct parser *parser, const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].name, word))
			return words[i].set(parser, words[i].what);
	if (!strncmp(word, "uid=", 4))
		return set_uid(parser, word + 4);
	if (!strncmp(word, "device=", 7))
		return set_device(parser, word + 7);
	return fail(parser, "'%.40s' is no word of a SOCKET", word);
}

static int set_protocol(struct parser *parser, const char *name)
{
	int protocol = protocol_from_name(name);

	if (protocol != PROTO_TCP && protocol != PROTO_UDP)
		return fail(parser, "'%.40s' is neither tcp nor udp", name);
	parser->claim.sock.protocol = (enum protocol)protocol;
	return 0;
}

/* The part behind the last c, which becomes a NUL; NULL if there is none. */
static char *split_last(char *text, char c)
{
	char *at = strrchr(text, c);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* "fe80::1%eth0" as others write it; a number is part of the address. */
static int set_zone(struct parser *parser, char *host)
{
	char *name = strchr(host, '%');
	uint64_t number;

	if (!name || !name[1] || !parse_number(name + 1, UINT32_MAX, &number))
		return 0;
	*name++ = '\0';
	return parser->claim.sock.ifindex ? fail(parser, "one device is enough") : set_device(parser, name);
}

static int set_host(struct parser *parser, char *host)
{
	struct sock_info *sock = &parser->claim.sock;
	size_t length = strlen(host);
	bool in_brackets = length >= 2 && host[0] == '[' && host[length - 1] == ']';

	if (in_brackets) {
		host[length - 1] = '\0';
		host++;
		if (set_zone(parser, host))
			return -EINVAL;
	}
	if (!in_brackets && (!*host || !strcmp(host, "*")))
		host = "0.0.0.0";
	if (address_parse_host(host, &sock->address) || (sock->address.family == FAMILY_IPV6) != in_brackets)
		return fail(parser, "'%.60s' is no address (like 127.0.0.1 or [::1])", host);
	sock->family = sock->address.family;
	return 0;
}

/* HOST:PORT%DEVICE/PROTOCOL, all but PORT optional */
static int take_address(struct parser *parser, char *text)
{
	struct sock_info *sock = &parser->claim.sock;
	char *protocol = split_last(text, '/'), *device = strchr(text, ']'), *port;
	uint64_t number;
	int error = protocol ? set_protocol(parser, protocol) : 0;

	device = strchr(device ? device : text, '%');
	if (device)
		*device++ = '\0';
	if (!error && device)
		error = set_device(parser, device);
	if (error)
		return error;

	port = split_last(text, ':');
	if (parse_number(port ? port : text, UINT16_MAX, &number) || !number)
		return fail(parser, "'%.60s' has no port from 1 to 65535", port ? port : text);
	sock->port = (uint16_t)number;
	error = set_host(parser, port ? text : (char[]){"*"});
	/* __inet6_bind(): the scope of a link-local address is a device */
	if (!error && sock->address.scope && !sock->ifindex)
		sock->ifindex = sock->address.scope;
	else if (!error && sock->ifindex && sock->address.family == FAMILY_IPV6)
		sock->address.scope = sock->ifindex;
	return error;
}

static int check(const struct parser *parser)
{
	const struct claim *claim = &parser->claim;
	const struct sock_info *sock = &claim->sock;

	if (claim->v6 != V6_DEFAULT && sock->address.family != FAMILY_IPV6)
		return fail(parser, "v6only and dual are for IPv6 addresses");
	if (sock->protocol == PROTO_TCP && claim->multicast)
		return fail(parser, "multicast is for udp");
	if (sock->protocol == PROTO_UDP && sock->state != STATE_BOUND &&
	    (sock->state != STATE_ESTABLISHED || sock->accepted))
		return fail(parser, "a udp socket is bound or connected");
	return 0;
}

int socket_words_parse(const char *text, struct claim *ret_claim, char error[SOCKET_ERROR_LEN])
{
	struct parser parser = {
		.claim.sock = {.protocol = PROTO_TCP, .state = STATE_BOUND, .uid = SOCKET_DEFAULT_UID},
		.error = error,
	};
	char copy[SOCKET_WORDS_MAX + 1], *word, *rest;
	int result;

	if (strlen(text) > SOCKET_WORDS_MAX)
		return fail(&parser, "longer than %d bytes", SOCKET_WORDS_MAX);
	snprintf(copy, sizeof(copy), "%s", text);
	word = strtok_r(copy, " ", &rest);
	if (word && (!strcmp(word, "tcp") || !strcmp(word, "udp"))) {
		set_protocol(&parser, word);
		word = strtok_r(NULL, " ", &rest);
	}
	if (!word)
		return fail(&parser, "an address is missing (like 127.0.0.1:8080)");

	result = take_address(&parser, word);
	while (!result && (word = strtok_r(NULL, " ", &rest)))
		result = take_word(&parser, word);
	if (!result)
		result = check(&parser);
	if (!result)
		*ret_claim = parser.claim;
	return result;
}
