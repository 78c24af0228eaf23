/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of the text view: times, cells, and the lines under a finding. */
#ifndef REUSETRACE_VIEW_TEXT_PARTS_H
#define REUSETRACE_VIEW_TEXT_PARTS_H

#include "model/text.h"
#include "view/view.h"

struct text_time {
	struct clock_base clock;
	enum time_mode mode;
	uint64_t start_ns;    /* when the trace began, 0 unknown */
	uint64_t previous_ns; /* of the last event, for TIME_DELTA */
};

/* Width of the TIME column, 0 for none. */
size_t text_time_width(enum time_mode mode);
void text_time_cell(struct strbuf *out, struct text_time *time, uint64_t time_ns);

/* " since 10:01:02": with the date if it is not that of now_ns. */
void text_since(struct strbuf *out, const struct text_time *time, uint64_t since_ns, uint64_t now_ns);

/* `FTNRr6D!` */
#define FLAGS_LEN 9
void text_flags(char buf[FLAGS_LEN], const struct sock_info *sock);

/* `XSURr6..`, of a socket of Windows: exclusive, port-scalability, reuse-unicastport, Reuseaddr, ... */
void text_winsock_flags(char buf[FLAGS_LEN], const struct sock_info *sock);

/* " fd 3"; " handle 0x1a4" on Windows */
void text_descriptor(struct strbuf *out, const struct sock_info *sock, int32_t fd);

/* "127.0.0.1:8080", "-" if there is no address. */
void text_endpoint(struct strbuf *out, const struct address *address, uint16_t port);

/* Two sockets have this port on purpose, by a flag or by a quirk. */
bool text_is_sharing(const struct event *event);

/* Who has a holder, or what it is if nobody has. */
void text_who(struct strbuf *out, const struct holder *holder);

/* held by, shared with, because, who answers, fix */
void text_details(struct strbuf *out, const struct event *event, const struct text_time *time);

/* ", unit nginx.service", ", container 1a2b3c4d5e6f": where the processes of a holder run, in text_place.c.
 */
void text_places(struct strbuf *out, const struct holder *holder);

/* systemd makes the sockets that it passes on in the cgroup of their unit.  NULL is in none. */
bool text_is_socket_unit(const struct place *place);

/* ", in its parent process": what the first process is to the one that asks, in text_who.c. */
void text_relation(struct strbuf *out, const struct holder *holder);

#endif
