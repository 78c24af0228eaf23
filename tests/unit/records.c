/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "records.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

const struct policy older = {.fast_cache_live = true};
const struct policy newer = {.connect_bind_flag = true};

struct rt_sock tcp_sock(uint16_t port, uint8_t state)
{
	return (struct rt_sock){
		.family = AF_INET,
		.protocol = IPPROTO_TCP,
		.port = port,
		.state = state,
		.uid = 1000,
		.addr = {127, 0, 0, 1},
	};
}

struct rt_attempt *new_attempt(uint32_t contenders)
{
	struct rt_attempt *attempt = calloc(1, sizeof(*attempt));

	assert_non_null(attempt);
	attempt->header.type = RT_BIND;
	attempt->header.time_ns = 5;
	attempt->binder = tcp_sock(0, TCP_CLOSE_STATE);
	attempt->requested_family = AF_INET;
	attempt->requested_port = 8080;
	memcpy(attempt->requested_addr, attempt->binder.addr, 4);
	attempt->addrlen = 16;
	attempt->fd = RT_FD_NONE;
	attempt->range_lo = 32768;
	attempt->range_hi = 60999;
	attempt->unprivileged_start = 1024;
	attempt->stage = RT_AT_PORT;
	attempt->asked_port = 8080;
	attempt->contender_count = contenders;
	attempt->contenders_total = contenders;
	for (uint32_t i = 0; i < contenders; i++)
		attempt->contenders[i] = tcp_sock(8080, TCP_LISTEN_STATE);
	return attempt;
}

size_t attempt_size(const struct rt_attempt *attempt)
{
	return RT_ATTEMPT_FIXED + attempt->contender_count * sizeof(struct rt_sock);
}
