// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/report_page.h"

#ifdef _WIN32
#define CONSTANTS ".section .rdata, \"dr\"\n"
#define CODE	  ".text\n"
#else
#define CONSTANTS ".pushsection .rodata\n"
#define CODE	  ".popsection\n"
#endif

/* REPORT_DIR comes from the Makefile, which makes the files first. */
#define INCLUDE(name, file)                                                                                  \
	__asm__(CONSTANTS ".globl " #name "\n" #name ":\n"                                                   \
			  ".incbin \"" REPORT_DIR "/" file "\"\n"                                            \
			  ".globl " #name "_end\n" #name "_end:\n"                                           \
			  ".byte 0\n" CODE)

INCLUDE(report_page_head, "head.html");
INCLUDE(report_page_tail, "tail.html");

extern const char report_page_head_end[], report_page_tail_end[];

size_t report_page_head_size(void)
{
	return (size_t)(report_page_head_end - report_page_head);
}

size_t report_page_tail_size(void)
{
	return (size_t)(report_page_tail_end - report_page_tail);
}
