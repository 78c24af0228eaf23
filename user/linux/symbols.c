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
	FILE *file; /* shows to its end the addresses that whoever opened it might see; or NULL */
	struct symbol rows[CACHED]; /* by address, the last one wins */
};

struct symbols *symbols_new(void)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (symbols)
		symbols->file = fopen("/proc/kallsyms", "re");
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	if (symbols && symbols->file)
		fclose(symbols->file);
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

static void find_symbol(FILE *file, uint64_t address, struct symbol *ret_symbol)
{
	struct symbol symbol;
	char line[512];

	*ret_symbol = (struct symbol){.address = address};
	if (!file)
		return;
	rewind(file);
	while (fgets(line, sizeof(line), file)) {
		if (!read_symbol(line, &symbol) || symbol.address != address)
			continue;
		*ret_symbol = symbol;
		break;
	}
}

void symbols_name(struct symbols *symbols, uint64_t address, char ret_function[SYMBOL_LEN],
		  char ret_module[SYMBOL_LEN])
{
	struct symbol *row = &symbols->rows[(address >> 4) % CACHED];

	if (address && (row->address != address || !row->function[0]))
		find_symbol(symbols->file, address, row);
	if (!address || row->address != address) {
		ret_function[0] = ret_module[0] = '\0';
		return;
	}
	memcpy(ret_function, row->function, SYMBOL_LEN);
	memcpy(ret_module, row->module, SYMBOL_LEN);
}
