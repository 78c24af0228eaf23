// SPDX-License-Identifier: GPL-2.0-or-later
/* The counts of --deliveries. */
#include <inttypes.h>
#include "model/event_names.h"
#include "view/text_parts.h"

static bool is_same_port(const struct sock_info *one, const struct sock_info *two)
{
	return one->netns == two->netns && one->protocol == two->protocol && one->port == two->port;
}

static uint64_t sum(const struct delivery_total *totals, size_t count)
{
	uint64_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += totals[i].count;
	return total;
}

static void put_member(struct strbuf *out, const struct delivery_total *total)
{
	const struct owner *owner = &total->owner;

	strbuf_printf(out, "%10" PRIu64 "  ", total->count);
	strbuf_escape(out, owner->comm[0] ? owner->comm : "-", sizeof(owner->comm));
	strbuf_printf(out, "[%" PRIu32 "]", owner->pid);
	if (owner->fd >= 0)
		strbuf_printf(out, " fd %" PRId32, owner->fd);
	strbuf_puts(out, ", ");
	text_endpoint(out, &total->sock.address, total->sock.port);
	strbuf_puts(out, "\n");
}

int deliveries_text(const struct delivery_total *totals, size_t count, FILE *out)
{
	struct strbuf text = {.data = NULL};
	int err;

	for (size_t i = 0, next; i < count; i = next) {
		const struct sock_info *sock = &totals[i].sock;
		const char *protocol = protocol_name(sock->protocol);

		for (next = i + 1; next < count && is_same_port(sock, &totals[next].sock);)
			next++;
		strbuf_printf(&text, "deliveries to %s port %u: %" PRIu64 "\n", protocol ? protocol : "-",
			      sock->port, sum(totals + i, next - i));
		for (size_t j = i; j < next; j++)
			put_member(&text, &totals[j]);
	}
	err = strbuf_write(&text, out);
	strbuf_free(&text);
	return err;
}
