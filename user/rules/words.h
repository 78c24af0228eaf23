/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the slots of sentences write with: bounded, always terminated, printable ASCII. */
#ifndef REUSETRACE_RULES_WORDS_H
#define REUSETRACE_RULES_WORDS_H

#include "model/printf_like.h"
#include "rules/situation.h"

struct text {
	char *at;
	size_t size, used;
};

struct slot {
	const char *name;
	void (*write)(const struct situation *situation, struct text *text);
};

void add_char(struct text *text, char c);
void add_text(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void add_escaped(struct text *text, const char *value);

void add_host(struct text *text, const struct sock_info *sock);
void add_endpoint(struct text *text, const struct address *address, uint16_t port);
void add_process(struct text *text, const char *comm, uint32_t pid);
void add_uid(struct text *text, uint32_t uid);
void add_device(struct text *text, const struct sock_info *sock);

#endif
