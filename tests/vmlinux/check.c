/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: check TYPES OBJECT... -- VERSION=BTF...
 *
 * TYPES is compiled from vmlinux.h and compat.bpf.h.  Each member of each
 * struct in it must be in every kernel, or in one, if it is of a flavour
 * (NAME___FLAVOUR); and some CO-RE relocation of an OBJECT must use it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define MAX_KERNELS 16
#define MAX_NAMES   4096
#define NAME_LEN    160
#define TYPE_SIZE   9 /* enum bpf_core_relo_kind */

struct kernel {
	const char *version;
	struct btf *btf;
};

/* A member of TYPES and where it was seen. */
struct member {
	char name[NAME_LEN];  /* "sock_common.skc_cookie.counter" */
	unsigned int kernels; /* one bit a kernel */
	bool used;
};

static struct kernel kernels[MAX_KERNELS];
static unsigned int kernel_count;
static struct member members[MAX_NAMES];
static unsigned int member_count;

static const struct {
	const char *prefix, *version, *reason;
} exceptions[] = {
	{"mptcp_sock.", "5.10", "built without MPTCP"},
	{"inet_bind2_bucket.", "5.10", "bhash2 is of 6.1"},
	{"inet_bind2_bucket.bhash_node", "6.1", "a bucket's list of bhash2 buckets is of 6.8"},
};

/* Read or filled as a whole: their members give them their size. */
static const char *const whole[] = {"in6_addr.", "bpf_pidns_info."};

static const char *name_at(const struct btf *btf, unsigned int offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

static const struct btf_type *resolve(const struct btf *btf, unsigned int id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The member of this name, also inside of nameless ones. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *type,
					    const char *name)
{
	const struct btf_member *member = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++, member++) {
		const struct btf_type *inner = resolve(btf, member->type);
		const struct btf_member *found;

		if (!strcmp(name_at(btf, member->name_off), name))
			return member;
		if (member->name_off || !inner || !btf_is_composite(inner))
			continue;
		found = find_member(btf, inner, name);
		if (found)
			return found;
	}
	return NULL;
}

static unsigned int broad_kind(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return BTF_KIND_INT;
	case BTF_KIND_UNION:
		return BTF_KIND_STRUCT;
	}
	return btf_kind(type);
}

static struct member *member_named(const char *name)
{
	for (unsigned int i = 0; i < member_count; i++)
		if (!strcmp(members[i].name, name))
			return &members[i];
	if (member_count == MAX_NAMES) {
		fputs("check: too many members\n", stderr);
		exit(1);
	}
	snprintf(members[member_count].name, NAME_LEN, "%s", name);
	return &members[member_count++];
}

/* Notes each member of a struct, and those of structs that have no name of their own, below path. */
static void compare(const struct btf *local, const struct btf_type *type, const char *path,
		    const struct btf *btf, const struct btf_type *target, unsigned int bit)
{
	const struct btf_member *member = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++, member++) {
		const struct btf_type *inner = resolve(local, member->type), *other = NULL;
		const struct btf_member *found;
		char name[NAME_LEN];

		snprintf(name, sizeof(name), "%s.%s", path, name_at(local, member->name_off));
		found = target ? find_member(btf, target, name_at(local, member->name_off)) : NULL;
		if (found)
			other = resolve(btf, found->type);
		if (other && broad_kind(other) == broad_kind(inner))
			member_named(name)->kernels |= bit;
		else
			(void)member_named(name);
		if (btf_is_composite(inner) && !inner->name_off)
			compare(local, inner, name, btf, other && btf_is_composite(other) ? other : NULL,
				bit);
	}
}

static void compare_all(const struct btf *types, const struct kernel *kernel, unsigned int bit)
{
	for (unsigned int id = 1; id < btf__type_cnt(types); id++) {
		const struct btf_type *type = btf__type_by_id(types, id);
		const char *name = name_at(types, type->name_off);
		char plain[NAME_LEN];
		int target;

		if (!btf_is_struct(type) || !*name)
			continue;
		snprintf(plain, sizeof(plain), "%.*s",
			 (int)(strstr(name, "___") ? strstr(name, "___") - name : (long)strlen(name)), name);
		target = btf__find_by_name_kind(kernel->btf, plain, BTF_KIND_STRUCT);
		compare(types, type, name, kernel->btf,
			target > 0 ? btf__type_by_id(kernel->btf, target) : NULL, bit);
	}
}

struct relocation {
	unsigned int instruction, type, access, kind;
};

static void note_whole(const struct btf *btf, const struct btf_type *type)
{
	char name[NAME_LEN];

	for (unsigned int i = 0; btf_is_composite(type) && i < btf_vlen(type); i++) {
		snprintf(name, sizeof(name), "%s.%s", name_at(btf, type->name_off),
			 name_at(btf, btf_members(type)[i].name_off));
		member_named(name)->used = true;
	}
}

/* "0:3:1" from a type on: each member on the way is used. */
static void note_use(const struct btf *btf, const struct relocation *relocation)
{
	const struct btf_type *type = resolve(btf, relocation->type);
	const char *at = name_at(btf, relocation->access);
	char path[NAME_LEN] = "";

	if (relocation->kind == TYPE_SIZE)
		note_whole(btf, type);
	strtoul(at, (char **)&at, 10);
	while (*at == ':' && type) {
		unsigned int index = strtoul(at + 1, (char **)&at, 10);
		const struct btf_member *member;

		if (btf_is_array(type)) {
			type = resolve(btf, btf_array(type)->type);
			continue;
		}
		if (!btf_is_composite(type) || index >= btf_vlen(type))
			return;
		member = btf_members(type) + index;
		if (type->name_off)
			snprintf(path, sizeof(path), "%s", name_at(btf, type->name_off));
		snprintf(path + strlen(path), sizeof(path) - strlen(path), ".%s",
			 name_at(btf, member->name_off));
		member_named(path)->used = true;
		type = resolve(btf, member->type);
	}
}

/* .BTF.ext: a header of offsets, then sections of records; libbpf has no reader for these. */
static int note_uses(const char *path)
{
	struct btf_ext *ext = NULL;
	struct btf *btf = btf__parse_elf(path, &ext);
	const unsigned char *raw, *at, *end;
	unsigned int header[8], size, record;

	if (!btf || !ext)
		return -1;
	raw = btf_ext__get_raw_data(ext, &size);
	memcpy(header, raw, sizeof(header));
	at = raw + header[1] + header[6];
	end = at + header[7];
	memcpy(&record, at, sizeof(record));
	for (at += sizeof(record); at < end;) {
		unsigned int section[2];

		memcpy(section, at, sizeof(section));
		at += sizeof(section);
		for (unsigned int i = 0; i < section[1]; i++, at += record) {
			struct relocation relocation;

			memcpy(&relocation, at, sizeof(relocation));
			note_use(btf, &relocation);
		}
	}
	btf_ext__free(ext);
	btf__free(btf);
	return 0;
}

static const char *excuse(const struct member *member, const char *version)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++)
		if (!strncmp(member->name, exceptions[i].prefix, strlen(exceptions[i].prefix)) &&
		    !strcmp(version, exceptions[i].version))
			return exceptions[i].reason;
	return NULL;
}

/* Prints what is wrong, in the form of a scenario's line; returns whether nothing was. */
static bool report_kernel(unsigned int i, unsigned int count)
{
	unsigned int missing = 0, excused = 0;

	for (unsigned int n = 0; n < count; n++) {
		const struct member *member = &members[n];

		if (strstr(member->name, "___") || member->kernels >> i & 1)
			continue;
		if (excuse(member, kernels[i].version)) {
			excused++;
			continue;
		}
		printf("  %s lacks %s\n", kernels[i].version, member->name);
		missing++;
	}
	printf("%s vmlinux.%s %u members, %u excused\n", missing ? "not ok" : "ok", kernels[i].version, count,
	       excused);
	return !missing;
}

static bool report_flavours(unsigned int count)
{
	unsigned int missing = 0;

	for (unsigned int n = 0; n < count; n++) {
		if (!strstr(members[n].name, "___"))
			continue;
		printf("  %s: in", members[n].name);
		for (unsigned int i = 0; i < kernel_count; i++)
			if (members[n].kernels >> i & 1)
				printf(" %s", kernels[i].version);
		puts(members[n].kernels ? "" : " none");
		missing += !members[n].kernels;
	}
	printf("%s vmlinux.flavours\n", missing ? "not ok" : "ok");
	return !missing;
}

static bool is_whole(const char *name)
{
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (!strncmp(name, whole[i], strlen(whole[i])))
			return true;
	return false;
}

static bool report_unused(unsigned int count)
{
	unsigned int unused = 0;

	for (unsigned int n = 0; n < count; n++) {
		if (members[n].used || is_whole(members[n].name))
			continue;
		printf("  nothing reads %s\n", members[n].name);
		unused++;
	}
	printf("%s vmlinux.used\n", unused ? "not ok" : "ok");
	return !unused;
}

static int add_kernel(char *argument)
{
	char *path = strchr(argument, '=');
	struct kernel *kernel = &kernels[kernel_count];

	if (!path || kernel_count == MAX_KERNELS)
		return -1;
	*path++ = '\0';
	kernel->version = argument;
	kernel->btf = btf__parse_raw(path);
	if (libbpf_get_error(kernel->btf))
		return -1;
	kernel_count++;
	return 0;
}

int main(int argc, char **argv)
{
	struct btf *types = argc > 1 ? btf__parse_elf(argv[1], NULL) : NULL;
	unsigned int count, passed = 0;
	int i = 2;

	if (!types)
		return 1;
	for (; i < argc && strcmp(argv[i], "--"); i++)
		;
	for (int k = i + 1; k < argc; k++) {
		if (add_kernel(argv[k])) {
			fprintf(stderr, "check: cannot read %s\n", argv[k]);
			return 1;
		}
		compare_all(types, &kernels[kernel_count - 1], 1U << (kernel_count - 1));
	}
	count = member_count; /* what the objects add is not the kernel's */
	for (int k = 2; k < i; k++) {
		if (note_uses(argv[k])) {
			fprintf(stderr, "check: no relocations in %s\n", argv[k]);
			return 1;
		}
	}
	for (unsigned int k = 0; k < kernel_count; k++)
		passed += report_kernel(k, count);
	passed += report_flavours(count);
	passed += report_unused(count);
	printf("%u passed, %u failed, 0 skipped\n", passed, kernel_count + 2 - passed);
	return passed != kernel_count + 2;
}
