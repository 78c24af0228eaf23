/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records without a file, so that a change of one byte is a change of a
 * field.  The first byte says whether events were lost (1) and whether a socket
 * was there before (2); then, for each record,
 *
 *     u8 bits: 0 32-bit, 1-2 thread and process, 4-7 time since the last one
 *     u8 provider (3: the kernel logger's process records, id is their type)
 *     u8 version  u16 id  u8 length of the payload  payload
 */
#include "etw/bytes.h"
#include "etw/decode.h"
#include "etw/correlate.h"
#include "fuzz/fuzz.h"

#define PROCESS_RECORDS PROVIDER_MAX

static struct etw_record read_record(struct bytes *bytes, uint64_t *time_ns)
{
	uint8_t bits = bytes_u8(bytes), provider = bytes_u8(bytes) % (PROCESS_RECORDS + 1), size;
	struct etw_record record = {
		.kind = provider == PROCESS_RECORDS ? ETW_SYSTEM : ETW_MANIFEST,
		.pointer_size = bits & 1 ? 4 : 8,
		.pid = 4 + (bits >> 1 & 3) * 4,
		.tid = 8 + (bits >> 1 & 3) * 4,
		.time_ns = *time_ns += (uint64_t)(bits >> 4) << 27,
		.guid = provider == PROCESS_RECORDS ? NULL : etw_provider_guids[provider],
		.start_key = bits >> 3 & 1,
	};

	record.version = bytes_u8(bytes);
	record.id = bytes_u16(bytes);
	if (record.kind == ETW_SYSTEM)
		record.id = 0x0300 | (record.id & 7);
	size = bytes_u8(bytes);
	record.size = size < bytes->left ? size : bytes->left;
	record.payload = bytes_take(bytes, record.size);
	return record;
}

static int add_listener(struct correlator *correlator)
{
	const struct sock_info sock = {
		.protocol = PROTO_TCP,
		.family = FAMILY_IPV4,
		.address = {.family = FAMILY_IPV4, .bytes = {127, 0, 0, 1}},
		.port = 8080,
		.state = STATE_LISTEN,
	};
	int err = correlator_wants_name(correlator, 8) ? correlator_process(correlator, 8, 4, "old.exe") : 0;

	return err ? err : correlator_holder(correlator, &sock, 8, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct correlator *correlator = correlator_new(fuzz_sink, NULL);
	struct bytes bytes = bytes_of(data, size);
	uint64_t time_ns = 1;
	int err = 0;

	if (correlator && size && data[0] & 1)
		correlator_lossy(correlator);
	if (correlator && size && data[0] & 2)
		err = add_listener(correlator);
	(void)bytes_u8(&bytes);
	while (correlator && !err && bytes.left && !bytes.short_) {
		struct etw_record record = read_record(&bytes, &time_ns);

		if (record.payload)
			err = correlator_feed(correlator, &record);
	}
	if (correlator && !err)
		err = correlator_end(correlator);
	correlator_free(correlator);
	return 0;
}
