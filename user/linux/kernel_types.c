/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/kernel_types.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/btf.h>

#define NAME_SLOTS 1024 /* a power of two; programs name some hundred types */
#define POINTER	   1	/* the id of the one pointer that there is */
#define PATH_LEN   32

struct kernel_types {
	int fd;
	char path[PATH_LEN];
};

struct name {
	const char *text;
	size_t length;
};

/* Types are numbered in the order in which they were found to be needed. */
struct copying {
	const struct btf *from;
	struct btf *to;
	struct name names[NAME_SLOTS]; /* open addressing */
	uint32_t *numbers;	       /* by the kernel's id; 0: not needed */
	uint32_t *needed;	       /* the kernel's ids */
	uint32_t count;
};

/* What comes behind three underscores tells flavours of a type apart. */
static size_t name_length(const char *text)
{
	const char *flavour = strstr(text, "___");

	return flavour && flavour != text ? (size_t)(flavour - text) : strlen(text);
}

static struct name *slot_of(struct copying *copying, const char *text, size_t length)
{
	uint32_t hash = 2166136261U;
	struct name *name;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619U;
	for (;; hash++) {
		name = &copying->names[hash % NAME_SLOTS];
		if (!name->text || (name->length == length && !memcmp(name->text, text, length)))
			return name;
	}
}

static bool is_compound(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type);
}

static int take_names(struct copying *copying, const struct btf *wanted)
{
	size_t count = 0;

	for (uint32_t id = 1; id < btf__type_cnt(wanted); id++) {
		const struct btf_type *type = btf__type_by_id(wanted, id);
		const char *text = btf__name_by_offset(wanted, type->name_off);
		struct name *name;

		if (!is_compound(type) || !text[0])
			continue;
		name = slot_of(copying, text, name_length(text));
		if (!name->text && ++count > NAME_SLOTS / 2)
			return -E2BIG;
		*name = (struct name){.text = text, .length = name_length(text)};
	}
	return 0;
}

/* Its number; what is behind typedefs and qualifiers needs none of them. */
static int number_of(struct copying *copying, int id)
{
	id = btf__resolve_type(copying->from, id);
	if (id <= 0)
		return id < 0 ? id : POINTER; /* void */
	if (btf_is_ptr(btf__type_by_id(copying->from, id)))
		return POINTER;
	if (!copying->numbers[id]) {
		copying->needed[copying->count++] = id;
		copying->numbers[id] = POINTER + copying->count;
	}
	return copying->numbers[id];
}

static int take_types(struct copying *copying)
{
	for (uint32_t id = 1; id < btf__type_cnt(copying->from); id++) {
		const struct btf_type *type = btf__type_by_id(copying->from, id);
		const char *text;
		int number = 0;

		if (!is_compound(type) || !type->name_off)
			continue;
		text = btf__name_by_offset(copying->from, type->name_off);
		if (slot_of(copying, text, strlen(text))->text)
			number = number_of(copying, id);
		if (number < 0)
			return number;
	}
	return 0;
}

static int copy_members(struct copying *copying, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);
	int number = btf_is_struct(type) ? btf__add_struct(copying->to, name, type->size)
					 : btf__add_union(copying->to, name, type->size);

	for (int i = 0; number > 0 && i < btf_vlen(type); i++, member++) {
		int of = number_of(copying, member->type), err;

		if (of < 0)
			return of;
		err = btf__add_field(copying->to, btf__name_by_offset(copying->from, member->name_off), of,
				     btf_member_bit_offset(type, i), btf_member_bitfield_size(type, i));
		if (err)
			return err;
	}
	return number;
}

static int copy_values(struct copying *copying, const struct btf_type *type, const char *name)
{
	int number = btf_is_enum(type) ? btf__add_enum(copying->to, name, type->size)
				       : btf__add_enum64(copying->to, name, type->size, btf_kflag(type));

	for (int i = 0, err; number > 0 && i < btf_vlen(type); i++) {
		if (btf_is_enum(type))
			err = btf__add_enum_value(
				copying->to, btf__name_by_offset(copying->from, btf_enum(type)[i].name_off),
				btf_enum(type)[i].val);
		else
			err = btf__add_enum64_value(
				copying->to, btf__name_by_offset(copying->from, btf_enum64(type)[i].name_off),
				btf_enum64_value(&btf_enum64(type)[i]));
		if (err)
			return err;
	}
	return number;
}

static int copy_array(struct copying *copying, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int of = number_of(copying, array->type), index = number_of(copying, array->index_type);

	if (of < 0 || index < 0)
		return of < 0 ? of : index;
	return btf__add_array(copying->to, index, of, array->nelems);
}

static int copy_type(struct copying *copying, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(copying->from, id);
	const char *name = btf__name_by_offset(copying->from, type->name_off);

	if (btf_is_composite(type))
		return copy_members(copying, type, name);
	if (btf_is_any_enum(type))
		return copy_values(copying, type, name);
	if (btf_is_array(type))
		return copy_array(copying, type);
	if (btf_is_int(type))
		return btf__add_int(copying->to, name, type->size, btf_int_encoding(type));
	if (btf_is_float(type))
		return btf__add_float(copying->to, name, type->size);
	return btf__add_fwd(copying->to, name[0] ? name : "unknown", BTF_FWD_STRUCT);
}

static int copy_all(struct copying *copying)
{
	int number = btf__add_ptr(copying->to, 0);

	for (uint32_t i = 0; number > 0 && i < copying->count; i++)
		number = copy_type(copying, copying->needed[i]);
	return number < 0 ? number : 0;
}

static int keep(const struct btf *btf, struct kernel_types *types)
{
	const char *data;
	uint32_t size;
	ssize_t n;

	data = btf__raw_data(btf, &size);
	if (!data)
		return -errno;
	types->fd = memfd_create("types", MFD_CLOEXEC);
	if (types->fd < 0)
		return -errno;
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
	while (size) {
		n = write(types->fd, data, size);
		if (n < 0)
			return -errno;
		data += n;
		size -= n;
	}
	return 0;
}

static int copy(struct copying *copying, const struct btf *wanted, struct kernel_types *types)
{
	int err = take_names(copying, wanted);

	if (!err)
		err = take_types(copying);
	if (!err)
		err = copy_all(copying);
	return err ? err : keep(copying->to, types);
}

int kernel_types_new(const struct btf *kernel, const struct btf *wanted, struct kernel_types **ret_types)
{
	struct copying *copying = calloc(1, sizeof(*copying));
	struct kernel_types *types = calloc(1, sizeof(*types));
	int err = -ENOMEM;

	if (copying && types) {
		types->fd = -1;
		copying->from = kernel;
		copying->to = btf__new_empty();
		copying->numbers = calloc(btf__type_cnt(kernel), sizeof(*copying->numbers));
		copying->needed = calloc(btf__type_cnt(kernel), sizeof(*copying->needed));
		if (copying->to && copying->numbers && copying->needed)
			err = copy(copying, wanted, types);
		btf__free(copying->to);
		free(copying->numbers);
		free(copying->needed);
	}
	free(copying);
	if (err)
		kernel_types_free(types);
	else
		*ret_types = types;
	return err;
}

const char *kernel_types_path(const struct kernel_types *types)
{
	return types ? types->path : NULL;
}

void kernel_types_free(struct kernel_types *types)
{
	if (!types)
		return;
	if (types->fd >= 0)
		close(types->fd);
	free(types);
}
