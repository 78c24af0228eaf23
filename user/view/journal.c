/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view/journal.h"

#include <errno.h>

#ifdef WITHOUT_JOURNAL

int journal_view_new(const struct view_config *config, struct view **ret_view)
{
	(void)config, (void)ret_view;
	return -ENOSYS;
}

#else

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include "model/event_names.h"
#include "model/text.h"
#include "rules/rules.h"
#include "view/errno_name.h"
#include "view/mapping.h"

#define FIELDS_MAX 48
#define FIELD_MAX  1024

struct kind {
	const char *message_id;
	int priority;
};

/* These never change: journalctl MESSAGE_ID=... finds them. */
static const struct kind kind_refused = {"bd9e7709af68445aa97f495ebf3468d4", LOG_WARNING};
static const struct kind kind_accepted = {"f1a100ec50d34c6ca6e55a7f273c5d50", LOG_INFO};
static const struct kind kind_finding = {"ba32f81315a940a8af405e1ca1fcb3b5", LOG_NOTICE};
static const struct kind kind_gap = {"150f65f4680e48dda939d2c4406419df", LOG_NOTICE};

static const struct mapping_row fields[] = {
	{"REUSETRACE_TYPE", SOURCE_ACTION, NULL},
	{"REUSETRACE_SEQ", SOURCE_SEQ, NULL},
	{"REUSETRACE_OUTCOME", SOURCE_OUTCOME, NULL},
	{"REUSETRACE_ERRNO", SOURCE_ERRNO, NULL},
	{"REUSETRACE_RULE", SOURCE_RULE, NULL},
	{"REUSETRACE_TEXT", SOURCE_SENTENCE, NULL},
	{"REUSETRACE_PROTOCOL", SOURCE_TRANSPORT, NULL},
	{"REUSETRACE_FAMILY", SOURCE_FAMILY, NULL},
	{"REUSETRACE_ADDRESS", SOURCE_ADDRESS, NULL},
	{"REUSETRACE_PORT", SOURCE_PORT, NULL},
	{"REUSETRACE_NETNS", SOURCE_NETNS, NULL},
	{"REUSETRACE_PID", SOURCE_PID, NULL},
	{"REUSETRACE_COMM", SOURCE_COMM, NULL},
	{"REUSETRACE_EXE", SOURCE_EXE, NULL},
	{"REUSETRACE_UID", SOURCE_UID, NULL},
	{"REUSETRACE_UNIT", SOURCE_UNIT, NULL},
	{"REUSETRACE_CONTAINER", SOURCE_CONTAINER, NULL},
	{"REUSETRACE_HOLDER_KIND", SOURCE_HOLDER_KIND, NULL},
	{"REUSETRACE_HOLDER_PID", SOURCE_HOLDER_PID, NULL},
	{"REUSETRACE_HOLDER_COMM", SOURCE_HOLDER_COMM, NULL},
	{"REUSETRACE_HOLDER_EXE", SOURCE_HOLDER_EXE, NULL},
	{"REUSETRACE_HOLDER_UID", SOURCE_HOLDER_UID, NULL},
};

struct journal_view {
	struct view view;
	struct view_config config;
};

struct entry {
	struct iovec vectors[FIELDS_MAX];
	char texts[FIELDS_MAX][FIELD_MAX];
	int count;
};

/* A value of any bytes: the length counts, not a NUL. */
static void add(void *context, const char *name, const char *text, size_t length)
{
	struct entry *entry = context;
	char *field;
	int prefix;

	if (entry->count == FIELDS_MAX)
		return;
	field = entry->texts[entry->count];
	prefix = snprintf(field, FIELD_MAX, "%s=", name);
	if (length > (size_t)(FIELD_MAX - prefix))
		length = (size_t)(FIELD_MAX - prefix);
	memcpy(field + prefix, text, length);
	entry->vectors[entry->count++] = (struct iovec){field, (size_t)prefix + length};
}

static void add_text(struct entry *entry, const char *name, const char *text)
{
	add(entry, name, text, strlen(text));
}

static const struct kind *kind_of(const struct event *event)
{
	if (event->type == EVENT_FINDING)
		return &kind_finding;
	if (event->type == EVENT_GAP)
		return &kind_gap;
	return event->result < 0 ? &kind_refused : &kind_accepted;
}

static const char *text_of(const struct mapping_row *row, const struct entry *entry)
{
	size_t length = strlen(row->path);

	for (int i = 0; i < entry->count; i++)
		if (!strncmp(entry->texts[i], row->path, length) && entry->texts[i][length] == '=')
			return entry->texts[i] + length + 1;
	return "";
}

/* "python3[4242] bind 127.0.0.1:8080/tcp: EADDRINUSE, SO_REUSEADDR on both ..." */
static void add_message(struct entry *entry, const struct event *event)
{
	static const struct mapping_row address = {"REUSETRACE_ADDRESS", SOURCE_ADDRESS, NULL},
					text = {"REUSETRACE_TEXT", SOURCE_SENTENCE, NULL};
	const char *host = text_of(&address, entry), *protocol = protocol_name(event->sock.protocol);
	const char *error = event->result < 0 ? errno_name(-event->result) : "accepted";
	bool is_v6 = strchr(host, ':');
	struct strbuf message = {.data = NULL};

	strbuf_escape(&message, event->process.comm, sizeof(event->process.comm));
	strbuf_printf(&message, "[%u] %s %s%s%s:%u/%s", event->process.pid, event_type_name(event->type),
		      is_v6 ? "[" : "", host, is_v6 ? "]" : "",
		      event->sock.port ? event->sock.port : event->requested_port, protocol ? protocol : "-");
	if (event_is_attempt(event))
		strbuf_printf(&message, ": %s", error ? error : "refused");
	if (text_of(&text, entry)[0])
		strbuf_printf(&message, ", %s", text_of(&text, entry));
	add_text(entry, "MESSAGE", message.data ? message.data : "reusetrace");
	strbuf_free(&message);
}

static int view_event(struct view *view, const struct event *event)
{
	const struct journal_view *journal = (const struct journal_view *)view;
	const struct kind *kind = kind_of(event);
	struct entry *entry;
	char number[16];
	int err;

	if (event->type == EVENT_HOLDER)
		return 0;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	mapping_visit(fields, sizeof(fields) / sizeof(fields[0]), &journal->config, event, add, entry);
	add_message(entry, event);
	add_text(entry, "MESSAGE_ID", kind->message_id);
	snprintf(number, sizeof(number), "%d", kind->priority);
	add_text(entry, "PRIORITY", number);
	add_text(entry, "SYSLOG_IDENTIFIER", "reusetrace");
	if (event->result < 0) {
		snprintf(number, sizeof(number), "%d", -event->result);
		add_text(entry, "ERRNO", number);
	}
	err = sd_journal_sendv(entry->vectors, entry->count);
	free(entry);
	return err;
}

static int view_start(struct view *view, const struct start_info *info)
{
	(void)view, (void)info;
	return 0;
}

static int view_totals(struct view *view, const struct end_info *info)
{
	(void)view, (void)info;
	return 0;
}

static void view_release(struct view *view)
{
	free(view);
}

static const struct view_ops journal_ops = {
	.start = view_start,
	.event = view_event,
	.lost = view_totals,
	.end = view_totals,
	.free = view_release,
};

int journal_view_new(const struct view_config *config, struct view **ret_view)
{
	struct journal_view *journal = calloc(1, sizeof(*journal));

	if (!journal)
		return -ENOMEM;
	journal->view.ops = &journal_ops;
	journal->config = *config;
	*ret_view = &journal->view;
	return 0;
}

#endif
