/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sharing with a stranger, and processes that live on without their port. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "model/refused.h"

static void judged(struct attempt *attempt, enum protocol protocol, const char *binder, const char *holder)
{
	const char *const holders[MAX_HOLDERS] = {holder};

	make_attempt(attempt, protocol, binder, holders);
	snprintf(attempt->event.process.exe, EXE_LEN, "/usr/bin/new");
	snprintf(attempt->owners[0].exe, EXE_LEN, "/usr/bin/new");
	attempt->event.fd = -1;
	kernel_says(&attempt->event, 0, STAGE_NONE);
}

/* Each combination, told apart by its words. */
static void test_differences(void **state)
{
	static const char *const words[] = {
		NULL,
		"another executable",
		"another uid",
		"another executable and uid",
		"another unit",
		"another executable and unit",
		"another uid and unit",
		"another executable, uid and unit",
	};
	struct attempt attempt;

	(void)state;
	for (unsigned int i = 0; i < COUNT(words); i++) {
		struct event *event = &attempt.event;
		struct place place = {.unit = ""};
		char text[128];

		judged(&attempt, PROTO_UDP, "127.0.0.1 ra", "127.0.0.1 ra");
		if (i & DIFFERS_EXECUTABLE)
			snprintf(attempt.owners[0].exe, EXE_LEN, "/usr/bin/old");
		if (i & DIFFERS_UID)
			attempt.holders[0].sock.uid = 0;
		snprintf(event->process.place.unit, UNIT_LEN, "new.service");
		snprintf(place.unit, UNIT_LEN, i & DIFFERS_UNIT ? "old.service" : "new.service");
		attempt.owners[0].place = &place;
		judge(event, &new_kernel);
		assert_int_equal(event->verdict.differs, i);
		assert_int_equal(attempt.holders[0].differs, i);
		if (!i) {
			assert_null(difference_words[i]);
			continue;
		}
		assert_string_equal(difference_words[i], words[i]);
		event->finding.kind = FINDING_SHARED_PORT;
		finding_write(event);
		snprintf(text, sizeof(text), "new[4242] shares 127.0.0.1:8080 with old[4100], %s", words[i]);
		assert_string_equal(event->finding.text, text);
	}
}

/* A quirk let both bind, or both listen: shared all the same. */
static void test_strangers_of_every_kind(void **state)
{
	static const struct {
		const struct policy *policy;
		enum event_type type;
		const char *binder, *holder;
	} table[] = {
		{&kernel_6_1, EVENT_BIND, "::ffff:127.0.0.1", "::ffff:0.0.0.0 uid=0"},
		{&kernel_6_1, EVENT_BIND, "127.0.0.1 ra", "127.0.0.1 uid=0"},
		{&new_kernel, EVENT_LISTEN, "127.0.0.1 ra", "127.0.0.1 ra uid=0"},
	};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		judged(&attempt, PROTO_TCP, table[i].binder, table[i].holder);
		attempt.event.type = table[i].type;
		attempt.event.listening = table[i].type == EVENT_LISTEN;
		attempt.event.bucket.present = true;
		attempt.event.bucket.fastreuse = 1;
		judge(&attempt.event, table[i].policy);
		assert_int_equal(attempt.event.verdict.differs, DIFFERS_UID);
		attempt.event.type = EVENT_CONNECT;
		judge(&attempt.event, table[i].policy);
		assert_int_equal(attempt.event.verdict.differs, 0);
	}
}

/* What is no stranger, or does not compete. */
static void test_no_strangers(void **state)
{
	static const struct {
		enum protocol protocol;
		const char *binder, *holder;
	} table[] = {
		{PROTO_TCP, "127.0.0.1", "127.0.0.2 uid=0"},
		{PROTO_TCP, "127.0.0.1 ra", "127.0.0.1 ra uid=0 accepted estab"},
		{PROTO_TCP, "127.0.0.1 ra", "127.0.0.1 ra tw"},
		{PROTO_UDP, "127.0.0.1 ra", "127.0.0.1 ra uid=0 netns=2"},
	};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		judged(&attempt, table[i].protocol, table[i].binder, table[i].holder);
		judge(&attempt.event, &new_kernel);
		assert_int_equal(attempt.event.verdict.differs, 0);
	}
	judged(&attempt, PROTO_UDP, "127.0.0.1 ra", "127.0.0.1 ra");
	attempt.owners[0].exe[0] = '\0';
	attempt.holders[0].sock.uid = UID_NONE;
	snprintf(attempt.event.process.place.unit, UNIT_LEN, "new.service");
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.differs, 0); /* unknown is no evidence */
	judged(&attempt, PROTO_TCP, "127.0.0.1", "127.0.0.1 uid=0");
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.differs, 0); /* refused: nothing is shared */
}

/* Exact words of who answers where a quirk let both bind, and once both listen. */
static void test_delivery_words(void **state)
{
	static const struct {
		const struct policy *policy;
		enum protocol protocol;
		enum event_type type;
		const char *binder, *holder, *text;
	} table[] = {
		{&new_kernel, PROTO_TCP, EVENT_BIND, "0.0.0.0 rp", "0.0.0.0 rp listen",
		 "once they listen, new connections are spread between the 2 sockets by a hash of addresses "
		 "and "
		 "ports"},
		{&new_kernel, PROTO_TCP, EVENT_LISTEN, "0.0.0.0 rp", "0.0.0.0 rp listen",
		 "new connections are spread between the 2 sockets by a hash of addresses and ports"},
		{&kernel_6_1, PROTO_TCP, EVENT_BIND, "::ffff:127.0.0.1", "::ffff:0.0.0.0",
		 "this socket may listen; listen() on the other will get EADDRINUSE"},
		{&kernel_6_1, PROTO_TCP, EVENT_BIND, "::ffff:127.0.0.1", "::ffff:0.0.0.0 listen",
		 "the new socket answers on ::ffff:127.0.0.1, old[4100] on all other addresses"},
		{&kernel_5_10, PROTO_UDP, EVENT_BIND, "0.0.0.0", "127.0.0.1",
		 "old[4100] receives what is sent to 127.0.0.1, the new socket what is sent to other "
		 "addresses"},
	};
	struct attempt attempt;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		judged(&attempt, table[i].protocol, table[i].binder, table[i].holder);
		attempt.event.type = table[i].type;
		attempt.event.listening = table[i].type == EVENT_LISTEN;
		attempt.event.entry_port = attempt.event.listening ? 8080 : 0;
		attempt.event.bucket.slot_count = 12;
		judge(&attempt.event, table[i].policy);
		assert_string_equal(attempt.event.verdict.delivery, table[i].text);
	}
}

static const struct refused_entry *due(struct refused *refused, uint64_t now_ns, uint32_t pid,
				       const struct sock_info *sock)
{
	refused_check(refused, now_ns);
	if (sock)
		refused_socket(refused, pid, sock);
	return refused_next(refused);
}

static struct event refusal(uint32_t pid)
{
	struct holder holder = listener();
	struct event event = refused(&holder);

	event.process.pid = pid;
	event.holders = NULL;
	event.holder_count = 0;
	return event;
}

static void test_lives_on_once(void **state)
{
	struct refused *refused = calloc(1, sizeof(*refused));
	struct event event = refusal(4242), told;
	const struct refused_entry *entry;

	(void)state;
	refused_note(refused, &event);
	assert_null(due(refused, event.time_ns + REFUSED_GRACE_NS - 1, 0, NULL));
	event.time_ns += 1000000000;
	event.seq = 9;
	refused_note(refused, &event);
	entry = due(refused, event.time_ns + REFUSED_GRACE_NS - 1000000000, 0, NULL);
	assert_non_null(entry);
	told = entry->event;
	assert_int_equal(told.finding.attempts, 2);
	assert_int_equal(told.finding.attempt, 9);
	finding_write(&told);
	assert_string_equal(told.finding.text,
			    "python3[4242] lives on without a listener on 127.0.0.1:8080, refused 2 times");
	refused_note(refused, &event);
	assert_null(due(refused, event.time_ns + 2 * REFUSED_GRACE_NS, 0, NULL));
	free(refused);
}

static void test_lives_on_words(void **state)
{
	struct event event = refusal(4242);

	(void)state;
	event.finding = (struct event_finding){.kind = FINDING_LIVES_ON, .attempts = 1};
	finding_write(&event);
	assert_string_equal(event.finding.text,
			    "python3[4242] lives on without a listener on 127.0.0.1:8080");
	event.sock.protocol = PROTO_UDP;
	event.requested.family = FAMILY_NONE;
	finding_write(&event);
	assert_string_equal(event.finding.text, "python3[4242] lives on without a socket on 127.0.0.1:8080");
}

/* A listener on that port in that process ends it; a bound socket, another process or port does not. */
static void test_lives_on_with_a_socket(void **state)
{
	struct refused *refused = calloc(1, sizeof(*refused));
	struct event event = refusal(4242);
	struct sock_info listening = listener().sock, other = listening;
	uint64_t later = event.time_ns + REFUSED_GRACE_NS;

	(void)state;
	refused_note(refused, &event);
	assert_null(due(refused, later, 4242, &listening));
	assert_int_equal(refused->count, 0);

	refused_note(refused, &event);
	other.port = 8081;
	refused_check(refused, later);
	refused_socket(refused, 4242, &other);
	refused_socket(refused, 4100, &listening);
	other = listening;
	other.state = STATE_BOUND;
	refused_socket(refused, 4242, &other);
	other = listening;
	other.netns++;
	refused_socket(refused, 4242, &other);
	assert_non_null(refused_next(refused));
	assert_null(refused_next(refused));
	free(refused);
}

static void test_refused_is_bounded(void **state)
{
	struct refused *refused = calloc(1, sizeof(*refused));
	struct event event;

	(void)state;
	event = refusal(1);
	event.result = -EACCES;
	refused_note(refused, &event);
	event = attempt(EVENT_BIND, 1);
	refused_note(refused, &event);
	assert_int_equal(refused->count, 0);
	for (uint32_t pid = 1; pid <= REFUSED_MAX + 3; pid++) {
		event = refusal(pid);
		refused_note(refused, &event);
	}
	assert_int_equal(refused->count, REFUSED_MAX);
	assert_int_equal(refused->entries[0].event.process.pid, 4);
	free(refused);
}

/* A row of its own for who lives on; a shared port has its lines already. */
static void test_finding_rows(void **state)
{
	struct event events[2] = {refusal(4242), attempt(EVENT_FINDING, 4243)};
	char *text;

	(void)state;
	events[0].type = EVENT_FINDING;
	events[0].finding = (struct event_finding){.kind = FINDING_LIVES_ON, .attempts = 3};
	finding_write(&events[0]);
	events[1].finding.kind = FINDING_SHARED_PORT;
	text = render(text_view_new, &no_header, events, COUNT(events));
	assert_string_equal(text, "10:01:09.872 4242  python3  tcp   127.0.0.1:8080     ...R....  finding    "
				  "python3[4242] lives on without a listener on 127.0.0.1:8080, refused 3 "
				  "times\n");
	free(text);
}

static void test_finding_json(void **state)
{
	struct event event = refusal(4242);
	char *text;

	(void)state;
	event.type = EVENT_FINDING;
	event.verdict.differs = DIFFERS_EXECUTABLE | DIFFERS_UNIT;
	event.finding = (struct event_finding){.kind = FINDING_SHARED_PORT, .attempt = 6, .attempts = 1};
	snprintf(event.finding.text, sizeof(event.finding.text), "shares");
	snprintf(event.verdict.delivery, sizeof(event.verdict.delivery), "answers");
	text = render(json_view_new, &no_header, &event, 1);
	assert_non_null(strstr(text, "\"type\":\"finding\""));
	assert_non_null(strstr(text,
			       "\"finding\":{\"kind\":\"shared-port\",\"text\":\"shares\",\"attempt\":6,"
			       "\"attempts\":1,\"because\":\"SO_REUSEADDR on both sides does not help "
			       "while one of them listens\",\"delivery\":\"answers\","
			       "\"differs\":[\"executable\",\"unit\"]}"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_strangers_of_every_kind),
		cmocka_unit_test(test_no_strangers),
		cmocka_unit_test(test_delivery_words),
		cmocka_unit_test(test_lives_on_once),
		cmocka_unit_test(test_lives_on_words),
		cmocka_unit_test(test_lives_on_with_a_socket),
		cmocka_unit_test(test_refused_is_bounded),
		cmocka_unit_test(test_finding_rows),
		cmocka_unit_test(test_finding_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
