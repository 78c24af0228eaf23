/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types as far as some programs read them.  libbpf compares the
 * name of each type that a program reads with those of all types of the
 * kernel, a hundred thousand and more: given only these, it need not.
 */
#ifndef REUSETRACE_LINUX_KERNEL_TYPES_H
#define REUSETRACE_LINUX_KERNEL_TYPES_H

struct btf;
struct kernel_types;

/*
 * Those of the kernel's structs, unions and enums that have a name of one in
 * wanted, the types of a program, and what they consist of; pointers lead
 * nowhere.  0, -ENOMEM, -EACCES (vm.memfd_noexec) or another negative errno;
 * nothing of the arguments is kept.
 */
int kernel_types_new(const struct btf *kernel, const struct btf *wanted, struct kernel_types **ret_types);

/* For bpf_object_open_opts.btf_custom_path, as long as the types live; NULL of NULL. */
const char *kernel_types_path(const struct kernel_types *types);

void kernel_types_free(struct kernel_types *types); /* NULL is allowed */

#endif
