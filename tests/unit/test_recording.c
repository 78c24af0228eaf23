/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read back is what was written, and is judged as it was. */
#include "recordings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attempts.h"
#include "view/json.h"

#define ROUNDS	     3000
#define HOLDERS_MOST 5

/* ---- what was written, byte for byte */

static void assert_comes_back(const struct policy *policy, const struct event *events, size_t count)
{
	char *written = make_recording(policy, events, count), *again = NULL;
	char error[RECORDING_ERROR_LEN] = "";
	struct memory_file file;
	size_t size = 0;
	FILE *out = open_memstream(&again, &size);

	memory_open(&file);
	memory_set(&file, written, strlen(written));
	assert_int_equal(read_recording(file.path, json_view_new, out, error), count + 1);
	assert_string_equal(error, "");
	fclose(out);
	assert_string_equal(again, written);
	memory_close(&file);
	free(again);
	free(written);
}

static void test_every_type(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPE_MAX; type++) {
		struct holder holder = listener();
		struct event event = refused(&holder);

		event.type = (enum event_type)type;
		event.option = (struct option_change){
			.name = "SO_REUSEPORT", .value = -1, .result = -92, .time_ns = AT(62, 100) + 17};
		event.release = (enum release)(type % RELEASE_MAX);
		event.after_attempt = 3;
		event.delta_ns = 1500;
		event.took_ns = 42;
		holder.reason = RULE_NONE;
		event.has_verdict = false;
		event.verdict = (struct verdict){0};
		event.finding = (struct event_finding){.kind = FINDING_LIVES_ON, .attempt = 3, .attempts = 2};
		event.delivery = (struct delivery){.to = event.sock.address, .to_port = 8080, .number = 103};
		if (event_is_attempt(&event))
			judge(&event, &kept);
		else
			finding_write(&event);
		assert_comes_back(&kept, &event, 1);
	}
}

static void test_places(void **state)
{
	struct place places[] = {{.unit = "nginx.service",
				  .container = "1a2b",
				  .container_name = "web",
				  .passed_as = "http.socket"},
				 {.unit = "a.slice", .serves = "3c4d"}};
	struct holder holder = listener();
	struct event event = refused(&holder);
	struct owner owner = owner_4100;

	(void)state;
	event.process.place = places[0];
	owner.place = &places[0];
	holder.owners = &owner;
	holder.bound_by.place = &places[1];
	holder.places = places;
	judge(&event, &kept);
	assert_comes_back(&kept, &event, 1);
}

static void test_refusal(void **state)
{
	struct event event = attempt(EVENT_BIND, 4242);

	(void)state;
	event.result = -13;
	event.stage = STAGE_LSM;
	event.refusal = (struct refusal_facts){
		.present = true,
		.addrlen = 16,
		.sa_family = 2,
		.lsm = "apparmor",
		.lsm_label = "/usr/bin/x (enforce)",
		.lsm_active = "capability,landlock,apparmor",
		.programs = {{7, "deny", "/system.slice"}, {0, "", ""}},
		.program_count = 2,
		.rewritten = true,
		.new_address = event.sock.address,
		.new_port = 81,
		.user_ns = 4026531837,
		.net_user_ns = 4026531838,
		.capable = true,
		.nonlocal_bind = true,
		.keeps_port = true,
		.interfaces_listed = true,
		.here_device = "eth0",
		.here_failed = true,
		.here_down = true,
		.here_other_device = true,
		.others_listed = 3,
		.own_lo = 4000,
		.own_hi = 5000,
		.ports = {true, 7, 2, 1, {{812, 4, "nginx"}, {813, 1, ""}}},
		.there = {4026531999, 812, "nginx", "blue", "veth1"},
	};
	judge(&event, &kept);
	assert_comes_back(&kept, &event, 1);
	event.refusal = (struct refusal_facts){.present = true, .addrlen = -1, .interfaces_listed = true};
	judge(&event, &kept);
	assert_comes_back(&kept, &event, 1);
}

static void test_absent(void **state)
{
	struct event event = {.type = EVENT_BIND,
			      .time_ns = AT(1, 0),
			      .process.uid = UID_NONE,
			      .sock.uid = UID_NONE,
			      .bucket.fastuid = UID_NONE,
			      .fd = -1};

	(void)state;
	judge(&event, &kept);
	assert_comes_back(&kept, &event, 1);
}

static void test_names_of_a_hostile_process(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);

	(void)state;
	/* UTF-8 only: other bytes are U+FFFD from the first writing on */
	strcpy(event.process.comm, "\033]0;x\a\\\"\xc3\xa4");
	snprintf(event.process.exe, EXE_LEN, "/tmp/\"\n\x7f</script>\xf0\x9f\x98\x80");
	snprintf(holder.sock.device, DEVICE_LEN, "\033[31m");
	holder.sock.ifindex = 2;
	judge(&event, &kept);
	assert_comes_back(&kept, &event, 1);
}

/* Bytes that are no UTF-8 grow; what has no room is cut behind a whole character. */
static void test_names_that_grow(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);
	char *written, *again = NULL, error[RECORDING_ERROR_LEN];
	struct memory_file file;
	size_t size = 0;
	FILE *out = open_memstream(&again, &size);

	(void)state;
	memset(event.process.comm, 0xff, sizeof(event.process.comm) - 1);
	written = make_recording(&kept, &event, 1);
	memory_open(&file);
	memory_set(&file, written, strlen(written));
	assert_int_equal(read_recording(file.path, json_view_new, out, error), 2);
	fclose(out);
	assert_non_null(
		strstr(again, "\"comm\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""));
	memory_close(&file);
	free(again);
	free(written);
}

/* ---- the same verdict for anything that the rules may be given */

static uint64_t random_state;

static uint32_t draw(uint32_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 32) % bound;
}

static void draw_address(enum family family, struct address *address)
{
	static const char *const four[] = {"0.0.0.0", "127.0.0.1", "10.0.0.7"};
	static const char *const six[] = {"::", "::1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "fe80::1"};

	parse_address(family == FAMILY_IPV4 ? four[draw(COUNT(four))] : six[draw(COUNT(six))], address);
	if (address->bytes[0] == 0xfe)
		address->scope = draw(3);
}

static struct sock_info draw_sock(enum protocol protocol)
{
	struct sock_info sock = {
		.id = 1 + draw(9),
		.inode = draw(3) ? 33000 + draw(9) : 0,
		.netns = draw(2) ? 4026531840U + draw(2) : 0,
		.uid = draw(4) ? 1000 * draw(2) : UID_NONE,
		.protocol = protocol,
		.family = draw(2) ? FAMILY_IPV4 : FAMILY_IPV6,
		.state = (enum sock_state)draw(STATE_MAX),
		.port = draw(9) ? 8080 : 0,
		.ifindex = draw(4) ? 0 : 1 + draw(2),
		.vrf = draw(4) ? 0 : 7,
		.options = {.reuseaddr = draw(2),
			    .reuseport = draw(2),
			    .force_reuse = !draw(9),
			    .v6only = !draw(4),
			    .bind_address_no_port = !draw(9)},
		.orphan = !draw(5),
		.unaccepted = !draw(9),
		.kernel = !draw(9),
		.minisock = !draw(6),
		.port_chosen = !draw(3),
		.connect_bound = !draw(5),
		.accepted = !draw(4),
		.group_own = !draw(4),
		.group_program = !draw(6),
		.group_closed = !draw(6),
		.group_id = draw(3),
		.group_size = draw(4),
	};

	draw_address(sock.family, &sock.address);
	if (draw(2)) {
		draw_address(sock.family, &sock.peer);
		sock.peer_port = (uint16_t)(1 + draw(65535));
	}
	return sock;
}

static void draw_holder(struct holder *holder, struct owner *owner, enum protocol protocol, uint32_t place)
{
	*holder = (struct holder){
		.sock = draw_sock(protocol),
		.kind = (enum holder_kind)draw(KIND_MAX),
		.place = place,
		.since_ns = draw(2) ? AT(draw(60), draw(1000)) : 0,
		.older = draw(2),
		.expires_ms = draw(2) ? (int64_t)draw(60000) : -1,
		.released_after_ns = draw(3) ? -1 : (int64_t)draw(1000000),
		.bound_by = {.pid = draw(2) ? 4100 : 0, .fd = -1, .comm = "old"},
	};
	if (!holder->bound_by.pid)
		holder->bound_by.comm[0] = '\0';
	*owner =
		(struct owner){.pid = draw(9) ? 4100 + draw(3) : 4242, .fd = (int32_t)draw(5), .comm = "old"};
	if (draw(2)) {
		holder->owners = owner;
		holder->owner_count = 1;
	}
}

static void draw_bucket(struct bucket_facts *bucket)
{
	*bucket = (struct bucket_facts){.fastuid = UID_NONE, .slot_count = draw(20)};
	if (draw(3)) {
		bucket->present = true;
		bucket->fastreuse = (int)draw(3) - 1;
		bucket->fastreuseport = (int)draw(4) - 1;
		bucket->fastuid = 1000 * draw(2);
		bucket->fast_v6only = draw(2);
		bucket->l3mdev = draw(4) ? 0 : 7;
		draw_address(draw(2) ? FAMILY_IPV4 : FAMILY_IPV6, &bucket->fast_address);
	}
}

static void draw_attempt(struct event *event, struct holder *holders, struct owner *owners)
{
	static const enum protocol protocols[] = {PROTO_TCP, PROTO_UDP, PROTO_MPTCP};
	static const enum event_type types[] = {EVENT_BIND, EVENT_BIND, EVENT_LISTEN, EVENT_AUTOBIND};
	static const int errors[] = {0, 0, -98, -98, -98, -11, -99, -13, -22, -12};
	enum protocol protocol = protocols[draw(COUNT(protocols))];

	*event = (struct event){
		.type = types[draw(COUNT(types))],
		.seq = 2,
		.time_ns = AT(62, draw(1000)),
		.process = {.pid = 4242, .tid = 4242, .uid = 1000, .comm = "new"},
		.sock = draw_sock(protocol),
		.requested_port = draw(3) ? 8080 : 0,
		.result = errors[draw(COUNT(errors))],
		.fd = (int)draw(4) - 1,
		.explicit_port = draw(3),
		.by_connect = !draw(4),
		.asked = draw(2),
		.range_lo = 32768,
		.range_hi = draw(3) ? 60999 : 0,
		.unprivileged_start = 1024,
		.entry_port = draw(4) ? 0 : 8080,
		.autobind_reuse = !draw(4),
		.l3mdev_accept = !draw(4),
		.address_tentative = !draw(4),
		.kernel_call = !draw(4),
		.truncated = !draw(6),
		.holders = holders,
		.holder_count = draw(HOLDERS_MOST + 1),
	};
	event->range_lo = event->range_hi ? event->range_lo : 0;
	event->fd = event->fd < 0 ? -1 : event->fd;
	event->listening = event->type == EVENT_LISTEN;
	event->stage = event->result ? (enum stage)(1 + draw(STAGE_MAX - 1)) : STAGE_NONE;
	event->holders_total = (uint32_t)event->holder_count + (event->truncated ? 9 : 0);
	draw_address(event->sock.family, &event->requested);
	draw_bucket(&event->bucket);
	for (size_t i = 0; i < event->holder_count; i++)
		draw_holder(&holders[i], &owners[i], protocol, (uint32_t)i);
	if (event->holder_count && event->result && draw(2)) {
		struct holder *compared = &holders[draw((uint32_t)event->holder_count)];

		compared->compared = compared->culprit = true;
	}
	if (event->sock.protocol != PROTO_UDP)
		event->bucket.slot_count = 0;
}

static void test_judged_again(void **state)
{
	const struct policy *const policies[] = {&new_kernel, &kernel_6_1, &kernel_5_10};
	struct holder holders[HOLDERS_MOST];
	struct owner owners[HOLDERS_MOST];
	struct event event;

	(void)state;
	random_state = 0x9e3779b97f4a7c15;
	for (int i = 0; i < ROUNDS; i++) {
		const struct policy *policy = policies[draw(COUNT(policies))];

		draw_attempt(&event, holders, owners);
		judge(&event, policy);
		assert_comes_back(policy, &event, 1);
	}
}

/* The culprit comes first in the text, and that is no evidence. */
static void test_order_is_the_kernels(void **state)
{
	static const char *const lines[MAX_HOLDERS] = {"0.0.0.0 rp", "127.0.0.1 rp", "127.0.0.1"};
	struct attempt attempt;

	(void)state;
	make_attempt(&attempt, PROTO_UDP, "127.0.0.1 rp", lines);
	for (size_t i = 0; i < 3; i++)
		attempt.holders[i].place = (uint32_t)i;
	attempt.holders[2].compared = attempt.holders[2].culprit = true;
	attempt.event.time_ns = AT(1, 0);
	attempt.event.bucket.fastuid = UID_NONE;
	kernel_says(&attempt.event, USED, STAGE_PORT);
	judge(&attempt.event, &new_kernel);
	assert_int_equal(attempt.event.verdict.agrees, 0);
	assert_int_equal(attempt.event.holders[0].place, 2);
	for (size_t i = 0; i < 3; i++) {
		attempt.holders[i].released_after_ns = -1;
		attempt.holders[i].bound_by.fd = -1;
	}
	assert_comes_back(&new_kernel, &attempt.event, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_names_of_a_hostile_process),
		cmocka_unit_test(test_names_that_grow),
		cmocka_unit_test(test_judged_again),
		cmocka_unit_test(test_order_is_the_kernels),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
