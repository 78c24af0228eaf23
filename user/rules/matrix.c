/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules/matrix.h"

#include <string.h>

#include "model/address.h"

static const struct {
	const char *name;
	unsigned int traits; /* that the system must have, enum trait */
	bool reuseaddr, reuseport, exclusive;
} option_sets[] = {
	{"default", 0, false, false, false},
	{"reuseaddr", 0, true, false, false},
	{"reuseport", TRAIT_REUSEPORT, false, true, false},
	{"addr+port", TRAIT_REUSEPORT, true, true, false},
	{"exclusive", TRAIT_EXCLUSIVE, false, false, true},
};

/* Solaris knows them all: there both options on one socket are left out. */
static bool is_shown(size_t set, unsigned int traits)
{
	const unsigned int all = TRAIT_REUSEPORT | TRAIT_EXCLUSIVE;

	if ((traits & all) == all && option_sets[set].reuseaddr && option_sets[set].reuseport)
		return false;
	return (traits & option_sets[set].traits) == option_sets[set].traits;
}

static struct matrix_side side_of(size_t set, bool any, const struct claim *template)
{
	struct matrix_side side = {.options = option_sets[set].name, .any = any, .claim = *template};
	struct address *address = &side.claim.sock.address;

	side.claim.sock.options.reuseaddr = option_sets[set].reuseaddr;
	side.claim.sock.options.reuseport = option_sets[set].reuseport;
	side.claim.sock.winsock_options.exclusive = option_sets[set].exclusive;
	if (any)
		memset(address->bytes, 0, sizeof(address->bytes));
	else if (address_is_wildcard(address))
		*address = (struct address){.family = address->family,
					    .bytes = {[0] = address->family == FAMILY_IPV4 ? 127 : 0,
						      [3] = address->family == FAMILY_IPV4,
						      [15] = address->family == FAMILY_IPV6}};
	return side;
}

void matrix_init(struct matrix *matrix, enum system_id system, const struct claim *first,
		 const struct claim *second)
{
	*matrix = (struct matrix){.system = system, .first = *first, .second = *second};
	for (size_t set = 0; set < sizeof(option_sets) / sizeof(option_sets[0]); set++) {
		if (!is_shown(set, system_traits(system)))
			continue;
		for (int one = 0; one < 2; one++) {
			matrix->rows[matrix->count] = side_of(set, !one, first);
			matrix->columns[matrix->count++] = side_of(set, !one, second);
		}
	}
}

void matrix_cell(const struct matrix *matrix, size_t row, size_t column, struct explanation *ret_cell)
{
	const struct claim pair[2] = {matrix->rows[row].claim, matrix->columns[column].claim};
	struct explanation explanations[2];

	rules_explain(matrix->system, pair, 2, explanations);
	*ret_cell = explanations[1];
}
