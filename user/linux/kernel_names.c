/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/kernel_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

struct kernel_names {
	struct btf *btf;
	uint32_t *slots; /* ids by the hash of kind and name; 0: free; never more than half are taken */
	uint32_t mask;
};

static bool is_kept(const struct btf_type *type)
{
	return type->name_off && (btf_is_func(type) || btf_is_struct(type));
}

static uint32_t hash_of(const char *name, uint32_t kind)
{
	uint32_t hash = 2166136261U ^ kind;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619U;
	return hash;
}

/* Of types with one name the first is found, as libbpf does. */
static void add(struct kernel_names *names, uint32_t id, const struct btf_type *type)
{
	uint32_t at = hash_of(btf__name_by_offset(names->btf, type->name_off), btf_kind(type));

	while (names->slots[at & names->mask])
		at++;
	names->slots[at & names->mask] = id;
}

static int fill(struct kernel_names *names)
{
	uint32_t count = btf__type_cnt(names->btf), size = 1;

	while (size < 2 * count)
		size *= 2;
	names->slots = calloc(size, sizeof(*names->slots));
	if (!names->slots)
		return -ENOMEM;
	names->mask = size - 1;
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(names->btf, id);

		if (is_kept(type))
			add(names, id, type);
	}
	return 0;
}

int kernel_names_new(struct kernel_names **ret_names)
{
	struct kernel_names *names = calloc(1, sizeof(*names));
	int err;

	if (!names)
		return -ENOMEM;
	names->btf = btf__load_vmlinux_btf();
	err = names->btf ? fill(names) : -errno;
	if (err)
		kernel_names_free(names);
	else
		*ret_names = names;
	return err;
}

void kernel_names_free(struct kernel_names *names)
{
	if (!names)
		return;
	btf__free(names->btf);
	free(names->slots);
	free(names);
}

const struct btf *kernel_names_btf(const struct kernel_names *names)
{
	return names->btf;
}

uint32_t kernel_names_find(const struct kernel_names *names, const char *name, uint32_t kind)
{
	uint32_t at = hash_of(name, kind), id;

	for (; (id = names->slots[at & names->mask]); at++) {
		const struct btf_type *type = btf__type_by_id(names->btf, id);

		if (btf_kind(type) == kind && !strcmp(btf__name_by_offset(names->btf, type->name_off), name))
			return id;
	}
	return 0;
}

int kernel_function_args(const struct kernel_names *names, const char *function)
{
	uint32_t id = kernel_names_find(names, function, BTF_KIND_FUNC);
	const struct btf_type *type;

	if (!id)
		return -1;
	type = btf__type_by_id(names->btf, btf__type_by_id(names->btf, id)->type);
	return type && btf_is_func_proto(type) ? btf_vlen(type) : -1;
}

bool kernel_type_has_member(const struct kernel_names *names, const char *name, const char *member)
{
	uint32_t id = kernel_names_find(names, name, BTF_KIND_STRUCT);
	const struct btf_type *type;

	if (!id)
		return false;
	type = btf__type_by_id(names->btf, id);
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(names->btf, btf_members(type)[i].name_off), member))
			return true;
	return false;
}
