/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a socket in a record is: whose its port is, of which kind, in which state. */
#include "records.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "linux/decode.h"

static struct rt_sock connected_sock(uint16_t port)
{
	struct rt_sock sock = tcp_sock(port, TCP_ESTABLISHED_STATE);

	sock.peer_port = 51322;
	memcpy(sock.peer, (uint8_t[]){127, 0, 0, 1}, 4);
	return sock;
}

/* Whose port was not asked for: a listener's child, or connect()'s choice? */
static void test_origin(void **state)
{
	static const struct {
		const struct policy *policy;
		uint16_t port;
		int fastreuse;
		uint32_t flags;
		bool accepted, connect_bound;
	} rows[] = {
		{&newer, 8080, 0, 0, true, false},
		{&newer, 40000, 0, RT_SK_CONNECT_BIND, false, true},
		{&newer, 40000, 0, RT_SK_MPTCP, false, false},
		{&newer, 8080, 0, RT_SK_MPTCP, true, false},
		{&newer, 40000, 0, RT_SK_MPTCP | RT_SK_CONNECT_BIND, false, true},
		{&older, 40000, 0, RT_SK_ACCEPTED, true, false},
		{&older, 40000, -1, RT_SK_ORPHAN, true, false},
		{&older, 40000, -1, RT_SK_ORPHAN | RT_SK_DEAD, false, true},
		{&newer, 8080, 0, RT_SK_PORT_LOCK, false, false},
		{&older, 40000, -1, 0, false, true},
		{&older, 8080, 0, 0, true, false},
		{&older, 40000, 0, 0, false, false},
		{&older, 8080, 0, RT_SK_MINI, false, false},
	};
	struct rt_attempt *attempt = new_attempt(1);
	struct event event;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		attempt->contenders[0] = connected_sock(rows[i].port);
		attempt->contenders[0].flags = rows[i].flags;
		attempt->bucket.fastreuse = rows[i].fastreuse;
		attempt->bucket.fastreuseport = rows[i].fastreuse;
		assert_int_equal(decode_record(attempt, attempt_size(attempt), rows[i].policy, &event), 0);
		if (event.holders[0].sock.accepted != rows[i].accepted ||
		    event.holders[0].sock.connect_bound != rows[i].connect_bound)
			fail_msg("origin row %zu: accepted %d, connect %d", i, event.holders[0].sock.accepted,
				 event.holders[0].sock.connect_bound);
		event_clear(&event);
	}
	free(attempt);
}

static void test_kinds(void **state)
{
	static const struct {
		uint32_t flags;
		enum holder_kind kind;
	} rows[] = {
		{0, KIND_UNKNOWN},
		{RT_SK_KERN, KIND_KERNEL},
		{RT_SK_ORPHAN, KIND_UNKNOWN},
		{RT_SK_ORPHAN | RT_SK_DEAD, KIND_ORPHAN},
		{RT_SK_ORPHAN | RT_SK_DEAD | RT_SK_KERN, KIND_ORPHAN},
		{RT_SK_MINI | RT_SK_ORPHAN, KIND_TIME_WAIT},
	};
	struct rt_attempt *attempt = new_attempt(1);
	struct event event;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		attempt->contenders[0].flags = rows[i].flags;
		attempt->contenders[0].left_ms = UINT32_MAX;
		assert_int_equal(decode_record(attempt, attempt_size(attempt), &newer, &event), 0);
		assert_int_equal(event.holders[0].kind, rows[i].kind);
		assert_true(event.holders[0].expires_ms ==
			    (rows[i].flags & RT_SK_MINI ? (int64_t)UINT32_MAX : -1));
		event_clear(&event);
	}
	free(attempt);
}

static void test_socks(void **state)
{
	static const struct {
		uint16_t family, protocol, port;
		uint8_t state;
		uint32_t flags;
		enum family want_family;
		enum protocol want_protocol;
		enum sock_state want_state;
	} rows[] = {
		{AF_INET, IPPROTO_TCP, 80, 10, 0, FAMILY_IPV4, PROTO_TCP, STATE_LISTEN},
		{AF_INET6, IPPROTO_UDP, 80, 7, 0, FAMILY_IPV6, PROTO_UDP, STATE_BOUND},
		{AF_INET, IPPROTO_UDP, 0, 7, 0, FAMILY_IPV4, PROTO_UDP, STATE_UNKNOWN},
		{AF_INET, IPPROTO_TCP, 80, 6, RT_SK_MINI, FAMILY_IPV4, PROTO_TCP, STATE_TIME_WAIT},
		{AF_INET, 262, 80, 10, 0, FAMILY_IPV4, PROTO_MPTCP, STATE_LISTEN},
		{AF_INET, IPPROTO_TCP, 80, 10, RT_SK_MPTCP, FAMILY_IPV4, PROTO_MPTCP, STATE_LISTEN},
		{0, 0, 0, 0, 0, FAMILY_NONE, PROTO_OTHER, STATE_UNKNOWN},
		{77, 133, 80, 255, 0, FAMILY_OTHER, PROTO_OTHER, STATE_UNKNOWN},
		{AF_INET, IPPROTO_SCTP, 80, 10, 0, FAMILY_IPV4, PROTO_SCTP, STATE_LISTEN},
		{AF_INET, IPPROTO_ICMP, 80, 7, 0, FAMILY_IPV4, PROTO_PING, STATE_BOUND},
		{AF_INET6, IPPROTO_ICMPV6, 80, 7, 0, FAMILY_IPV6, PROTO_PING, STATE_BOUND},
		{AF_INET, IPPROTO_ICMP, 1, 7, RT_SK_RAW, FAMILY_IPV4, PROTO_RAW, STATE_UNKNOWN},
		{AF_INET, IPPROTO_TCP, 6, 1, RT_SK_RAW, FAMILY_IPV4, PROTO_RAW, STATE_ESTABLISHED},
	};
	struct rt_sock sock = tcp_sock(80, TCP_TIME_WAIT_STATE), nobody = {.key = 0};
	struct sock_info info;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		sock.family = rows[i].family;
		sock.protocol = rows[i].protocol;
		sock.port = rows[i].port;
		sock.state = rows[i].state;
		sock.flags = rows[i].flags;
		sock.key = 1;
		sock.ifindex = -1;
		decode_sock(&sock, &info);
		if (info.family != rows[i].want_family || info.protocol != rows[i].want_protocol ||
		    info.state != rows[i].want_state || info.ifindex)
			fail_msg("sock row %zu: %d %d %d", i, info.family, info.protocol, info.state);
	}
	decode_sock(&nobody, &info);
	assert_int_equal(info.protocol, PROTO_NONE);
	assert_null(option_name(1, 1000));
	assert_string_equal(option_name(IPPROTO_IP, 24), "IP_BIND_ADDRESS_NO_PORT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origin),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_socks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
