/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The orders of `ls`: comparisons of struct rt_listed. */
#ifndef REUSETRACE_CLI_LIST_ORDER_H
#define REUSETRACE_CLI_LIST_ORDER_H

#include "cli/options.h"

extern int (*const list_orders[LIST_ORDERS])(const void *one, const void *two);

#endif
