/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types and functions by name (/sys/kernel/btf/vmlinux).
 * btf__find_by_name_kind() compares with some hundred thousand names each time;
 * here they are hashed once.
 */
#ifndef REUSETRACE_LINUX_KERNEL_NAMES_H
#define REUSETRACE_LINUX_KERNEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct btf;
struct kernel_names;

/* 0, -ENOMEM, or the error of reading the kernel's types. */
int kernel_names_new(struct kernel_names **ret_names);
void kernel_names_free(struct kernel_names *names); /* NULL is allowed */

/* The types themselves, as long as the names live. */
const struct btf *kernel_names_btf(const struct kernel_names *names);

/* The id of a function or struct of the kernel (BTF_KIND_FUNC, BTF_KIND_STRUCT), not of a module; 0: none. */
uint32_t kernel_names_find(const struct kernel_names *names, const char *name, uint32_t kind);

/* -1 if the kernel has no such function with BTF, else its number of arguments. */
int kernel_function_args(const struct kernel_names *names, const char *function);

/* Whether the kernel's struct has a member of this name. */
bool kernel_type_has_member(const struct kernel_names *names, const char *name, const char *member);

#endif
