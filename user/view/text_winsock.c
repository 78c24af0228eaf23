/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/text_parts.h"

#include <inttypes.h>

/*
 * Windows has no freebind, transparent, device and the like; in their places
 * are its own options.  `?` is an option that is inferred, `-` is not known.
 */
void text_winsock_flags(char buf[FLAGS_LEN], const struct sock_info *sock)
{
	static const char marks[PROVENANCE_MAX] = {[FROM_INFERRED] = '?', [FROM_ASSUMED] = '-'};
	const struct winsock_options *options = &sock->winsock_options;
	const struct {
		bool set;
		enum fact fact;
	} flags[FLAGS_LEN - 1] = {
		{options->exclusive, FACT_OPTIONS},
		{options->port_scalability, FACT_OPTIONS},
		{options->reuse_unicastport, FACT_OPTIONS},
		{sock->options.reuseaddr, FACT_OPTIONS},
		{options->reuse_multicastport, FACT_OPTIONS},
		{sock->options.v6only && sock->family == FAMILY_IPV6, FACT_V6ONLY},
		{false, FACT_PROTOCOL},
		{false, FACT_PROTOCOL},
	};

	for (size_t i = 0; i < FLAGS_LEN - 1; i++) {
		enum provenance from = sock->from[flags[i].fact];
		bool is_told = from == FROM_OBSERVED || from == FROM_QUERIED;

		buf[i] = flags[i].set ? "XSURr6D!"[i] : '.';
		if (!is_told && (flags[i].set || from == FROM_ASSUMED))
			buf[i] = marks[from];
		if (flags[i].fact == FACT_V6ONLY && sock->family != FAMILY_IPV6)
			buf[i] = '.';
	}
	buf[FLAGS_LEN - 1] = '\0';
}

void text_descriptor(struct strbuf *out, const struct sock_info *sock, int32_t fd)
{
	if (sock->winsock) {
		strbuf_printf(out, " handle 0x%" PRIx32, (uint32_t)fd);
		return;
	}
	strbuf_puts(out, fd < 0 ? " fd -" : " fd ");
	strbuf_number(out, fd < 0 ? -(int64_t)fd : fd);
}
