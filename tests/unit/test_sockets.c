/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of a recording: numbers that stay, owners, who had a port last. */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/sockets.h"

#define MANY	 300000
#define KEY(i)	 (0xffff888000000000ULL + (i)*2048) /* as slab addresses are: far apart, low bits 0 */
#define INODE(i) (30000 + (i))

static int make(void **state)
{
	*state = sockets_new();
	return *state ? 0 : -1;
}

static int drop(void **state)
{
	sockets_free(*state);
	return 0;
}

static void test_numbers_stay(void **state)
{
	struct sockets *sockets = *state;
	uint64_t first, second;

	assert_null(sockets_find(sockets, KEY(1), INODE(1)));
	first = sockets_get(sockets, KEY(1), INODE(1))->id;
	second = sockets_get(sockets, KEY(2), INODE(2))->id;
	assert_int_not_equal(first, 0);
	assert_int_not_equal(first, second);
	assert_int_equal(sockets_get(sockets, KEY(1), INODE(1))->id, first);
	assert_int_equal(sockets_find(sockets, KEY(2), INODE(2))->id, second);
}

/* The kernel gives a freed socket's memory to the next one. */
static void test_address_used_again(void **state)
{
	struct sockets *sockets = *state;
	struct socket_entry *old = sockets_get(sockets, KEY(1), 100), *new;
	uint64_t id = old->id;

	old->released_ns = 7;
	old->bound_by.pid = 4100;
	new = sockets_get(sockets, KEY(1), 101);
	assert_int_not_equal(new->id, id);
	assert_int_equal(new->bound_by.pid, 0);
	assert_int_equal(new->released_ns, 0);
	assert_int_equal(sockets_find(sockets, KEY(1), 100)->id, id);
}

static void test_growth(void **state)
{
	struct sockets *sockets = *state;
	struct socket_entry *entry;

	for (uint64_t i = 0; i < MANY; i++) {
		entry = sockets_get(sockets, KEY(i), INODE(i));
		assert_non_null(entry);
		assert_int_equal(entry->id, i + 1);
		entry->bound_ns = i + 1;
	}
	for (uint64_t i = 0; i < MANY; i++) {
		entry = sockets_find(sockets, KEY(i), INODE(i));
		assert_non_null(entry);
		assert_int_equal(entry->id, i + 1);
		assert_int_equal(entry->bound_ns, i + 1);
	}
	assert_null(sockets_find(sockets, KEY(MANY), INODE(MANY)));
}

/* A long recording: what was released may be forgotten, what holds its port never, numbers never come back.
 */
static void test_many_released(void **state)
{
	struct sockets *sockets = *state;
	uint64_t kept = sockets_get(sockets, KEY(MANY), INODE(MANY))->id, last = kept;
	struct socket_entry *entry;

	sockets_find(sockets, KEY(MANY), INODE(MANY))->held = true;
	for (uint64_t i = 0; i < MANY; i++) {
		entry = sockets_get(sockets, KEY(i % 100), INODE(i));
		assert_non_null(entry);
		assert_true(entry->id > last);
		last = entry->id;
		entry->released_ns = i + 1;
	}
	assert_int_equal(sockets_find(sockets, KEY(MANY), INODE(MANY))->id, kept);
}

static void add_owner(struct sockets *sockets, uint64_t key, uint32_t pid, int fd)
{
	const struct owner owner = {.pid = pid, .fd = fd};

	assert_int_equal(owners_add(sockets, KEY(key), INODE(key), &owner), 0);
}

static void test_owners(void **state)
{
	struct sockets *sockets = *state;
	struct holder holder = {.owners = NULL};
	const struct owner other = {.pid = 9};

	assert_int_equal(owners_of(sockets, KEY(1), INODE(1), &holder), 0);
	for (uint32_t i = 1000; i > 0; i--)
		add_owner(sockets, i % 10, i, (int)i);
	assert_int_equal(owners_of(sockets, KEY(1), INODE(1), &holder), 100);
	for (size_t i = 1; i < holder.owner_count; i++)
		assert_true(holder.owners[i - 1].pid < holder.owners[i].pid);
	add_owner(sockets, 50, 4100, 5);
	add_owner(sockets, 50, 4100, 3);
	assert_int_equal(owners_of(sockets, KEY(50), INODE(50), &holder), 2);
	assert_int_equal(holder.owners[0].fd, 3);
	assert_int_equal(holder.owners[1].fd, 5);

	/* the same address, another socket */
	assert_int_equal(owners_add(sockets, KEY(50), 1, &other), 0);
	assert_int_equal(owners_of(sockets, KEY(50), INODE(50), &holder), 2);
	assert_int_equal(owners_of(sockets, KEY(50), 1, &holder), 1);
	assert_int_equal(holder.owners[0].pid, 9);

	/* a subflow by the inode of another one, and nothing else */
	holder.sock = (struct sock_info){.inode = INODE(50)};
	assert_int_equal(owners_of_holder(sockets, KEY(4711), &holder), 0);
	holder.sock.subflow = true;
	assert_int_equal(owners_of_holder(sockets, KEY(4711), &holder), 2);
	holder.sock.inode = 12345678;
	assert_int_equal(owners_of_holder(sockets, KEY(4711), &holder), 0);
	holder.sock.inode = 0;
	assert_int_equal(owners_of_holder(sockets, KEY(4711), &holder), 0);
	assert_true(owners_has_inode(sockets, INODE(50)));
	assert_false(owners_has_inode(sockets, 12345678));
	assert_int_equal(owners_of(sockets, KEY(50), 1, &holder), 1);

	owners_clear(sockets);
	assert_int_equal(owners_of(sockets, KEY(50), 1, &holder), 0);
	assert_null(holder.owners);
}

/* More than there is room for at first: each keeps its socket, its place in the order and its path. */
static void test_many_owners(void **state)
{
	struct sockets *sockets = *state;
	struct holder holder = {.owners = NULL};
	struct owner owner = {.survives_exec = true, .comm = "nginx"};

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < MANY; i++) {
			owner.pid = 1 + i / 3;
			owner.fd = (int)(2 - i % 3);
			snprintf(owner.exe, sizeof(owner.exe), "%s%" PRIu32, i % 3 ? "/usr/sbin/nginx-" : "",
				 i);
			owner.exe[i % 3 ? sizeof(owner.exe) - 1 : 0] = '\0';
			assert_int_equal(owners_add(sockets, KEY(i / 6), INODE(i / 6), &owner), 0);
		}
		for (uint32_t i = 0; i < MANY / 6; i++) {
			char exe[EXE_LEN];

			assert_true(owners_has(sockets, KEY(i), INODE(i)));
			assert_false(owners_has(sockets, KEY(i), INODE(i + 1)));
			assert_int_equal(owners_of(sockets, KEY(i), INODE(i), &holder), 6);
			for (uint32_t n = 0; n < 6; n++) {
				assert_int_equal(holder.owners[n].pid, 1 + i * 2 + n / 3);
				assert_int_equal(holder.owners[n].fd, n % 3);
				assert_true(holder.owners[n].survives_exec);
				assert_string_equal(holder.owners[n].comm, "nginx");
				snprintf(exe, sizeof(exe), "/usr/sbin/nginx-%" PRIu32,
					 i * 6 + n / 3 * 3 + 2 - n % 3);
				assert_string_equal(holder.owners[n].exe, n % 3 == 2 ? "" : exe);
			}
		}
		assert_false(owners_has(sockets, KEY(MANY), INODE(MANY)));
		owners_clear(sockets);
		assert_false(owners_has(sockets, KEY(1), INODE(1)));
	}
	assert_int_equal(owners_of(sockets, KEY(1), INODE(1), &holder), 0);
}

static void test_last_on_port(void **state)
{
	struct sockets *sockets = *state;
	const struct sock_info tcp = {.protocol = PROTO_TCP, .netns = 1, .port = 65535};
	const struct sock_info udp = {.protocol = PROTO_UDP, .netns = 1, .port = 65535};
	const struct owner owner = {.pid = 4100, .fd = 3};

	assert_false(sockets_listened(sockets, &tcp));
	sockets_note_port(sockets, &tcp, &owner, true);
	assert_true(sockets_listened(sockets, &tcp));
	assert_false(sockets_listened(sockets, &udp));
	assert_int_equal(sockets_last_owner(sockets, &tcp)->pid, 4100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_numbers_stay, make, drop),
		cmocka_unit_test_setup_teardown(test_address_used_again, make, drop),
		cmocka_unit_test_setup_teardown(test_growth, make, drop),
		cmocka_unit_test_setup_teardown(test_many_released, make, drop),
		cmocka_unit_test_setup_teardown(test_owners, make, drop),
		cmocka_unit_test_setup_teardown(test_many_owners, make, drop),
		cmocka_unit_test_setup_teardown(test_last_on_port, make, drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
