/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `explain` prints: each socket, and what each system answers to it. */
#ifndef REUSETRACE_VIEW_EXPLAIN_VIEW_H
#define REUSETRACE_VIEW_EXPLAIN_VIEW_H

#include "rules/explain.h"
#include "rules/matrix.h"
#include "view/json.h"

/* The sockets with their numbers, and the line of titles. */
void explain_text_head(struct strbuf *out, const struct claim *claims, size_t count);

/* All explanations of one system: [socket]. */
typedef struct explanation explanations[EXPLAIN_MAX];

/*
 * A row for each attempt behind the first, with its lines; what an earlier
 * system among systems (1 << enum system_id) said in the same words is only
 * referred to.  all is indexed by system.
 */
void explain_text(struct strbuf *out, enum system_id system, const struct claim *claims, size_t count,
		  const explanations all[SYSTEM_MAX], unsigned int systems, bool color);

void explain_text_advice(struct strbuf *out, const char *const *sentences, size_t count);

/* "tcp 127.0.0.1:8080 reuseaddr listen uid=1000": a SOCKET again. */
void claim_text(struct strbuf *out, const struct claim *claim);

/* One line each; what jw_finish() returns. */
int explain_json(struct json_writer *writer, enum system_id system, const struct claim *claims,
		 const struct explanation *explanations, size_t index, uint64_t seq,
		 const struct clock_base *clock);
int explain_json_advice(struct json_writer *writer, const char *const *sentences, size_t count, uint64_t seq,
			const struct clock_base *clock);

void matrix_text(struct strbuf *out, const struct matrix *matrix);
int matrix_json(struct json_writer *writer, const struct matrix *matrix, size_t row, size_t column,
		uint64_t seq, const struct clock_base *clock);

#endif
