/* SPDX-License-Identifier: GPL-2.0-or-later */
/* AF_UNIX: every sentence and remedy, text and JSON. */
#include "attempts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "unix_rows.h"

static void make(const struct row *row, struct event *event, struct holder *holder, struct owner *owner)
{
	owner[0] = owner[1] = (struct owner){.pid = 4100, .fd = 3, .comm = "old"};
	if (row->pid)
		owner->pid = row->pid;
	if (row->comm)
		snprintf(owner->comm, sizeof(owner->comm), "%s", row->comm);
	if (row->exe)
		snprintf(owner->exe, sizeof(owner->exe), "%s", row->exe);
	*holder = (struct holder){
		.kind = KIND_PROCESS,
		.expires_ms = -1,
		.released_after_ns = -1,
		.sock = {.protocol = PROTO_UNIX, .state = row->holder, .unix_type = row->type, .uid = 1000},
		.owners = row->process ? owner : NULL,
		.owner_count = (size_t)row->process + row->second};
	*event = (struct event){
		.type = EVENT_BIND,
		.time_ns = AT(62, 113),
		.fd = -1,
		.process = {.pid = 4242, .comm = "new"},
		.sock = {.protocol = PROTO_UNIX,
			 .family = FAMILY_UNIX,
			 .unix_type = UNIX_STREAM,
			 .state = STATE_BOUND,
			 .uid = 1000},
		.result = row->result,
		.stage = row->stage	       ? row->stage
			 : row->result == USED ? STAGE_PORT
			 : row->result	       ? STAGE_ADDRESS
					       : STAGE_NONE,
		.unix_facts = {.abstract = row->abstract,
			       .bound = row->bound,
			       .replaced = row->replaced,
			       .hidden = row->hidden,
			       .obstacle = row->obstacle,
			       .fault = row->fault,
			       .directory = "/run",
			       .directory_mode = 0750,
			       .fsuid = 1000},
		.refusal = {.present = true, .addrlen = row->addrlen},
	};
	snprintf(event->unix_facts.path, sizeof(event->unix_facts.path), "%s", row->path);
	if (row->modules)
		snprintf(event->refusal.lsm_active, sizeof(event->refusal.lsm_active), "%s", row->modules);
	if (row->holder) {
		event->holders = holder;
		event->holder_count = event->holders_total = 1;
	}
	judge(event, &new_kernel);
}

static void test_words(void **state)
{
	struct event event;
	struct holder holder;
	struct owner owner[2];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t fixes = 0;

		make(&rows[i], &event, &holder, owner);
		assert_string_equal(rule_name((enum rule_id)event.verdict.rule), rows[i].rule);
		assert_string_equal(event.verdict.text, rows[i].text);
		assert_int_equal(event.verdict.agrees, rows[i].agrees);
		while (fixes < COUNT(rows[i].fix) && rows[i].fix[fixes])
			fixes++;
		assert_int_equal(event.verdict.fix_count, fixes);
		for (size_t j = 0; j < fixes; j++)
			assert_string_equal(event.verdict.fix[j], rows[i].fix[j]);
		if (event.holder_count)
			assert_int_equal(event.holders[0].culprit,
					 strcmp(rows[i].rule, "path-stale") &&
						 strcmp(rows[i].rule, "path-socket"));
	}
}

static void test_text_and_json(void **state)
{
	struct event event;
	struct holder holder;
	struct owner owner[2];
	char *text;

	(void)state;
	make(&rows[3], &event, &holder, owner);
	text = render(text_view_new, &no_header, &event, 1);
	assert_string_equal(text,
			    "10:01:02.113 4242  new      unix  /run/x             ........  EADDRINUSE\n"
			    "    held by  old[4100] fd 3, listening on /run/x, uid 1000\n"
			    "    because  /run/x exists and old[4100] listens on it (rule path-listener)\n"
			    "    fix      stop 4100 (old), then remove /run/x; or bind another path\n");
	free(text);
	text = render(json_view_new, &no_header, &event, 1);
	assert_non_null(strstr(text, "\"path\":\"/run/x\""));
	assert_non_null(strstr(text, "\"protocol\":\"unix\",\"family\":\"unix\""));
	assert_non_null(strstr(text, "\"type\":\"stream\""));
	assert_non_null(strstr(text, "\"unix\":{\"abstract\":false,\"bound\":false,\"overrides\":false,"
				     "\"replaced\":false,\"hidden\":false,"
				     "\"at_path\":\"socket\",\"fault\":null,\"directory\":\"/run\","));
	free(text);
	make(&rows[7], &event, &holder, owner);
	text = render(text_view_new, &no_header, &event, 1);
	assert_non_null(strstr(text, "    on path  old[4100] fd 3, connected /run/x, uid 1000"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_text_and_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
