/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs search is sorted, and nothing of the last time is left in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../bpf/config.h"
#include "linux/sought.h"

static struct rt_sought *map(void)
{
	int fd = memfd_create("sought", MFD_CLOEXEC);
	struct rt_sought *sought;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, RT_SOUGHT_MAX * sizeof(*sought)), 0);
	assert_int_equal(sought_map(fd, &sought), 0);
	close(fd);
	return sought;
}

static void assert_sorted(const struct rt_sought *sought, size_t count)
{
	for (size_t i = 0; i < RT_SOUGHT_MAX - count; i++)
		assert_int_equal(sought[i].key, 0);
	for (size_t i = RT_SOUGHT_MAX - count + 1; i < RT_SOUGHT_MAX; i++)
		assert_true(sought[i - 1].key < sought[i].key);
}

static void test_few_after_many(void **state)
{
	static struct sought_socket many[RT_SOUGHT_MAX + 1];
	const struct sought_socket few[] = {{0xffff888000000300, 33, 803}, {0xffff888000000100, 11, 801}};
	struct rt_sought *sought = map();

	(void)state;
	for (size_t i = 0; i < RT_SOUGHT_MAX + 1; i++)
		many[i].key = 0xffff888000000000 + (i * 7919 % 65536 + 1) * 64;
	sought_set(sought, many, RT_SOUGHT_MAX + 1);
	assert_sorted(sought, RT_SOUGHT_MAX);
	sought_set(sought, few, 2);
	assert_sorted(sought, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct rt_sought *entry = &sought[RT_SOUGHT_MAX - 1 - i];

		assert_int_equal(entry->key, few[i].key);
		assert_int_equal(entry->inode, few[i].inode);
		assert_int_equal(entry->port, few[i].port);
	}
	sought_set(sought, NULL, 0);
	assert_sorted(sought, 0);
	sought_unmap(sought);
}

static void test_no_memory_of_a_map(void **state)
{
	struct rt_sought *sought;

	(void)state;
	assert_int_equal(sought_map(-1, &sought), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_after_many),
		cmocka_unit_test(test_no_memory_of_a_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
