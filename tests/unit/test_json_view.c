/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NDJSON, byte for byte and read back by a library. */
#include "events.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/event_names.h"
#include "view/json.h"

#define SOCK_FACTS                                                                                           \
	"\"port_chosen\":false,\"connect_bound\":false,\"accepted\":false,\"orphan\":false,\"unaccepted\":"  \
	"false,\"kernel\":"                                                                                  \
	"false,"                                                                                             \
	"\"subflow\":false,\"minisock\":false,\"fin_wait2\":false,\"group_own\":false,\"group_"              \
	"program\":false,\"group_closed\":false,\"group_"                                                    \
	"id\":null,"                                                                                         \
	"\"group_size\":0,\"vrf\":null}"
#define OPTIONS                                                                                              \
	"{\"reuseaddr\":true,\"reuseport\":false,\"force_reuse\":false,\"v6only\":false,\"freebind\":false," \
	"\"transparent\":false,\"bind_address_no_port\":false}"

static void test_json_interface_example(void **state)
{
	struct holder holder = listener();
	const struct event event = refused(&holder);
	char *text = render(json_view_new, &no_header, &event, 1);

	(void)state;
	assert_string_equal(
		text,
		"{\"schema\":\"reusetrace/1\",\"type\":\"bind\",\"time\":\"2026-11-22T10:01:09.872113000Z\","
		"\"time_unix_nano\":\"1795341669872113000\",\"seq\":7,"
		"\"process\":{\"pid\":4242,\"tid\":4242,\"ppid\":4200,\"nspid\":4242,\"comm\":\"python3\","
		"\"exe\":\"/usr/bin/python3.11\",\"uid\":1000,\"cgroup\":\"/"
		"user.slice\",\"unit\":null,\"container\":null},"
		"\"socket\":{\"id\":\"s17\",\"inode\":33021,\"protocol\":\"tcp\",\"family\":\"ipv4\","
		"\"netns\":4026531840,"
		"\"device\":null,\"vrf\":null,\"uid\":1000,\"path\":null,"
		"\"requested\":{\"address\":\"127.0.0.1\",\"port\":8080},\"address\":\"127.0.0.1\",\"port\":"
		"8080,"
		"\"peer\":null,\"state\":\"bound\",\"options\":" OPTIONS "},\"fd\":3,"
		"\"result\":{\"ok\":false,\"errno\":\"EADDRINUSE\",\"code\":98,\"stage\":\"port\"},"
		"\"verdict\":{\"rule\":\"listener\",\"agrees\":true,"
		"\"text\":\"SO_REUSEADDR on both sides does not help while one of them listens\","
		"\"fix\":[\"stop 4100\",\"set SO_REUSEPORT on both sockets, both as uid 1000\"],"
		"\"delivery\":null,\"lacks\":null},\"took_ns\":null,"
		"\"facts\":{\"bucket\":{\"present\":true,\"fastreuse\":1,\"fastreuseport\":0,\"l3mdev\":0,"
		"\"fastuid\":1000,"
		"\"fast_address\":\"127.0.0.1\",\"fast_v6only\":false,\"slot_count\":null},"
		"\"policy\":{\"orphan_uid\":\"kept\",\"closed_group_ok\":true,\"fast_cache_live\":false,"
		"\"bhash2_native\":false,\"udp_slot_blind\":false,\"connect_bind_flag\":false},"
		"\"explicit_port\":true,\"listening\":false,\"asked\":true,\"autobind_reuse\":false,"
		"\"l3mdev_accept\":false,\"address_tentative\":false,\"kernel_call\":false,"
		"\"by_connect\":false,\"range\":[32768,60999],\"unprivileged_start\":1024,"
		"\"entry_port\":null,\"refusal\":null,"
		"\"socket\":{" SOCK_FACTS "},\"holders_total\":1,\"truncated\":false,"
		"\"holders\":[{\"id\":\"s3\",\"culprit\":true,\"reason\":\"listener\",\"kind\":\"process\","
		"\"state\":\"listen\",\"protocol\":\"tcp\",\"family\":\"ipv4\",\"address\":\"127.0.0.1\","
		"\"port\":8080,"
		"\"peer\":null,\"inode\":33010,\"netns\":4026531840,\"device\":null,\"uid\":1000,"
		"\"unit\":null,\"container\":null,\"options\":" OPTIONS ","
		"\"since\":\"2026-11-22T10:01:02.113Z\",\"older\":false,\"expires_s\":null,\"released_after_"
		"ns\":null,"
		"\"bound_by\":{\"pid\":4100,\"comm\":\"python3\",\"exe\":\"/usr/bin/python3.11\","
		"\"unit\":null,\"container\":null,\"ended\":false},"
		"\"processes\":[{\"pid\":4100,\"comm\":\"python3\",\"exe\":\"/usr/bin/"
		"python3.11\",\"fd\":3,\"nspid\":null,\"via\":\"descriptor\",\"index\":null,\"cloexec\":true,"
		"\"got\":null,\"relation\":null,"
		"\"unit\":null,\"container\":null}],"
		"\"receivers\":[],\"outside\":false,\"kernel\":null,\"differs\":[],"
		"\"facts\":{\"compared\":true,\"place\":0," SOCK_FACTS "}]}\n");
	free(text);
}

static bool is_ascii(const char *text)
{
	while (*text && !(*text & 0x80))
		text++;
	return !*text;
}

/* json-c 0.18, when strict, takes all bytes above ASCII for control characters. */
static struct json_object *parse_line(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object;

	json_tokener_set_flags(tokener,
			       JSON_TOKENER_VALIDATE_UTF8 | (is_ascii(text) ? JSON_TOKENER_STRICT : 0));
	object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	json_tokener_free(tokener);
	return object;
}

/* A member by its JSON pointer; NULL is JSON's null. */
static struct json_object *member(struct json_object *object, const char *path)
{
	struct json_object *found = NULL;

	if (json_pointer_get(object, path, &found))
		fail_msg("no %s", path);
	return found;
}

static void test_json_hostile(void **state)
{
	struct holder holder = listener();
	struct event event = refused(&holder);
	struct owner saved = owner_4100;

	(void)state;
	make_hostile(&event, &holder);

	char *text = render(json_view_new, &no_header, &event, 1);
	struct json_object *object;

	owner_4100 = saved;
	object = parse_line(text);

	assert_string_equal(json_object_get_string(member(object, "/process/comm")),
			    "\033]0;x\a\xef\xbf\xbd\\\xc2\x9b\xc3\xa4"
			    "123\xef\xbf\xbd");
	assert_string_equal(json_object_get_string(member(object, "/process/exe")),
			    "/tmp/\"\n\x7f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xf0\x9f\x98\x80");
	assert_string_equal(json_object_get_string(member(object, "/holders/0/device/name")), "\033[31m");
	for (const char *at = text; at[1]; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	json_object_put(object);
	free(text);
}

/* Unknown is null, never 0. */
static const char *const nulls[] = {
	"/process/pid",
	"/process/tid",
	"/process/ppid",
	"/process/nspid",
	"/process/comm",
	"/process/exe",
	"/process/uid",
	"/process/cgroup",
	"/process/unit",
	"/process/container",
	"/socket/id",
	"/socket/inode",
	"/socket/protocol",
	"/socket/family",
	"/socket/netns",
	"/socket/device",
	"/socket/vrf",
	"/socket/uid",
	"/socket/path",
	"/socket/requested",
	"/socket/address",
	"/socket/port",
	"/socket/peer",
	"/socket/state",
	"/fd",
	"/result/errno",
	"/result/stage",
	"/verdict",
	"/facts/bucket/fastreuse",
	"/facts/bucket/fastuid",
	"/facts/policy",
	"/facts/range",
	"/facts/entry_port",
	"/facts/socket/group_id",
	"/holders/0/id",
	"/holders/0/reason",
	"/holders/0/state",
	"/holders/0/protocol",
	"/holders/0/address",
	"/holders/0/port",
	"/holders/0/peer",
	"/holders/0/inode",
	"/holders/0/netns",
	"/holders/0/device",
	"/holders/0/uid",
	"/holders/0/since",
	"/holders/0/expires_s",
	"/holders/0/released_after_ns",
	"/holders/0/bound_by",
	"/holders/0/processes/0/comm",
	"/holders/0/processes/0/exe",
	"/holders/0/processes/0/fd",
	"/holders/0/processes/0/nspid",
	"/holders/0/processes/0/index",
	"/holders/0/processes/0/cloexec",
	"/holders/0/kernel",
};

static void test_json_nulls(void **state)
{
	struct owner owner = {.pid = 5, .fd = -1};
	struct holder holder = {
		.sock.uid = UID_NONE,
		.expires_ms = -1,
		.released_after_ns = -1,
		.owners = &owner,
		.owner_count = 1,
	};
	const struct event event = {
		.type = EVENT_BIND,
		.process.uid = UID_NONE,
		.sock.uid = UID_NONE,
		.fd = -1,
		.bucket.fastuid = UID_NONE,
		.holders = &holder,
		.holder_count = 1,
		.holders_total = 1,
	};
	char *text = render(json_view_new, &(struct view_config){.clock = clock_base}, &event, 1);
	struct json_object *object = parse_line(text);

	(void)state;
	for (size_t i = 0; i < COUNT(nulls); i++) {
		if (member(object, nulls[i]))
			fail_msg("%s is not null", nulls[i]);
	}
	assert_string_equal(json_object_get_string(member(object, "/holders/0/kind")), "unknown");
	assert_true(json_object_get_boolean(member(object, "/result/ok")));
	json_object_put(object);
	free(text);
}

static void test_json_every_type(void **state)
{
	(void)state;
	for (int type = 0; type < EVENT_TYPE_MAX; type++) {
		struct holder holder = listener();
		struct event event = refused(&holder);

		event.type = (enum event_type)type;
		event.option = (struct option_change){.name = "SO_REUSEPORT", .value = 1, .result = -92};
		event.after_attempt = 3;
		event.delta_ns = 1500;
		holder.expires_ms = 42001;

		char *text = render(json_view_new, &no_header, &event, 1);
		struct json_object *object = parse_line(text);

		assert_string_equal(json_object_get_string(member(object, "/type")),
				    event_type_name(event.type));
		if (type == EVENT_OPTION) {
			assert_string_equal(json_object_get_string(member(object, "/option/name")),
					    "SO_REUSEPORT");
			assert_string_equal(json_object_get_string(member(object, "/result/errno")),
					    "ENOPROTOOPT");
		} else if (type == EVENT_RELEASE) {
			assert_int_equal(json_object_get_int64(member(object, "/after_attempt")), 3);
			assert_int_equal(json_object_get_int64(member(object, "/delta_ns")), 1500);
		} else if (type == EVENT_BIND) {
			assert_true(json_object_get_double(member(object, "/holders/0/expires_s")) == 42.001);
		}
		json_object_put(object);
		free(text);
	}
}

static void test_json_start_and_end(void **state)
{
	const struct probe_info probes[] = {{"inet_csk_get_port", "fentry", true},
					    {"security_socket_bind", "missing", false}};
	const char *const filters[] = {"port=8080"};
	const struct start_info start = {
		.seq = 1,
		.time_ns = AT(0, 0),
		.version = "0.1",
		.host = "box",
		.kernel = "6.12.0",
		.policy = &kept,
		.probes = probes,
		.probe_count = 2,
		.filters = filters,
		.filter_count = 1,
	};
	const struct end_info end = {.seq = 9,
				     .time_ns = AT(5, 0),
				     .reserved = 10,
				     .sent = 7,
				     .lost_ring = 2,
				     .lost_recursion = 1};
	struct strbuf text = {.data = NULL};
	struct json_writer writer;
	char sentence[100];

	(void)state;
	jw_init(&writer, &text);
	assert_int_equal(json_start(&writer, &start, &clock_base), 0);
	assert_string_equal(
		text.data,
		"{\"schema\":\"reusetrace/1\",\"type\":\"start\",\"time\":\"2026-11-22T10:00:00.000000000Z\","
		"\"time_unix_nano\":\"1795341600000000000\",\"seq\":1,\"version\":\"0.1\",\"host\":\"box\","
		"\"kernel\":\"6.12.0\",\"boot_unix_nano\":\"1795340600000000000\",\"policy\":{\"orphan_uid\":"
		"\"kept\",\"closed_group_ok\":true,"
		"\"fast_cache_live\":false,\"bhash2_native\":false,\"udp_slot_blind\":false,"
		"\"connect_bind_flag\":false},"
		"\"probes\":[{\"name\":\"inet_csk_get_port\",\"how\":\"fentry\",\"fired\":true},"
		"{\"name\":\"security_socket_bind\",\"how\":\"missing\",\"fired\":false}],\"filters\":["
		"\"port=8080\"]}\n");
	strbuf_reset(&text);
	jw_init(&writer, &text);
	assert_int_equal(json_end(&writer, &end, &clock_base), 0);
	assert_string_equal(
		text.data,
		"{\"schema\":\"reusetrace/1\",\"type\":\"end\",\"time\":\"2026-11-22T10:00:05.000000000Z\","
		"\"time_unix_nano\":\"1795341605000000000\",\"seq\":9,"
		"\"records\":{\"reserved\":10,\"sent\":7,\"printed\":0,\"bytes\":0},"
		"\"lost\":{\"ring\":2,\"map\":0,\"recursion\":1,\"missed\":0,\"exits\":0,\"options\":0,"
		"\"decode\":0}}\n");
	strbuf_free(&text);
	lost_text(&end, sentence, sizeof(sentence));
	assert_string_equal(sentence, "lost 3 records: 2 ring full, 1 programs skipped");
}

static void test_writer_nesting(void **state)
{
	struct strbuf text = {.data = NULL};
	struct json_writer writer;

	(void)state;
	jw_init(&writer, &text);
	for (int i = 0; i < 2 * JSON_MAX_DEPTH; i++)
		jw_array(&writer, NULL);
	assert_int_equal(jw_finish(&writer), -EINVAL);

	jw_init(&writer, &text);
	jw_object(&writer, NULL);
	jw_array_end(&writer);
	assert_int_equal(jw_finish(&writer), -EINVAL);

	jw_init(&writer, &text);
	jw_object(&writer, NULL);
	jw_null(&writer, NULL);
	jw_object_end(&writer);
	assert_int_equal(jw_finish(&writer), -EINVAL);
	strbuf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_interface_example),
		cmocka_unit_test(test_json_hostile),
		cmocka_unit_test(test_json_nulls),
		cmocka_unit_test(test_json_every_type),
		cmocka_unit_test(test_json_start_and_end),
		cmocka_unit_test(test_writer_nesting),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
