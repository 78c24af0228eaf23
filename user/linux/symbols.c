/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linux/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHED 64

struct symbol {
	uint64_t address; /* 0: free */
	char function[SYMBOL_LEN], module[SYMBOL_LEN];
};

struct symbols {
	struct symbol rows[CACHED]; /* by address, the last one wins */
};

struct symbols *symbols_new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *symbols)
{
	free(symbols);
}

/* "ffffffffc0a01230 t vxlan_rcv\t[vxlan]" */
static bool read_symbol(const char *line, struct symbol *ret_symbol)
{
	struct symbol symbol = {.address = 0};
	char type;

	if (sscanf(line, "%" SCNx64 " %c %63s [%63[^]]]", &symbol.address, &type, symbol.function,
		   symbol.module) < 3)
		return false;
	*ret_symbol = symbol;
	return true;
}

static void find_symbol(uint64_t address, struct symbol *ret_symbol)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	struct symbol symbol;
	char line[512];

	*ret_symbol = (struct symbol){.address = address};
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (!read_symbol(line, &symbol) || symbol.address != address)
			continue;
		*ret_symbol = symbol;
		break;
	}
	fclose(file);
}

void symbols_name(struct symbols *symbols, uint64_t address, char ret_function[SYMBOL_LEN],
		  char ret_module[SYMBOL_LEN])
{
	struct symbol *row = &symbols->rows[(address >> 4) % CACHED];

	if (address && (row->address != address || !row->function[0]))
		find_symbol(address, row);
	if (!address || row->address != address) {
		ret_function[0] = ret_module[0] = '\0';
		return;
	}
	memcpy(ret_function, row->function, SYMBOL_LEN);
	memcpy(ret_module, row->module, SYMBOL_LEN);
}
