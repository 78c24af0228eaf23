/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as entries of the systemd journal.  MESSAGE is one line for people;
 * MESSAGE_ID is the kind of entry; the facts are fields of their own.
 */
#ifndef REUSETRACE_VIEW_JOURNAL_H
#define REUSETRACE_VIEW_JOURNAL_H

#include "view/view.h"

/* -ENOSYS in a program that was linked without libsystemd, or -ENOMEM. */
int journal_view_new(const struct view_config *config, struct view **ret_view);

#endif
