/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only sockets of AF_UNIX have; others get no such members. */
#ifndef REUSETRACE_VIEW_JSON_UNIX_H
#define REUSETRACE_VIEW_JSON_UNIX_H

#include "model/event.h"
#include "view/json_writer.h"

/* "type", of a socket or a holder. */
void json_unix_type(struct json_writer *writer, const struct sock_info *sock);

/* "unix", among the facts of an attempt. */
void json_unix_facts(struct json_writer *writer, const struct event *event);

#endif
