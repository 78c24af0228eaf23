/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dump [--exclude PROTO:FIRST-LAST[*]]... FILE   the events of a capture, one a line
 * dump --words FILE           ... and why, in words
 * dump --count FILE          what the reader found in the file
 *
 * A socket's flags are in brackets: R reuseaddr, X exclusive, P
 * port-scalability, 6 v6only (IPv6 only), ~ inferred, ? nothing known.  Behind = is
 * the rule, with ! where it disagrees with Windows and ? where it cannot be known.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etw/source.h"
#include "model/address.h"
#include "model/event_names.h"
#include "rules/rules.h"
#include "view/errno_name.h"

static void put_address(const struct address *address, uint16_t port)
{
	char text[ADDRESS_TEXT_LEN];

	if (address->family == FAMILY_NONE) {
		printf(" -");
		return;
	}
	address_format(text, sizeof(text), address, port);
	printf(" %s", text);
}

static void put_flags(const struct sock_info *sock)
{
	static const char *const marks[PROVENANCE_MAX] = {
		[FROM_OBSERVED] = "",
		[FROM_QUERIED] = "=",
		[FROM_INFERRED] = "~",
		[FROM_ASSUMED] = "?",
	};
	bool v6 = sock->family == FAMILY_IPV6;

	printf(" [%s%s%s%s%s%s]", sock->options.reuseaddr ? "R" : "",
	       sock->winsock_options.exclusive ? "X" : "", sock->winsock_options.port_scalability ? "P" : "",
	       marks[sock->from[FACT_OPTIONS]], v6 && sock->options.v6only ? "6" : "",
	       v6 ? marks[sock->from[FACT_V6ONLY]] : "");
}

static void put_result(const struct event *event)
{
	static const char *const causes[CAUSE_MAX] = {
		[CAUSE_NONE] = "",
		[CAUSE_COMPLETE] = " complete",
		[CAUSE_RESOLUTION] = " resolution",
		[CAUSE_PORT] = " port",
		[CAUSE_INSPECTION] = " inspection",
	};
	const struct windows_facts *windows = &event->windows;
	int result = event->type == EVENT_OPTION ? event->option.result : event->result;
	const char *name = result < 0 ? errno_name(-result) : "ok";

	printf(" %s%s", name ? name : "?", windows->result == FROM_INFERRED ? "~" : "");
	if (windows->other_result)
		printf("/%s", errno_name(-windows->other_result));
	if (result < 0 && event->type != EVENT_OPTION)
		printf(" %s", stage_name(event->stage) ? stage_name(event->stage) : "-");
	printf("%s", causes[windows->cause]);
	if (windows->has_ntstatus && windows->ntstatus)
		printf(" %08" PRIx32, windows->ntstatus);
	if (windows->unconfirmed)
		printf(" unconfirmed");
	if (windows->lossy)
		printf(" lossy");
	if (windows->reserved)
		printf(" reserved %u-%u%s", windows->reserved_lo, windows->reserved_hi,
		       windows->reserved_by_admin ? "*" : "");
}

static void put_event(const struct event *event, bool talking)
{
	const struct sock_info *sock = &event->sock;

	printf("%" PRIu64 ".%03u %s %" PRIu32 " %s", event->time_ns / 1000000000,
	       (unsigned int)(event->time_ns / 1000000 % 1000), event_type_name(event->type),
	       event->process.pid, event->process.comm[0] ? event->process.comm : "-");
	if (sock->id)
		printf(" s%" PRIu64, sock->id);
	printf(" %s", protocol_name(sock->protocol) ? protocol_name(sock->protocol) : "-");
	if (event->type == EVENT_OPTION)
		printf(" %s=%" PRId64, event->option.name, event->option.value);
	else
		put_address(&sock->address, sock->port);
	if (event->type == EVENT_BIND && event->requested_port != sock->port)
		put_address(&event->requested, event->requested_port);
	if (event->type == EVENT_CONNECT || event->type == EVENT_ACCEPT)
		put_address(&sock->peer, sock->peer_port);
	put_flags(sock);
	put_result(event);
	if (event->after_attempt)
		printf(" after %" PRIu64, event->after_attempt);
	for (size_t i = 0; i < event->holder_count; i++) {
		const struct holder *holder = &event->holders[i];

		printf(" < s%" PRIu64 " %" PRIu32 "%s", holder->sock.id, holder->bound_by.pid,
		       holder->kind == KIND_KERNEL ? " kernel" : "");
		put_address(&holder->sock.address, holder->sock.port);
		printf("%s", holder->sock.state == STATE_LISTEN ? " listen" : "");
		put_flags(&holder->sock);
		if (holder->sock.uid != event->sock.uid)
			printf(" other-user");
	}
	if (event->has_verdict)
		printf(" = %s%s", rule_name((enum rule_id)event->verdict.rule),
		       event->verdict.agrees < 0 ? "?"
		       : event->verdict.agrees	 ? ""
						 : "!");
	printf("\n");
	if (talking && event->has_verdict) {
		printf("    %s\n", event->verdict.text);
		if (event->verdict.delivery[0])
			printf("    answers: %s\n", event->verdict.delivery);
		for (size_t i = 0; i < event->verdict.fix_count; i++)
			printf("    fix: %s\n", event->verdict.fix[i]);
	}
}

static void *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size >= 0 && !fseek(file, 0, SEEK_SET))
		data = malloc((size_t)size + 1);
	if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
		free(data);
		data = NULL;
	}
	if (file)
		fclose(file);
	*ret_size = (size_t)size;
	return data;
}

static void put_counts(const struct etw_source *source)
{
	const struct etl_info *file = etw_source_file(source);
	const struct correlator_info *events = etw_source_events(source);

	printf("buffers %zu compressed %zu damaged %zu lossy %zu truncated %d\n", file->buffers,
	       file->buffers_compressed, file->buffers_damaged, file->buffers_lossy, file->truncated);
	printf("pointer %u processors %" PRIu32 " build %" PRIu32 " lost %" PRIu64 " %" PRIu64 "\n",
	       file->pointer_size, file->processors, file->build, file->events_lost, file->buffers_lost);
	for (size_t type = 0; type < 256; type++)
		if (file->records[type])
			printf("type %02zx: %zu\n", type, file->records[type]);
	printf("decoded %" PRIu64 " unknown %" PRIu64 " damaged %" PRIu64 "\n", events->decoded,
	       events->unknown_version, events->damaged);
}

/* "tcp:50000-50099*" */
static bool read_exclusion(struct etw_source *source, const char *text)
{
	unsigned int first, last;
	char protocol[4], star = '\0';

	if (sscanf(text, "%3[a-z]:%u-%u%c", protocol, &first, &last, &star) < 3)
		return false;
	return !etw_source_exclude(source, strcmp(protocol, "udp") ? PROTO_TCP : PROTO_UDP, (uint16_t)first,
				   (uint16_t)last, star == '*');
}

static int put_events(struct etw_source *source, bool counting, bool talking)
{
	struct event event;
	int n;

	while ((n = etw_source_next(source, &event)) > 0) {
		judge(&event, NULL);
		etw_source_judged(source, &event);
		if (!counting)
			put_event(&event, talking);
		event_clear(&event);
	}
	if (counting && !n)
		put_counts(source);
	return n;
}

int main(int argc, char **argv)
{
	struct etw_source *source = NULL;
	bool counting = false, talking = false, wrong = false;
	size_t size;
	uint8_t *data = argc > 1 ? read_file(argv[argc - 1], &size) : NULL;
	int err = data ? etw_source_open(data, size, &source) : -ENOENT;

	for (int at = 1; !err && at < argc - 1; at++) {
		if (!strcmp(argv[at], "--count"))
			counting = true;
		else if (!strcmp(argv[at], "--words"))
			talking = true;
		else if (!strcmp(argv[at], "--exclude") && at + 1 < argc - 1)
			wrong |= !read_exclusion(source, argv[++at]);
		else
			wrong = true;
	}
	if (!err && !wrong)
		err = put_events(source, counting, talking);
	if (err)
		printf("error %d\n", -err);
	etw_source_free(source);
	free(data);
	return wrong ? 2 : err != 0;
}
