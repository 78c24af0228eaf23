/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a bind would get on Windows beside sockets whose options no table has. */
#include <string.h>

#include "unit.h"

#include "rules/winsock.h"

enum { PLAIN, REUSE, EXCLUSIVE };

static struct sock_info sock_on(uint8_t last)
{
	return (struct sock_info){.protocol = PROTO_TCP,
				  .family = FAMILY_IPV4,
				  .address = {.family = FAMILY_IPV4, .bytes = {127, 0, 0, last}},
				  .port = 8080,
				  .uid = 1000,
				  .winsock = true,
				  .state = STATE_BOUND};
}

static struct event ask(int kind, struct holder *holder, size_t holders)
{
	struct event event = {
		.type = EVENT_WHY,
		.sock = sock_on(1),
		.requested = sock_on(1).address,
		.requested_port = 8080,
		.asked = true,
		.windows = {.present = true, .result = FROM_INFERRED},
		.holders = holder,
		.holder_count = holders,
	};

	event.sock.options.reuseaddr = kind == REUSE;
	event.sock.winsock_options.exclusive = kind == EXCLUSIVE;
	return event;
}

static struct event predict(int kind, uint8_t last, enum provenance options)
{
	static struct holder holder;
	struct event event;

	holder = (struct holder){.sock = sock_on(last), .kind = KIND_PROCESS, .expires_ms = -1};
	holder.sock.state = STATE_LISTEN;
	holder.sock.from[FACT_OPTIONS] = (uint8_t)options;
	event = ask(kind, &holder, 1);
	predict_winsock(&event);
	return event;
}

/* Without options of its own no choice of the holder's lets it pass; with SO_REUSEADDR one does. */
static void test_options_that_are_not_known(void **state)
{
	struct event event = predict(PLAIN, 1, FROM_ASSUMED);

	(void)state;
	assert_false(event.undecided);
	assert_int_equal(event.result, -10048);
	assert_true(event.has_verdict);
	assert_int_equal(event.verdict.culprit, 0);
	assert_false(predict(EXCLUSIVE, 1, FROM_ASSUMED).undecided);
	assert_int_equal(predict(EXCLUSIVE, 1, FROM_ASSUMED).result, -10048);
	assert_true(predict(REUSE, 1, FROM_ASSUMED).undecided);
	assert_false(predict(REUSE, 1, FROM_ASSUMED).has_verdict);
}

static void test_options_that_are_known(void **state)
{
	(void)state;
	assert_int_equal(predict(REUSE, 1, FROM_OBSERVED).result, -10013);
	assert_false(predict(REUSE, 1, FROM_OBSERVED).undecided);
}

static void test_other_address(void **state)
{
	(void)state;
	for (int kind = PLAIN; kind <= EXCLUSIVE; kind++) {
		struct event event = predict(kind, 2, FROM_ASSUMED);

		assert_int_equal(event.result, 0);
		assert_false(event.undecided);
		assert_int_equal(event.verdict.agrees, 1);
	}
}

static void test_excluded_range(void **state)
{
	struct event event = ask(PLAIN, NULL, 0);

	(void)state;
	event.windows.reserved = true;
	event.windows.reserved_lo = 8000;
	event.windows.reserved_hi = 8100;
	event.windows.reservation = FROM_QUERIED;
	predict_winsock(&event);
	assert_int_equal(event.result, -10013);
	assert_int_equal(event.verdict.rule, RULE_EXCLUDED_RANGE);
	event = ask(PLAIN, NULL, 0);
	predict_winsock(&event);
	assert_int_equal(event.result, 0);
	assert_int_equal(event.verdict.rule, RULE_FREE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options_that_are_not_known),
		cmocka_unit_test(test_options_that_are_known),
		cmocka_unit_test(test_other_address),
		cmocka_unit_test(test_excluded_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
