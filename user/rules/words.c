/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/words.h"

#include <stdarg.h>
#include <stdio.h>

#include "model/address.h"

void add_char(struct text *text, char c)
{
	if (text->used + 1 < text->size)
		text->at[text->used++] = c;
	text->at[text->used] = '\0';
}

void add_text(struct text *text, const char *format, ...)
{
	size_t left = text->size - text->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->at + text->used, left, format, args);
	va_end(args);
	if (len > 0)
		text->used += (size_t)len < left ? (size_t)len : left - 1;
}

void add_escaped(struct text *text, const char *value)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c >= 0x7f || c == '\\')
			add_text(text, "\\x%02x", c);
		else
			add_char(text, (char)c);
	}
}

void add_host(struct text *text, const struct sock_info *sock)
{
	char host[ADDRESS_TEXT_LEN];

	address_format_host(host, sizeof(host), &sock->address);
	add_text(text, "%s", host);
}

void add_endpoint(struct text *text, const struct address *address, uint16_t port)
{
	char endpoint[ADDRESS_TEXT_LEN];

	address_format(endpoint, sizeof(endpoint), address, port);
	add_text(text, "%s", endpoint);
}

void add_process(struct text *text, const char *comm, uint32_t pid)
{
	add_escaped(text, comm[0] ? comm : "-");
	add_text(text, "[%lu]", (unsigned long)pid);
}

void add_uid(struct text *text, uint32_t uid)
{
	if (uid == UID_NONE)
		add_text(text, "-");
	else
		add_text(text, "%lu", (unsigned long)uid);
}

void add_device(struct text *text, const struct sock_info *sock)
{
	if (sock->device[0])
		add_escaped(text, sock->device);
	else if (sock->ifindex)
		add_text(text, "interface %lu", (unsigned long)sock->ifindex);
	else
		add_text(text, "no device");
}
