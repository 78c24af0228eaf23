/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program's relocations are resolved with is as the kernel has it, and no more than they ask for. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include <bpf/btf.h>

#include "linux/kernel_types.h"

static int member(struct btf *btf, const char *name, int type, uint32_t bit, uint32_t bits)
{
	return btf__add_field(btf, name, type, bit, bits);
}

/*
 * struct inner { int low, high; };  enum color { RED = 7 };  struct unasked { int a; };
 * struct outer { const struct inner in; union { struct unasked *next; int number; }; word bits : 3, : 2;
 *                struct inner table[4]; enum color color; };
 */
static struct btf *make_kernel(void)
{
	struct btf *btf = btf__new_empty();
	int number, inner, color, unasked, pointer, either, word, table, qualified;

	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	inner = btf__add_struct(btf, "inner", 8);
	assert_int_equal(member(btf, "low", number, 0, 0), 0);
	assert_int_equal(member(btf, "high", number, 32, 0), 0);
	color = btf__add_enum(btf, "color", 4);
	assert_int_equal(btf__add_enum_value(btf, "RED", 7), 0);
	unasked = btf__add_struct(btf, "unasked", 4);
	assert_int_equal(member(btf, "a", number, 0, 0), 0);
	pointer = btf__add_ptr(btf, unasked);
	either = btf__add_union(btf, NULL, 8);
	assert_int_equal(member(btf, "next", pointer, 0, 0), 0);
	assert_int_equal(member(btf, "number", number, 0, 0), 0);
	word = btf__add_typedef(btf, "word", number);
	table = btf__add_array(btf, number, inner, 4);
	qualified = btf__add_const(btf, inner);
	assert_true(btf__add_struct(btf, "outer", 64) > 0);
	assert_int_equal(member(btf, "in", qualified, 0, 0), 0);
	assert_int_equal(member(btf, NULL, either, 64, 0), 0);
	assert_int_equal(member(btf, "bits", word, 128, 3), 0);
	assert_int_equal(member(btf, "rest", word, 131, 2), 0);
	assert_int_equal(member(btf, "table", table, 160, 0), 0);
	assert_int_equal(member(btf, "color", color, 416, 0), 0);
	return btf;
}

static struct btf *make_wanted(const char *name)
{
	struct btf *btf = btf__new_empty();
	int number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);

	assert_true(btf__add_struct(btf, name, 4) > 0);
	assert_int_equal(member(btf, "bits", number, 0, 0), 0);
	return btf;
}

static struct btf *reduce(const char *wanted_name)
{
	struct btf *kernel = make_kernel(), *wanted = make_wanted(wanted_name), *got;
	struct kernel_types *types = NULL;

	assert_int_equal(kernel_types_new(kernel, wanted, &types), 0);
	got = btf__parse(kernel_types_path(types), NULL);
	assert_non_null(got);
	kernel_types_free(types);
	btf__free(kernel);
	btf__free(wanted);
	return got;
}

static const struct btf_type *type_of(const struct btf *btf, const struct btf_type *compound, int index)
{
	return btf__type_by_id(btf, btf_members(compound)[index].type);
}

static void test_members(void **state)
{
	static const struct {
		const char *name;
		uint32_t bit, bits;
	} rows[] = {{"in", 0, 0},     {"", 64, 0},	 {"bits", 128, 3},
		    {"rest", 131, 2}, {"table", 160, 0}, {"color", 416, 0}};
	struct btf *got = reduce("outer___flavour");
	const struct btf_type *outer, *either, *table;
	int id = btf__find_by_name_kind(got, "outer", BTF_KIND_STRUCT);

	(void)state;
	assert_true(id > 0);
	outer = btf__type_by_id(got, id);
	assert_int_equal(outer->size, 64);
	assert_int_equal(btf_vlen(outer), COUNT(rows));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(btf__name_by_offset(got, btf_members(outer)[i].name_off), rows[i].name);
		assert_int_equal(btf_member_bit_offset(outer, i), rows[i].bit);
		assert_int_equal(btf_member_bitfield_size(outer, i), rows[i].bits);
	}
	assert_string_equal(btf__name_by_offset(got, type_of(got, outer, 0)->name_off), "inner");
	either = type_of(got, outer, 1);
	assert_true(btf_is_union(either));
	assert_true(btf_is_ptr(type_of(got, either, 0)));
	assert_true(btf_is_int(type_of(got, outer, 2)));
	table = type_of(got, outer, 4);
	assert_true(btf_is_array(table));
	assert_int_equal(btf__resolve_size(got, btf_members(outer)[4].type), 32);
	assert_int_equal(btf_enum(type_of(got, outer, 5))[0].val, 7);
	btf__free(got);
}

static void test_nothing_else(void **state)
{
	struct btf *got = reduce("outer");

	(void)state;
	assert_int_equal(btf__find_by_name_kind(got, "unasked", BTF_KIND_STRUCT), -ENOENT);
	btf__free(got);
	got = reduce("missing");
	assert_int_equal(btf__find_by_name_kind(got, "outer", BTF_KIND_STRUCT), -ENOENT);
	assert_int_equal(btf__find_by_name_kind(got, "missing", BTF_KIND_STRUCT), -ENOENT);
	btf__free(got);
	assert_null(kernel_types_path(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_members),
					   cmocka_unit_test(test_nothing_else)};

	return cmocka_run_group_tests_name("kernel_types", tests, NULL, NULL);
}
