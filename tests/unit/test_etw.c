/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of the .etl reader and the decoders, by vectors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "etw/clock.h"
#include "etw/decode.h"
#include "etw/etl.h"
#include "etw/index.h"
#include "etw/lz77.h"
#include "etw/processes.h"
#include "etw/status.h"

#define HEX_MAX 512

static size_t from_hex(const char *hex, uint8_t out[HEX_MAX])
{
	size_t size = 0;

	for (; *hex; hex++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, *hex);

		if (*hex == ' ')
			continue;
		assert_non_null(digit);
		out[size / 2] =
			(uint8_t)(size % 2 ? out[size / 2] | (digit - digits) : (digit - digits) << 4);
		size++;
	}
	return size / 2;
}

struct vector {
	enum etw_provider provider;
	uint16_t id;
	uint8_t version, pointer_size;
	const char *hex;
};

static int decode(const struct vector *vector, size_t less, struct etw_facts *facts)
{
	uint8_t payload[HEX_MAX];
	size_t size = from_hex(vector->hex, payload) - less;
	uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees a read past it */
	struct etw_record record = {
		.kind = ETW_MANIFEST,
		.pointer_size = vector->pointer_size,
		.guid = etw_provider_guids[vector->provider],
		.id = vector->id,
		.version = vector->version,
		.payload = exact,
		.size = size,
	};
	int err;

	assert_non_null(exact);
	memcpy(exact, payload, size);
	err = etw_decode(&record, facts);
	free(exact);
	return err;
}

static const struct vector create = {
	PROVIDER_AFD, 1000, 0, 8,
	"00000000 ea030000 801000000099ffff 202211110099ffff 02000000 01000000 06000000 9210000000000000 "
	"00000000"};
static const struct vector enter = {
	PROVIDER_AFD, 1030, 0, 8,
	"00000000 621b0000 801000000099ffff 202211110099ffff 00000000 10000000 02001f90 00000000 "
	"0000000000000000"};
static const struct vector leave = {
	PROVIDER_AFD, 1030, 0, 8,
	"01000000 711b0000 801000000099ffff 202211110099ffff 0a0200c0 10000000 02001f90 00000000 "
	"0000000000000000"};
static const struct vector option = {
	PROVIDER_SOCKETS, 8, 0, 8, "00000000 a401000000000000 ffff0000 04000000 04000000 01000000 00000000"};
static const struct vector refused = {
	PROVIDER_SOCKETS, 12, 0, 8,
	"1d270000 a401000000000000 10000000 02001f90 00000000 0000000000000000 10000000"};
static const struct vector port = {PROVIDER_TCPIP, 1006, 1, 8,
				   "303322220099ffff 10000000 02001f90000000000000000000000000 0a0200c0"};

static void test_golden_afd(void **state)
{
	struct etw_facts facts;

	(void)state;
	assert_int_equal(decode(&create, 0, &facts), 0);
	assert_int_equal(facts.layout->message, AFD_CREATE);
	assert_int_equal(facts.value[SLOT_LOCATION], 1002);
	assert_int_equal(facts.value[SLOT_PROCESS], 0xffff990000001080);
	assert_int_equal(facts.value[SLOT_ENDPOINT], 0xffff990011112220);
	assert_int_equal(facts.value[SLOT_PID], 0x1092);
	assert_int_equal(etw_protocol(facts.value[SLOT_PROTOCOL], facts.value[SLOT_TYPE]), PROTO_TCP);
	assert_int_equal(etw_family(facts.value[SLOT_FAMILY]), FAMILY_IPV4);

	assert_int_equal(decode(&enter, 0, &facts), 0);
	assert_int_equal(facts.value[SLOT_LOCATION], 7010);
	assert_int_equal(facts.value[SLOT_ENTER_EXIT], 0);
	assert_int_equal(facts.address.family, FAMILY_IPV4);
	assert_int_equal(facts.port, 8080);

	assert_int_equal(decode(&leave, 0, &facts), 0);
	assert_int_equal(facts.value[SLOT_LOCATION], 7025);
	assert_int_equal(facts.value[SLOT_STATUS], NTSTATUS_ADDRESS_ALREADY_EXISTS);
	assert_int_equal(ntstatus_to_winsock((uint32_t)facts.value[SLOT_STATUS]), WINSOCK_EADDRINUSE);
	assert_string_equal(ntstatus_name((uint32_t)facts.value[SLOT_STATUS]),
			    "STATUS_ADDRESS_ALREADY_EXISTS");
}

static void test_golden_others(void **state)
{
	const struct winsock_option_row *row;
	struct etw_facts facts;

	(void)state;
	assert_int_equal(decode(&option, 0, &facts), 0);
	assert_int_equal(facts.value[SLOT_SOCKET], 0x1a4);
	assert_int_equal(facts.value[SLOT_VALUE], 1);
	row = winsock_option((int32_t)facts.value[SLOT_LEVEL], (int32_t)facts.value[SLOT_OPTION]);
	assert_string_equal(row->name, "SO_REUSEADDR");
	assert_int_equal(winsock_option(0xffff, -5)->option, OPTION_EXCLUSIVE);
	assert_null(winsock_option(6, 4));

	assert_int_equal(decode(&refused, 0, &facts), 0);
	assert_int_equal(facts.value[SLOT_ERROR], WINSOCK_EACCES);
	assert_int_equal(facts.port, 8080);

	assert_int_equal(decode(&port, 0, &facts), 0);
	assert_int_equal(facts.layout->cause, CAUSE_PORT);
	assert_int_equal(facts.layout->protocol, PROTO_TCP);
	assert_int_equal(facts.value[SLOT_ENDPOINT], 0xffff990022223330);
	assert_int_equal(facts.value[SLOT_STATUS], NTSTATUS_ADDRESS_ALREADY_EXISTS);
}

/* Cut anywhere: what is required is there, or the event is damaged; never more than there was. */
static void test_cut(void **state)
{
	static const struct {
		const struct vector *vector;
		size_t least;
	} cases[] = {{&create, 24}, {&enter, 28}, {&leave, 28}, {&option, 20}, {&refused, 12}, {&port, 32}};
	uint8_t payload[HEX_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = from_hex(cases[i].vector->hex, payload);

		for (size_t less = 0; less <= size; less++) {
			struct etw_facts facts;
			int want = size - less >= cases[i].least ? 0 : -EBADMSG;

			assert_int_equal(decode(cases[i].vector, less, &facts), want);
		}
	}
}

static void test_versions(void **state)
{
	struct vector vector = port;
	struct etw_facts facts;

	(void)state;
	vector.version = 2;
	assert_int_equal(decode(&vector, 0, &facts), -ENOTSUP);
	vector.version = 0;
	vector.hex = "10000000 02001f90000000000000000000000000 220000c0";
	assert_int_equal(decode(&vector, 0, &facts), 0);
	assert_false(etw_has(&facts, SLOT_ENDPOINT));
	assert_int_equal(facts.value[SLOT_STATUS], NTSTATUS_ACCESS_DENIED);
	vector.id = 1;
	assert_int_equal(decode(&vector, 0, &facts), -ENOENT);

	/* 32-bit pointers, and a length that would leave the payload */
	vector = refused;
	vector.pointer_size = 4;
	vector.hex = "1d270000 a4010000 10000000 02001f90 00000000 0000000000000000 10000000";
	assert_int_equal(decode(&vector, 0, &facts), 0);
	assert_int_equal(facts.value[SLOT_SOCKET], 0x1a4);
	assert_int_equal(facts.port, 8080);
	vector.hex = "1d270000 a4010000 ffffffff 02001f90 00000000";
	assert_int_equal(decode(&vector, 0, &facts), 0);
	assert_int_equal(facts.address.family, FAMILY_NONE);
}

/* Every id that is read has a layout, and rows of one id do not overlap. */
static void test_layouts(void **state)
{
	static const uint16_t ids[] = {
		2,    4,    6,	  8,	10,   12,   16,	  1000, 1001, 1002, 1018, 1021, 1024, 1027, 1029,
		1030, 1032, 1035, 1037, 1005, 1006, 1007, 1008, 1009, 1013, 1052, 1053, 1054, 1121, 1122,
		1123, 1124, 1391, 1393, 1394, 1395, 1396, 1397, 1398, 1455, 1519, 1533, 1534, 1544,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		size_t found = 0;

		for (size_t j = 0; j < etw_layout_count; j++)
			found += etw_layouts[j].id == ids[i];
		assert_true(found);
	}
	for (size_t i = 0; i < etw_layout_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(etw_layouts[i].id != etw_layouts[j].id ||
				    etw_layouts[i].provider != etw_layouts[j].provider ||
				    etw_layouts[i].first_version > etw_layouts[j].last_version ||
				    etw_layouts[j].first_version > etw_layouts[i].last_version);
}

static void test_lz77(void **state)
{
	static const struct {
		const char *in;
		long long size;
		const char *begins;
	} cases[] = {
		/* [MS-XCA] 3.1: the two examples */
		{"3f000000 6162636465666768696a6b6c6d6e6f707172737475767778797a", 26,
		 "abcdefghijklmnopqrstuvwxyz"},
		{"ffffff1f 616263 1700 0f ff 2601", 300, "abcabcabc"},
		/* the second match's length in the first one's half byte: 3 + 7 + 1, 3 + 7 + 2 */
		{"ffffff1f 616263 1700 21 1700", 3 + 11 + 12, "abcabcabc"},
		/* a 32-bit length */
		{"ffffff7f 61 0700 0f ff 0000 fd030000", 1 + 1024, "aaaa"},
		{"", 0, ""},
		{"ffffff", -EBADMSG, ""},
		{"ffffff7f 61 0800", -EBADMSG, ""},	       /* before the beginning */
		{"ffffff7f 61 07", -EBADMSG, ""},	       /* half a match */
		{"ffffff7f 61 0700 0f ff 0100", -EBADMSG, ""}, /* a long form of a short length */
		{"ffffff7f 61 0700 0f ff ffff", -ENOSPC, ""},
		{"ffffff7f 61 0700 0f ff 0000 ffffffff", -EBADMSG, ""},
	};
	uint8_t in[HEX_MAX], out[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = from_hex(cases[i].in, in);

		assert_int_equal(lz77_expand(in, size, out, sizeof(out)), cases[i].size);
		assert_memory_equal(out, cases[i].begins, strlen(cases[i].begins));
	}
}

static void test_index(void **state)
{
	struct index index = {.room = 0};
	uint64_t values[1000];

	(void)state;
	assert_null(index_get(&index, 1, 1));
	assert_null(index_take(&index, 1, 1));
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(index_put(&index, i * 64, i % 3, &values[i]), 0);
	for (size_t i = 0; i < 1000; i += 3)
		assert_ptr_equal(index_take(&index, i * 64, 0), &values[i]);
	for (size_t i = 0; i < 1000; i++)
		assert_ptr_equal(index_get(&index, i * 64, i % 3), i % 3 ? &values[i] : NULL);
	assert_int_equal(index.used, 1000 - 334);
	index_free(&index);
}

static void test_clock(void **state)
{
	struct etw_logfile logfile = {
		.clock_type = 1, .start = INT64_C(116444736000000000) + 50000000, .frequency = 3000000};
	struct etw_clock clock;

	(void)state;
	etw_clock_init(&clock, &logfile, 1000);
	assert_int_equal(etw_clock_ns(&clock, 1000), UINT64_C(5000000000));
	assert_int_equal(etw_clock_ns(&clock, 1001), UINT64_C(5000000333));
	assert_int_equal(etw_clock_ns(&clock, 1000 - 3000000), UINT64_C(4000000000));
	assert_int_equal(etw_clock_ns(&clock, INT64_MIN), 0);
	assert_in_range(etw_clock_ns(&clock, INT64_MAX), UINT64_C(5000000000), INT64_MAX);

	logfile.clock_type = 2;
	etw_clock_init(&clock, &logfile, INT64_C(116444736000000000) + 10);
	assert_int_equal(etw_clock_ns(&clock, INT64_C(116444736000000000) + 30), 3000);
	logfile.clock_type = 3;
	logfile.cpu_mhz = 2000;
	etw_clock_init(&clock, &logfile, 0);
	assert_int_equal(etw_clock_ns(&clock, 2), UINT64_C(5000000001));
}

/* Windows 7's own record, from a 32-bit process data capture's shape: no SID, version 2. */
static void test_process_records(void **state)
{
	static const char *const hex =
		"80100000 92100000 04000000 01000000 03010000 00000000 707974686f6e2e65786500 630000";
	struct processes *processes = processes_new();
	uint8_t payload[HEX_MAX];
	struct etw_record record = {
		.kind = ETW_SYSTEM, .pointer_size = 4, .id = 0x0303, .version = 2, .payload = payload};
	uint32_t pid = 0;

	(void)state;
	assert_non_null(processes);
	record.size = from_hex(hex, payload);
	assert_int_equal(process_record(processes, &record, true), PROCESS_RUNNING);
	assert_true(process_of_object(processes, 0x1080, &pid));
	assert_int_equal(pid, 0x1092);
	assert_string_equal(process_get(processes, 0x1092)->name, "python.exe");
	assert_int_equal(process_get(processes, 0x1092)->uid, UID_NONE);
	record.id = 0x0302;
	assert_int_equal(process_record(processes, &record, false), PROCESS_ENDED);
	assert_string_equal(process_get(processes, 0x1092)->name, "");
	assert_int_equal(process_get(processes, 0x1092)->generation, 1);
	for (record.size = 0; record.size < 24; record.size++)
		assert_int_equal(process_record(processes, &record, false), PROCESS_RECORD_NONE);
	record.id = 0x0503; /* an image */
	assert_int_equal(process_record(processes, &record, false), PROCESS_RECORD_NONE);
	processes_free(processes);
}

/* A user is the last part of the SID, unless two users have the same. */
static void test_users(void **state)
{
	struct processes *processes = processes_new();
	uint8_t one[HEX_MAX], other[HEX_MAX];
	size_t size = from_hex("0102000000000005 15000000 e9030000", one);

	(void)state;
	assert_non_null(processes);
	assert_int_equal(process_user(processes, one, size), 1001);
	assert_int_equal(process_user(processes, one, size), 1001);
	assert_int_equal(process_user(processes, one, size - 1), UID_NONE);
	assert_int_equal(from_hex("0102000000000005 16000000 e9030000", other), size);
	assert_int_equal(process_user(processes, other, size), UID_NONE);
	processes_free(processes);
}

static void test_not_etl(void **state)
{
	static const uint8_t zeros[4096];
	struct etl *etl;

	(void)state;
	assert_false(etl_is(zeros, sizeof(zeros)));
	assert_false(etl_is("{\"schema\":\"reusetrace/1\"", 23));
	assert_int_equal(etl_open(zeros, sizeof(zeros), &etl), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_afd), cmocka_unit_test(test_golden_others),
		cmocka_unit_test(test_cut),	   cmocka_unit_test(test_versions),
		cmocka_unit_test(test_layouts),	   cmocka_unit_test(test_lz77),
		cmocka_unit_test(test_index),	   cmocka_unit_test(test_clock),
		cmocka_unit_test(test_users),	   cmocka_unit_test(test_process_records),
		cmocka_unit_test(test_not_etl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
