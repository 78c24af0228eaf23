/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One attempt against what reusetrace says of it. */
#include "oracle.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COMPLAINTS_SHOWN 8

struct tally tally;
struct policy last_policy;
bool verbose, quiet;

static struct json_object *shown;

void complain(struct attempt *attempt, const char *format, ...)
{
	va_list args;

	tally.failures++;
	if (attempt)
		attempt->bad = true;
	if (quiet || (tally.failures > COMPLAINTS_SHOWN && !verbose))
		return;
	printf("FAIL ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (attempt && attempt->of) {
		printf("; ");
		case_print(stdout, attempt->of);
	}
	if (attempt)
		printf("; %s %s of inode %llu, result %d", attempt->tested ? "tested" : "holder's",
		       attempt->op == OP_BIND ? "bind" : "listen", (unsigned long long)attempt->inode,
		       attempt->result);
	printf("\n");
	if (shown)
		printf("     %s\n", json_object_to_json_string_ext(shown, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
}

static struct json_object *get(struct json_object *object, const char *name)
{
	return object ? json_object_object_get(object, name) : NULL;
}

static const char *text(struct json_object *object, const char *name)
{
	const char *value = json_object_get_string(get(object, name));

	return value ? value : "";
}

/* The bytes of an address, with IPv4 and mapped ones alike. */
static void endpoint_bytes(const struct endpoint *endpoint, uint8_t bytes[16], uint16_t *port)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)&endpoint->address;

	*port = ntohs(four->sin_port);
	if (endpoint->address.ss_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *)four)->sin6_addr, 16);
		return;
	}
	memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	memcpy(bytes + 12, &four->sin_addr, 4);
}

static void address_bytes(const struct address *address, uint8_t bytes[16])
{
	memcpy(bytes, address->bytes, 16);
	if (address->family != FAMILY_IPV4)
		return;
	memcpy(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	memcpy(bytes + 12, address->bytes, 4);
}

static bool same_endpoint(const struct endpoint *one, const struct address *two, uint16_t two_port)
{
	uint8_t a[16], b[16];
	uint16_t port;

	endpoint_bytes(one, a, &port);
	address_bytes(two, b);
	return port == two_port && !memcmp(a, b, sizeof(a));
}

/* By inode; what has none, by its four-tuple. */
static bool is_held(const struct held *held, const struct attempt *attempt)
{
	if (held->fd >= 0 || held->keeper)
		return attempt->culprit_inode == held->inode;
	return same_endpoint(&held->local, &attempt->culprit_local, attempt->culprit_port) &&
	       same_endpoint(&held->remote, &attempt->culprit_peer, attempt->culprit_peer_port);
}

static const char *const kinds[AT_MAX] = {"process", "process", "process", "process",
					  "process", "process", "orphan",  "time-wait"};

static void check_culprit(struct attempt *attempt, struct json_object *object, const struct event *event)
{
	struct json_object *first = json_object_array_get_idx(get(object, "holders"), 0);
	bool named = first && json_object_get_boolean(get(first, "culprit"));

	if (!attempt->result) {
		if (named)
			complain(attempt, "a culprit of an accepted attempt");
		return;
	}
	if (named) {
		attempt->culprit_inode = event->holders[0].sock.inode;
		attempt->culprit_local = event->holders[0].sock.address;
		attempt->culprit_peer = event->holders[0].sock.peer;
		attempt->culprit_port = event->holders[0].sock.port;
		attempt->culprit_peer_port = event->holders[0].sock.peer_port;
	}
	if (attempt->rule == RULE_RANGE_EXHAUSTED)
		return;
	if (!named && attempt->result == EADDRINUSE)
		complain(attempt, "no culprit");
	else if (attempt->culprit && !is_held(attempt->culprit, attempt))
		complain(attempt, "wrong culprit");
	else if (attempt->culprit && strcmp(text(first, "kind"), kinds[attempt->culprit->state]))
		complain(attempt, "culprit is of kind %s", text(first, "kind"));
	else if (named)
		tally.culprits++;
}

/*
 * The culprit comes first in JSON, which the rules may not know: in the order
 * of the kernel's lists, the newest first.  sk_add_node_rcu() adds IPv6 sockets
 * with SO_REUSEPORT to the end.
 */
static int by_list(const void *one, const void *two)
{
	uint64_t a_inode = ((const struct holder *)one)->sock.inode;
	uint64_t b_inode = ((const struct holder *)two)->sock.inode;
	const struct attempt *a = attempt_that_bound(a_inode), *b = attempt_that_bound(b_inode);

	if (!a || !b)
		return (a_inode < b_inode) - (a_inode > b_inode);
	if (a->at_tail != b->at_tail)
		return a->at_tail ? 1 : -1;
	return a->at_tail ? (a > b) - (a < b) : (a < b) - (a > b);
}

/* From facts alone: does the kernel do as predicted? */
static void check_prediction(struct attempt *attempt, const struct event *event, const struct policy *policy)
{
	struct event copy = *event;
	struct attempt_facts facts;
	struct prediction prediction;

	copy.holders = calloc(copy.holder_count + 1, sizeof(*copy.holders));
	if (!copy.holders)
		die("memory");
	memcpy(copy.holders, event->holders, copy.holder_count * sizeof(*copy.holders));
	qsort(copy.holders, copy.holder_count, sizeof(*copy.holders), by_list);
	facts_of_event(&copy, policy, &facts);
	linux_predict(&facts, &prediction);
	free(copy.holders);
	if (prediction.answer == ANSWER_OPEN)
		tally.open++;
	else if ((prediction.answer == ANSWER_REFUSE) == (attempt->result == EADDRINUSE))
		tally.agreed++;
	else
		complain(attempt, "predicted %s",
			 prediction.answer == ANSWER_REFUSE ? "EADDRINUSE" : "success");
}

static bool is_quirk(int rule)
{
	return rule >= RULE_QUIRK_MAPPED_ANY && rule <= RULE_QUIRK_STALE_REUSEPORT;
}

static void check_verdict(struct attempt *attempt, struct json_object *object)
{
	struct json_object *verdict = get(object, "verdict"), *agrees = get(verdict, "agrees");
	struct json_object *result = get(object, "result"), *fix = get(verdict, "fix");

	attempt->rule = rule_from_name(text(verdict, "rule"));
	tally.rules[attempt->rule]++;
	if (json_object_get_int(get(result, "code")) != attempt->result)
		complain(attempt, "errno %s", text(result, "errno"));
	if (attempt->rule == RULE_UNEXPLAINED || attempt->rule == RULE_NONE)
		complain(attempt, "unexplained");
	else if (agrees && !json_object_get_boolean(agrees))
		complain(attempt, "agrees is false");
	else if (attempt->rules && !(attempt->rules & BIT(attempt->rule)))
		complain(attempt, "rule %s is not the one constructed", rule_name(attempt->rule));
	attempt->fix_count = fix ? (int)json_object_array_length(fix) : 0;
	for (int i = 0; i < attempt->fix_count; i++)
		snprintf(attempt->fix[i], sizeof(attempt->fix[i]), "%s",
			 json_object_get_string(json_object_array_get_idx(fix, i)));
	tally.quirks += is_quirk(attempt->rule);
	tally.refused += attempt->result != 0;
}

void check_event(struct attempt *attempt, struct json_object *object)
{
	struct policy policy;
	struct event event;

	shown = object;
	if (facts_read(object, &event, &policy))
		die("memory");
	attempt->at_tail = event.sock.family == FAMILY_IPV6 && event.sock.options.reuseport;
	check_verdict(attempt, object);
	check_culprit(attempt, object, &event);
	if (attempt->result == EADDRINUSE || !attempt->result)
		check_prediction(attempt, &event, &policy);
	if (event.truncated)
		complain(attempt, "truncated");
	event_clear(&event);
	last_policy = policy;
	shown = NULL;
}
