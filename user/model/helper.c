/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/helper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"

#define PORT_MAX  65535
#define ID_DIGITS 64

struct arguments {
	const char *at;
	size_t length;
};

struct helper {
	const char *name;
	const char *task;
	void (*parse)(const struct arguments *arguments, struct place *place);
};

/* The argument behind this one; NULL if there is none that ends within the line. */
static const char *value_of(const struct arguments *arguments, const char *name)
{
	const char *at = arguments->at, *end = at + arguments->length;
	bool found = false;

	while (at < end) {
		const char *stop = memchr(at, '\0', (size_t)(end - at));

		if (!stop)
			return NULL;
		if (found)
			return at;
		found = !strcmp(at, name);
		at = stop + 1;
	}
	return NULL;
}

/* docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 80 -container-ip 172.17.0.2 -container-port 80 */
static void parse_docker_proxy(const struct arguments *arguments, struct place *place)
{
	const char *ip = value_of(arguments, "-container-ip"), *port = value_of(arguments, "-container-port");
	struct address address;
	unsigned long number;
	char *end;

	if (!ip || !port || address_parse_host(ip, &address) || port[0] < '0' || port[0] > '9')
		return;
	number = strtoul(port, &end, 10);
	if (*end || !number || number > PORT_MAX)
		return;
	address_format(place->target, sizeof(place->target), &address, (uint16_t)number);
}

/* conmon -c ID -u ID -r /usr/bin/crun -n NAME ... */
static void parse_conmon(const struct arguments *arguments, struct place *place)
{
	const char *id = value_of(arguments, "-c"), *name = value_of(arguments, "-n");

	if (!id || strlen(id) != ID_DIGITS || strspn(id, "0123456789abcdef") != ID_DIGITS)
		return;
	snprintf(place->serves, sizeof(place->serves), "%s", id);
	if (name)
		snprintf(place->container_name, sizeof(place->container_name), "%s", name);
}

static const struct helper helpers[] = {
	{"docker-proxy", "forwards to", parse_docker_proxy},
	{"conmon", "watches", parse_conmon},
	{"rootlessport", "forwards to", NULL},
};

/* Names are cut to comm's length; a thread or a script may have taken any, its file not. */
static const struct helper *find(const struct owner *owner)
{
	const char *slash = strrchr(owner->exe, '/');

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!strncmp(owner->comm, helpers[i].name, COMM_LEN - 1) && slash &&
		    !strcmp(slash + 1, helpers[i].name))
			return &helpers[i];
	return NULL;
}

bool helper_known(const struct owner *owner)
{
	return find(owner);
}

void helper_parse(const struct owner *owner, const char *cmdline, size_t length, struct place *place)
{
	const struct arguments arguments = {cmdline, length};
	const struct helper *helper = find(owner);

	if (!helper)
		return;
	place->task = helper->task;
	if (helper->parse)
		helper->parse(&arguments, place);
}
