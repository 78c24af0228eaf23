/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "view/explain_view.h"

#define FIRST_WIDTH 13
#define CELL_WIDTH  12

static void put_cell(struct strbuf *out, const struct explanation *cell)
{
	static const char prefix[] = "WSA";
	const char *error = cell->error;

	if (!cell->known) {
		strbuf_puts(out, "?");
	} else if (cell->ok) {
		strbuf_puts(out, cell->delivery[0] ? "shares" : "ok");
	} else if (!cell->code && !strncmp(error, prefix, 3)) {
		strbuf_puts(out, "10048/10013");
	} else if (cell->at_listen) {
		strbuf_puts(out, "at listen()");
	} else {
		strbuf_puts(out, strncmp(error, prefix, 3) ? error : error + 3);
	}
}

static void put_name(struct strbuf *out, const struct matrix_side *side, size_t width)
{
	size_t start = out->length;

	strbuf_printf(out, "%s %s", side->options, side->any ? "*" : "=");
	strbuf_pad(out, start, width);
}

static void put_legend(struct strbuf *out)
{
	strbuf_puts(out,
		    "\n"
		    "* a wildcard, = one address (the same in both)\n"
		    "shares: accepted, and the two overlap; ok: accepted, and the two never meet\n"
		    "at listen(): bind() passes, listen() gets EADDRINUSE; ?: no source says\n"
		    "on Windows EADDRINUSE is 10048 and EACCES 10013; 10048/10013: the sources disagree\n");
}

void matrix_text(struct strbuf *out, const struct matrix *matrix)
{
	size_t start;

	strbuf_printf(out, "%s\nfirst:  ", system_title(matrix->system));
	claim_text(out, &matrix->first);
	strbuf_puts(out, "\nsecond: ");
	claim_text(out, &matrix->second);
	strbuf_puts(out, "\n\n");

	start = out->length;
	strbuf_puts(out, "FIRST");
	strbuf_pad(out, start, FIRST_WIDTH);
	for (size_t column = 0; column < matrix->count; column++)
		put_name(out, &matrix->columns[column], column + 1 < matrix->count ? CELL_WIDTH : 0);
	strbuf_puts(out, "\n");
	for (size_t row = 0; row < matrix->count; row++) {
		put_name(out, &matrix->rows[row], FIRST_WIDTH);
		for (size_t column = 0; column < matrix->count; column++) {
			struct explanation cell;

			start = out->length;
			matrix_cell(matrix, row, column, &cell);
			put_cell(out, &cell);
			strbuf_pad(out, start, column + 1 < matrix->count ? CELL_WIDTH : 0);
		}
		strbuf_puts(out, "\n");
	}
	put_legend(out);
}
