/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases: a number in mixed radix, so that any slice of them can be run. */
#include "oracle.h"

#define ALICE 1000
#define BOB   1001

const struct variant variants[] = {
	{"0.0.0.0", AF_INET, false},
	{"127.0.0.1", AF_INET, false},
	{"127.0.0.2", AF_INET, false},
	{"::", AF_INET6, false},
	{"::", AF_INET6, true},
	{"::1", AF_INET6, false},
	{"::1", AF_INET6, true},
	{"::ffff:0.0.0.0", AF_INET6, false},
	{"::ffff:127.0.0.1", AF_INET6, false},
	{"127.0.0.3", AF_INET, false},
	{"fd00::1", AF_INET6, false},
	{"::ffff:127.0.0.3", AF_INET6, false},
};

/* Of the same kind and free in every case: where "another address" goes. */
int variant_free(int variant)
{
	static const int by_kind[] = {9, 9, 9, 10, 10, 10, 10, 11, 11};

	return by_kind[variant];
}

/* The first is the core product; of the others each is crossed with addresses, states and equal flags. */
const struct twist twists[] = {
	{.name = "plain"},
	{.name = "uid-root-alice", .binder_uid = ALICE},
	{.name = "uid-alice-root", .holder_uid = ALICE},
	{.name = "uid-alice-alice", .holder_uid = ALICE, .binder_uid = ALICE},
	{.name = "uid-alice-bob", .holder_uid = ALICE, .binder_uid = BOB},
	{.name = "reuseaddr-after-bind", .bound = CHANGE_RA},
	{.name = "reuseport-after-bind", .bound = CHANGE_RP},
	{.name = "reuseaddr-late", .stated = CHANGE_RA},
	{.name = "reuseport-late", .stated = CHANGE_RP},
	{.name = "reuseaddr-binder", .binder = CHANGE_RA},
	{.name = "reuseport-binder", .binder = CHANGE_RP},
	{.name = "device-lo-none", .holder_place = PLACE_LO},
	{.name = "device-none-lo", .binder_place = PLACE_LO},
	{.name = "device-lo-lo", .holder_place = PLACE_LO, .binder_place = PLACE_LO},
	{.name = "device-lo-dummy", .holder_place = PLACE_LO, .binder_place = PLACE_DUMMY},
	{.name = "device-dummy-none", .holder_place = PLACE_DUMMY},
	{.name = "device-none-dummy", .binder_place = PLACE_DUMMY},
	{.name = "device-dummy-dummy", .holder_place = PLACE_DUMMY, .binder_place = PLACE_DUMMY},
	{.name = "device-dummy-other", .holder_place = PLACE_DUMMY, .binder_place = PLACE_DUMMY_TOO},
	{.name = "vrf-none", .holder_place = PLACE_VRF},
	{.name = "vrf-binder", .binder_place = PLACE_VRF},
	{.name = "vrf-both", .holder_place = PLACE_VRF, .binder_place = PLACE_VRF},
	{.name = "vrf-other", .holder_place = PLACE_VRF, .binder_place = PLACE_VRF_TOO},
	{.name = "vrf-accept", .holder_place = PLACE_VRF, .l3mdev_accept = true},
	{.name = "vrf-binder-accept", .binder_place = PLACE_VRF, .l3mdev_accept = true},
	{.name = "netns", .holder_place = PLACE_NETNS},
	{.name = "netns-binder", .binder_place = PLACE_NETNS},
	{.name = "port-0", .port = PORT_AUTO},
	{.name = "listen-unbound", .port = PORT_LISTEN},
	{.name = "other-process", .kept = true},
};

const size_t twist_count = COUNT(twists);

static const enum state udp_states[] = {AT_BOUND, AT_CONNECTED};
static const unsigned int equal_flags[] = {0, FLAG_RA, FLAG_RP};

/* Digits, the fastest first. */
enum digit { D_LISTENS, D_STATE, D_BINDER_FLAGS, D_HOLDER_FLAGS, D_BINDER, D_HOLDER, D_TWIST, D_MAX };

static const struct part {
	bool udp, equal;
	unsigned int first_twist;
	unsigned int radix[D_MAX];
} parts[] = {
	{false, false, 0, {2, AT_MAX, 4, 4, VARIANTS, VARIANTS, 1}},
	{true, false, 0, {1, COUNT(udp_states), 4, 4, VARIANTS, VARIANTS, 1}},
	{false, true, 1, {2, AT_MAX, COUNT(equal_flags), 1, VARIANTS, VARIANTS, COUNT(twists) - 1}},
	{true, true, 1, {1, COUNT(udp_states), COUNT(equal_flags), 1, VARIANTS, VARIANTS, COUNT(twists) - 1}},
};

static unsigned long part_size(const struct part *part)
{
	unsigned long size = 1;

	for (int i = 0; i < D_MAX; i++)
		size *= part->radix[i];
	return size;
}

unsigned long case_count(void)
{
	unsigned long count = 0;

	for (size_t i = 0; i < COUNT(parts); i++)
		count += part_size(&parts[i]);
	return count;
}

void case_at(unsigned long index, struct test_case *ret_case)
{
	const struct part *part = parts;
	unsigned long rest = index;
	unsigned int digit[D_MAX];

	while (rest >= part_size(part))
		rest -= part_size(part++);
	for (int i = 0; i < D_MAX; i++) {
		digit[i] = rest % part->radix[i];
		rest /= part->radix[i];
	}
	*ret_case = (struct test_case){
		.index = index,
		.udp = part->udp,
		.listens = digit[D_LISTENS],
		.state = part->udp ? udp_states[digit[D_STATE]] : (enum state)digit[D_STATE],
		.twist = &twists[part->first_twist + digit[D_TWIST]],
	};
	ret_case->holder = (struct socket_plan){
		.variant = digit[D_HOLDER],
		.flags = part->equal ? equal_flags[digit[D_BINDER_FLAGS]] : digit[D_HOLDER_FLAGS],
		.uid = ret_case->twist->holder_uid,
		.place = ret_case->twist->holder_place,
	};
	ret_case->binder = (struct socket_plan){
		.variant = digit[D_BINDER],
		.flags = part->equal ? equal_flags[digit[D_BINDER_FLAGS]] : digit[D_BINDER_FLAGS],
		.uid = ret_case->twist->binder_uid,
		.place = ret_case->twist->binder_place,
	};
}

static bool has_connection(enum state state)
{
	return state >= AT_CLIENT;
}

/* Nothing is connected over a dummy; a socket that is gone has no options; UDP does not listen. */
bool case_allowed(const struct test_case *one)
{
	const struct twist *twist = one->twist;

	if (has_connection(one->state) &&
	    (one->holder.place == PLACE_DUMMY || one->holder.place == PLACE_DUMMY_TOO))
		return false;
	if ((twist->stated || twist->kept) && (one->state == AT_ORPHAN || one->state == AT_TIME_WAIT))
		return false;
	if (twist->port == PORT_LISTEN && (one->udp || !one->listens))
		return false;
	return true;
}

static const char *const state_names[AT_MAX] = {"bound",     "listening", "shut",   "client",
						"connected", "accepted",  "orphan", "time-wait"};
static const char *const flag_names[] = {"-", "R", "r", "Rr"};

void case_print(FILE *file, const struct test_case *one)
{
	const struct variant *holder = &variants[one->holder.variant],
			     *binder = &variants[one->binder.variant];

	fprintf(file, "case %lu: %s %s holder %s%s %s, binder %s%s %s%s", one->index,
		one->udp ? "udp" : "tcp", one->twist->name, holder->text, holder->v6only ? "(v6only)" : "",
		flag_names[one->holder.flags], binder->text, binder->v6only ? "(v6only)" : "",
		flag_names[one->binder.flags], one->listens ? " listens" : "");
	fprintf(file, ", holder %s", state_names[one->state]);
}

/*
 * inet_rcv_saddr_equal(), written down for every pair of variants and not
 * computed.  The tenth holder is [::1] without v6only: what a connection of
 * [::] has.
 */
static const char overlap[VARIANTS][VARIANTS + 2] = {
	/* 0 .1 .2 :: ::6 ::1 ::1 m0 m1 conn */
	"yyyynnnyyy", /* 0.0.0.0 */
	"yynynnnyyn", /* 127.0.0.1 */
	"ynyynnnynn", /* 127.0.0.2 */
	"yyyyyyyyyy", /* :: */
	"nnnyyyynny", /* :: v6only */
	"nnnyyyynny", /* ::1 */
	"nnnyyyynny", /* ::1 v6only */
	"yyyynnnyyn", /* ::ffff:0.0.0.0 */
	"yynynnnyyn", /* ::ffff:127.0.0.1 */
};

/* What a variant becomes when it is connected. */
static const int connected_as[VARIANTS] = {1, 1, 2, 9, 6, 6, 6, 8, 8};

bool case_overlap(const struct test_case *one)
{
	int holder = has_connection(one->state) ? connected_as[one->holder.variant] : one->holder.variant;

	return overlap[one->binder.variant][holder] == 'y';
}

bool variant_mapped(int variant)
{
	return variants[variant].family == AF_INET || variant == 7 || variant == 8;
}
