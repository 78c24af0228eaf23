/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/refused.h"

#include <errno.h>
#include <string.h>

#include "model/address.h"

static uint16_t asked_port(const struct event *event)
{
	return event->requested.family != FAMILY_NONE ? event->requested_port : event->sock.port;
}

static const struct address *asked_address(const struct event *event)
{
	return event->requested.family != FAMILY_NONE ? &event->requested : &event->sock.address;
}

static bool is_same(const struct event *one, const struct event *two)
{
	return one->process.pid == two->process.pid && one->process.start_ns == two->process.start_ns &&
	       one->sock.protocol == two->sock.protocol && one->sock.netns == two->sock.netns &&
	       asked_port(one) == asked_port(two) && address_equal(asked_address(one), asked_address(two));
}

static struct refused_entry *find(struct refused *refused, const struct event *event)
{
	for (size_t i = 0; i < refused->count; i++)
		if (is_same(&refused->entries[i].event, event))
			return &refused->entries[i];
	return NULL;
}

static void drop(struct refused *refused, size_t i)
{
	refused->count--;
	memmove(&refused->entries[i], &refused->entries[i + 1],
		(refused->count - i) * sizeof(refused->entries[0]));
}

void refused_note(struct refused *refused, const struct event *event)
{
	bool attempt = event->type == EVENT_BIND || event->type == EVENT_LISTEN;
	struct refused_entry *entry;

	if (!attempt || event->result != -EADDRINUSE || event->kernel_call || !asked_port(event))
		return;
	entry = find(refused, event);
	if (!entry) {
		if (refused->count == REFUSED_MAX)
			drop(refused, 0);
		entry = &refused->entries[refused->count++];
		*entry = (struct refused_entry){.due_ns = event->time_ns + REFUSED_GRACE_NS};
	}
	uint32_t attempts = entry->event.finding.attempts;

	entry->event = *event;
	entry->event.holders = NULL;
	entry->event.holder_count = entry->event.holders_total = 0;
	entry->event.finding = (struct event_finding){
		.kind = FINDING_LIVES_ON, .attempt = event->seq, .attempts = attempts + 1};
}

size_t refused_check(struct refused *refused, uint64_t now_ns)
{
	size_t due = 0;

	for (size_t i = 0; i < refused->count; i++) {
		struct refused_entry *entry = &refused->entries[i];

		entry->has_socket = false;
		entry->checking = !entry->told && entry->due_ns <= now_ns;
		due += entry->checking;
	}
	return due;
}

void refused_socket(struct refused *refused, uint32_t pid, const struct sock_info *sock)
{
	bool serves = sock->protocol == PROTO_UDP ? sock->port != 0 : sock->state == STATE_LISTEN;

	for (size_t i = 0; serves && i < refused->count; i++) {
		struct refused_entry *entry = &refused->entries[i];
		const struct event *event = &entry->event;

		if (entry->checking && event->process.pid == pid && asked_port(event) == sock->port &&
		    event->sock.protocol == sock->protocol && event->sock.netns == sock->netns)
			entry->has_socket = true;
	}
}

const struct refused_entry *refused_next(struct refused *refused)
{
	for (size_t i = 0; i < refused->count; i++) {
		struct refused_entry *entry = &refused->entries[i];

		if (!entry->checking)
			continue;
		if (entry->has_socket) {
			drop(refused, i--);
			continue;
		}
		entry->checking = false;
		entry->told = true;
		return entry;
	}
	return NULL;
}
