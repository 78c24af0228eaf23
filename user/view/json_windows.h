/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What objects of Windows have beyond those of Linux; nothing is written for others. */
#ifndef REUSETRACE_VIEW_JSON_WINDOWS_H
#define REUSETRACE_VIEW_JSON_WINDOWS_H

#include "model/event.h"
#include "view/json_writer.h"

/* Of a socket: "winsock_options", and "provenance" of every fact that was not observed. */
void json_winsock(struct json_writer *writer, const struct sock_info *sock);

/* Of an attempt: "windows". */
void json_windows(struct json_writer *writer, const struct event *event);

#endif
