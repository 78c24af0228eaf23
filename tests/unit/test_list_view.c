/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of `ls`, byte for byte. */
#include "unit.h"

#include <string.h>

#include "view/list_view.h"

static const struct holder listener = {
	.kind = KIND_PROCESS,
	.expires_ms = -1,
	.sock =
		{
			.netns = 4026531840,
			.uid = 33,
			.protocol = PROTO_TCP,
			.family = FAMILY_IPV4,
			.state = STATE_LISTEN,
			.port = 8080,
			.address = {.family = FAMILY_IPV4, .bytes = {127, 0, 0, 1}},
			.options = {.reuseaddr = true},
		},
};

static void assert_row(const struct holder *holder, const char *expected)
{
	struct strbuf out = {.data = NULL};

	list_row(&out, holder);
	assert_int_equal(out.error, 0);
	assert_int_equal(strlen(out.data), out.length);
	assert_string_equal(out.data, expected);
	strbuf_free(&out);
}

static void test_head(void **state)
{
	struct strbuf out = {.data = NULL};

	(void)state;
	list_head(&out);
	assert_string_equal(out.data,
			    "NETNS      PROTO STATE       LOCAL                 PEER                  "
			    "FLAGS    GROUP UID   UNIT            HELD BY\n");
	strbuf_free(&out);
}

static void test_rows(void **state)
{
	struct owner owner = {.pid = 4100, .nspid = 4100, .fd = 6, .comm = "nginx"};
	struct place place = {.unit = "nginx.service"};
	struct holder holder = listener;

	(void)state;
	holder.owners = &owner;
	holder.owner_count = 1;
	owner.place = &place;
	assert_row(&holder,
		   "4026531840 tcp   listen      127.0.0.1:8080        -                     ...R.... -"
		   "     33    nginx.service   nginx[4100] fd 6\n");
	holder.sock.group_size = 12;
	holder.sock.ifindex = 3;
	memcpy(holder.sock.device, "v\xc3\xa9th", 6);
	assert_row(&holder, "4026531840 tcp   listen      127.0.0.1:8080%v\xc3\xa9th   -                     "
			    "...R..D. 12    33    nginx.service   nginx[4100] fd 6\n");
}

/* A cell that is longer than its column pushes the rest, and one without text says so. */
static void test_long_and_empty(void **state)
{
	struct holder holder = listener;

	(void)state;
	holder.kind = KIND_TIME_WAIT;
	holder.expires_ms = 59001;
	holder.sock.state = STATE_TIME_WAIT;
	holder.sock.uid = UID_NONE;
	memset(holder.sock.address.bytes, 0xab, 16);
	holder.sock.address.family = FAMILY_IPV6;
	holder.sock.peer = holder.sock.address;
	holder.sock.peer_port = 65535;
	assert_row(&holder,
		   "4026531840 tcp   time-wait   [abab:abab:abab:abab:abab:abab:abab:abab]:8080 "
		   "[abab:abab:abab:abab:abab:abab:abab:abab]:65535 ...R.... -     -     -               "
		   "a TIME_WAIT remnant, 60 s left\n");
	holder = (struct holder){.expires_ms = -1, .sock = {.blind = true, .uid = UID_NONE - 1}};
	assert_row(&holder,
		   "-          -     -           -                     -                     -        -"
		   "     4294967294 -               unknown process\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_and_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
