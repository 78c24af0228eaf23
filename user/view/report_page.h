/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page around the data: user/view/report/, put together and included by the build. */
#ifndef REUSETRACE_VIEW_REPORT_PAGE_H
#define REUSETRACE_VIEW_REPORT_PAGE_H

#include <stddef.h>

/* Not ended by a NUL. */
extern const char report_page_head[], report_page_tail[];

size_t report_page_head_size(void);
size_t report_page_tail_size(void);

#endif
