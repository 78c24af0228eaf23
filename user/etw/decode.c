/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "etw/decode.h"

#include <errno.h>
#include <string.h>

#include "etw/bytes.h"

#define ADDRESS_MAX 128 /* sizeof(SOCKADDR_STORAGE) */
#define VALUE_MAX   65536

enum { WINDOWS_AF_INET = 2, WINDOWS_AF_INET6 = 23 };

enum family etw_family(uint64_t number)
{
	switch (number) {
	case 0:
		return FAMILY_NONE;
	case WINDOWS_AF_INET:
		return FAMILY_IPV4;
	case WINDOWS_AF_INET6:
		return FAMILY_IPV6;
	default:
		return FAMILY_OTHER;
	}
}

enum protocol etw_protocol(uint64_t protocol, uint64_t socket_type)
{
	enum { TYPE_STREAM = 1, TYPE_DATAGRAM = 2, TYPE_RAW = 3, IP_TCP = 6, IP_UDP = 17 };

	if (socket_type == TYPE_RAW)
		return PROTO_RAW;
	if (protocol == IP_TCP || (!protocol && socket_type == TYPE_STREAM))
		return PROTO_TCP;
	if (protocol == IP_UDP || (!protocol && socket_type == TYPE_DATAGRAM))
		return PROTO_UDP;
	return PROTO_OTHER;
}

/* SOCKADDR_IN, SOCKADDR_IN6: the family is little-endian, the port is not. */
static void read_sockaddr(struct bytes *bytes, struct etw_facts *facts)
{
	enum family family = etw_family(bytes_u16(bytes));
	const uint8_t *port = bytes_take(bytes, 2), *host = NULL;
	struct address address = {.family = family};

	if (family == FAMILY_IPV4) {
		host = bytes_take(bytes, 4);
	} else if (family == FAMILY_IPV6) {
		(void)bytes_u32(bytes); /* flow information */
		host = bytes_take(bytes, 16);
		address.scope = bytes_u32(bytes);
	}
	if (!host || bytes->short_)
		return;
	memcpy(address.bytes, host, family == FAMILY_IPV4 ? 4 : 16);
	facts->address = address;
	facts->port = (uint16_t)(port[0] << 8 | port[1]);
}

static void read_address(struct bytes *bytes, struct etw_facts *facts)
{
	uint32_t length = bytes_u32(bytes);
	const uint8_t *at = length <= ADDRESS_MAX ? bytes_take(bytes, length) : NULL;
	struct bytes sockaddr = bytes_of(at, at ? length : 0);

	bytes->short_ |= !at;
	if (at)
		read_sockaddr(&sockaddr, facts);
}

/* The bytes may be missing where the call failed. */
static bool read_value(struct bytes *bytes, uint64_t *ret_value)
{
	uint32_t length = bytes_u32(bytes);
	const uint8_t *at = length <= VALUE_MAX ? bytes_take(bytes, length) : NULL;

	bytes->short_ |= !at;
	if (!at || !length)
		return false;
	*ret_value = bytes_at(at, length, 0, length < 8 ? length : 8);
	return true;
}

static bool read_number(struct bytes *bytes, uint8_t type, uint8_t pointer_size, uint64_t *ret_value)
{
	const size_t width[] = {
		[TYPE_U16] = 2,
		[TYPE_U32] = 4,
		[TYPE_U64] = 8,
		[TYPE_POINTER] = pointer_size,
	};
	uint64_t value = bytes_number(bytes, width[type]);

	if (!bytes->short_)
		*ret_value = value;
	return !bytes->short_;
}

static bool read_field(struct bytes *bytes, const struct etw_field *field, uint8_t pointer_size,
		       struct etw_facts *facts)
{
	uint64_t value;
	bool present;

	switch (field->type) {
	case TYPE_ADDRESS:
		read_address(bytes, facts);
		return !bytes->short_;
	case TYPE_VALUE:
		present = read_value(bytes, &value);
		break;
	default:
		present = read_number(bytes, field->type, pointer_size, &value);
		break;
	}
	if (present && field->slot != SLOT_NONE) {
		facts->value[field->slot] = value;
		facts->present |= UINT32_C(1) << field->slot;
	}
	return !bytes->short_;
}

static int find_layout(const struct etw_record *record, const struct etw_layout **ret_layout)
{
	int err = -ENOENT;

	if (record->kind != ETW_MANIFEST)
		return -ENOENT;
	for (size_t i = 0; i < etw_layout_count; i++) {
		const struct etw_layout *layout = &etw_layouts[i];

		if (layout->id != record->id ||
		    memcmp(record->guid, etw_provider_guids[layout->provider], ETW_GUID_SIZE))
			continue;
		if (record->version >= layout->first_version && record->version <= layout->last_version) {
			*ret_layout = layout;
			return 0;
		}
		err = -ENOTSUP;
	}
	return err;
}

int etw_decode(const struct etw_record *record, struct etw_facts *ret_facts)
{
	struct bytes bytes = bytes_of(record->payload, record->size);
	struct etw_facts facts = {.address = {.family = FAMILY_NONE}};
	size_t read = 0;
	int err = find_layout(record, &facts.layout);

	if (err)
		return err;
	while (read < ETW_FIELDS_MAX && facts.layout->fields[read].type != TYPE_END &&
	       read_field(&bytes, &facts.layout->fields[read], record->pointer_size, &facts))
		read++;
	if (read < facts.layout->required)
		return -EBADMSG;
	*ret_facts = facts;
	return 0;
}
