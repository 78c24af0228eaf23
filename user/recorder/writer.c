// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/queue.h>
#include <unistd.h>

#include "model/address.h"
#include "model/event_names.h"
#include "recorder/recorder.h"
#include "recorder/room.h"
#include "recorder/store.h"
#include "rules/rules.h"

#define BUSY_MS 100

struct row {
	STAILQ_ENTRY(row) next;
	uint64_t seq;
	int64_t time_ns;
	const char *type, *protocol;
	char address[ADDRESS_TEXT_LEN];
	char comm[COMM_LEN + 1];
	uint32_t pid;
	uint16_t port;
	int ok; /* -1: not an attempt */
	const char *rule;
	size_t length;
	char json[];
};

struct recorder {
	char *path;
	sqlite3 *db; /* NULL: it could not be opened yet */
	sqlite3_stmt *insert;
	int lock; /* held for as long as db is open */
	struct room room;
	char *start; /* the start object until it is committed */
	char *host, *kernel, *version;
	int64_t clock_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	STAILQ_HEAD(, row) waiting;
	size_t waiting_bytes;
	struct recorder_state state;
};

/* ---- opening */

/* Closing any descriptor of a file lets go of SQLite's locks on it: this one is closed last. */
static int lock_file(struct recorder *recorder, const char *path)
{
	recorder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (recorder->lock < 0)
		return -errno;
	return flock(recorder->lock, LOCK_EX | LOCK_NB) ? (errno == EWOULDBLOCK ? -EALREADY : -errno) : 0;
}

/* Also what was left of one whose making was interrupted. */
static int is_new(sqlite3 *db, bool *ret_new)
{
	sqlite3_int64 id = 0, objects = 0;
	int err = store_number(db, "PRAGMA application_id", &id);

	if (!err)
		err = store_number(db, "SELECT count(*) FROM sqlite_master", &objects);
	*ret_new = !id && !objects;
	return err;
}

static int prepare_file(struct recorder *recorder)
{
	static const char *const always[] = {"PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 0",
					     "PRAGMA temp_store = MEMORY", "PRAGMA cache_spill = 0"};
	bool make = false;
	int err = is_new(recorder->db, &make);

	if (!err && make)
		err = store_run(recorder->db, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL");
	if (!err)
		err = store_run(recorder->db, "PRAGMA journal_mode = WAL");
	for (size_t i = 0; !err && i < sizeof(always) / sizeof(always[0]); i++)
		err = store_run(recorder->db, always[i]);
	if (!err)
		err = make ? store_make(recorder->db) : 0;
	return err ? err : store_check(recorder->db);
}

static int prepare(struct recorder *recorder)
{
	static const char insert[] = "INSERT INTO event (run, seq, time_ns, type, protocol, address, port, "
				     "pid, comm, ok, rule, json)"
				     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	sqlite3_int64 run = 0;
	int err = store_number(recorder->db, "SELECT coalesce(max(id), 0) + 1 FROM run", &run);

	if (err)
		return err;
	recorder->state.run = (uint64_t)run;
	return store_errno(recorder->db,
			   sqlite3_prepare_v3(recorder->db, insert, -1, SQLITE_PREPARE_PERSISTENT,
					      &recorder->insert, NULL));
}

static const char *open_words(int err)
{
	switch (err) {
	case -EALREADY:
		return "another recorder writes it";
	case -EFBIG:
		return "cannot be made as small as --max-size: move it away";
	case -EBADMSG:
		return "is no recording of reusetrace or is damaged: move it away";
	case -ENOTSUP:
		return "was made by another version of reusetrace: move it away";
	default:
		return NULL;
	}
}

static void detach(struct recorder *recorder)
{
	sqlite3_finalize(recorder->insert);
	sqlite3_close(recorder->db);
	if (recorder->lock >= 0)
		close(recorder->lock);
	recorder->insert = NULL;
	recorder->db = NULL;
	recorder->lock = -1;
}

static int attach(struct recorder *recorder)
{
	int err = lock_file(recorder, recorder->path);

	if (!err)
		err = store_errno(NULL, sqlite3_open_v2(recorder->path, &recorder->db,
							SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	if (!err) {
		sqlite3_busy_timeout(recorder->db, BUSY_MS);
		err = prepare_file(recorder);
	}
	if (!err)
		err = room_attach(&recorder->room, recorder->db);
	if (!err)
		err = prepare(recorder);
	if (err)
		detach(recorder);
	return err;
}

/* What may pass while events wait. */
static bool is_passing(int err)
{
	return err == -EROFS || err == -ENOSPC || err == -EDQUOT || err == -EBUSY;
}

int recorder_open(const char *path, const struct recorder_limits *limits, struct recorder **ret_recorder,
		  char error[RECORDER_ERROR_LEN])
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int err;

	if (!recorder)
		return store_fail(path, -ENOMEM, NULL, error, RECORDER_ERROR_LEN);
	STAILQ_INIT(&recorder->waiting);
	recorder->lock = -1;
	recorder->path = strdup(path);
	room_init(&recorder->room, limits);
	err = recorder->path ? attach(recorder) : -ENOMEM;
	if (err && !is_passing(err)) {
		recorder_free(recorder);
		return store_fail(path, err, open_words(err), error, RECORDER_ERROR_LEN);
	}
	*ret_recorder = recorder;
	return 0;
}

void recorder_free(struct recorder *recorder)
{
	struct row *row;

	if (!recorder)
		return;
	while ((row = STAILQ_FIRST(&recorder->waiting))) {
		STAILQ_REMOVE_HEAD(&recorder->waiting, next);
		free(row);
	}
	detach(recorder);
	free(recorder->path);
	free(recorder->start);
	free(recorder->host);
	free(recorder->kernel);
	free(recorder->version);
	free(recorder);
}

/* ---- what waits */

static struct row *add_row(struct recorder *recorder, const char *type, uint64_t seq, uint64_t time_ns,
			   const char *line, size_t length)
{
	bool fits =
		length <= RECORDER_LINE_MOST && recorder->waiting_bytes + length <= RECORDER_WAITING_BYTES;
	struct row *row = fits ? malloc(sizeof(*row) + length + 1) : NULL;

	if (!row) {
		recorder->state.dropped++;
		return NULL;
	}
	*row = (struct row){.seq = seq,
			    .time_ns = (int64_t)time_ns + recorder->clock_ns,
			    .type = type,
			    .ok = -1,
			    .length = length};
	memcpy(row->json, line, length);
	row->json[length] = '\0';
	STAILQ_INSERT_TAIL(&recorder->waiting, row, next);
	recorder->waiting_bytes += length;
	recorder->state.waiting++;
	return row;
}

int recorder_start(struct recorder *recorder, const struct start_info *info, const struct clock_base *clock,
		   const char *line, size_t length)
{
	recorder->clock_ns = clock->boot_to_real_ns;
	recorder->start = strndup(line, length);
	recorder->host = strdup(info->host ? info->host : "");
	recorder->kernel = strdup(info->kernel ? info->kernel : "");
	recorder->version = strdup(info->version ? info->version : "");
	if (!recorder->start || !recorder->host || !recorder->kernel || !recorder->version)
		return -ENOMEM;
	return 0;
}

int recorder_add(struct recorder *recorder, const struct event *event, const char *line, size_t length)
{
	bool attempt = event_is_attempt(event);
	bool asked = attempt && event->result < 0 && event->requested.family != FAMILY_NONE;
	struct row *row =
		add_row(recorder, event_type_name(event->type), event->seq, event->time_ns, line, length);

	if (!row)
		return -ENOMEM;
	row->protocol = protocol_name(event->sock.protocol);
	row->port = asked ? event->requested_port : event->sock.port;
	address_format_host(row->address, sizeof(row->address),
			    asked ? &event->requested : &event->sock.address);
	row->pid = event->process.pid;
	memcpy(row->comm, event->process.comm, COMM_LEN);
	if (attempt)
		row->ok = event->result >= 0;
	if (attempt && event->has_verdict)
		row->rule = rule_name((enum rule_id)event->verdict.rule);
	return 0;
}

int recorder_add_totals(struct recorder *recorder, const char *type, const struct end_info *info,
			const char *line, size_t length)
{
	return add_row(recorder, type, info->seq, info->time_ns, line, length) ? 0 : -ENOMEM;
}

/* ---- committing */

static int bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	return text ? sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC)
		    : sqlite3_bind_null(statement, at);
}

/* Names are as the process chose them: what is no UTF-8 goes in as bytes, the object has it escaped. */
static int insert_row(struct recorder *recorder, const struct row *row)
{
	sqlite3_stmt *statement = recorder->insert;
	int code;

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)recorder->state.run);
	sqlite3_bind_int64(statement, 2, (sqlite3_int64)row->seq);
	sqlite3_bind_int64(statement, 3, row->time_ns);
	bind_text(statement, 4, row->type);
	bind_text(statement, 5, row->protocol);
	bind_text(statement, 6, row->protocol ? row->address : NULL);
	if (row->port)
		sqlite3_bind_int(statement, 7, row->port);
	if (row->pid)
		sqlite3_bind_int64(statement, 8, row->pid);
	bind_text(statement, 9, row->comm[0] ? row->comm : NULL);
	if (row->ok >= 0)
		sqlite3_bind_int(statement, 10, row->ok);
	bind_text(statement, 11, row->rule);
	sqlite3_bind_text(statement, 12, row->json, (int)row->length, SQLITE_STATIC);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return store_errno(recorder->db, code);
}

static int insert_run(struct recorder *recorder, int64_t now_unix_ns)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(recorder->db, "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?)", -1,
				      &statement, NULL);

	if (code == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, (sqlite3_int64)recorder->state.run);
		sqlite3_bind_int64(statement, 2, now_unix_ns);
		bind_text(statement, 3, recorder->host);
		bind_text(statement, 4, recorder->kernel);
		bind_text(statement, 5, recorder->version);
		bind_text(statement, 6, recorder->start);
		code = sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return store_errno(recorder->db, code);
}

static int publish(struct recorder *recorder, uint64_t seq)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
		 "UPDATE state SET run = %" PRIu64 ", seq = %" PRIu64 ", dropped = %" PRIu64,
		 recorder->state.run, seq, recorder->state.dropped);
	return store_run(recorder->db, sql);
}

struct batch {
	size_t rows, bytes;
	uint64_t seq; /* of the last one */
};

static struct batch next_batch(const struct recorder *recorder)
{
	struct batch batch = {.seq = recorder->state.seq};
	uint64_t bytes_most = recorder->room.log_pages / 4 * ROOM_PAGE;
	const struct row *row;

	STAILQ_FOREACH(row, &recorder->waiting, next)
	{
		if (batch.rows &&
		    (batch.rows == recorder->room.rows_at_once || batch.bytes + row->length > bytes_most))
			break;
		batch.rows++;
		batch.bytes += row->length;
		batch.seq = row->seq;
	}
	return batch;
}

static int write_batch(struct recorder *recorder, const struct batch *batch, int64_t now_unix_ns)
{
	uint64_t content = batch->bytes / (ROOM_PAGE - 4) + batch->rows;
	const struct row *row = STAILQ_FIRST(&recorder->waiting);
	int err = room_make(&recorder->room, content + 2 * batch->rows + ROOM_PAGES_A_ROW);

	if (!err)
		err = room_begin(&recorder->room, content + (batch->rows + 1) * ROOM_PAGES_A_ROW);
	if (err)
		return err;
	if (recorder->start)
		err = insert_run(recorder, now_unix_ns);
	for (size_t i = 0; !err && i < batch->rows; i++, row = STAILQ_NEXT(row, next))
		err = insert_row(recorder, row);
	if (!err)
		err = publish(recorder, batch->seq);
	return room_finish(&recorder->room, err);
}

static void take_batch(struct recorder *recorder, const struct batch *batch)
{
	for (size_t i = 0; i < batch->rows; i++) {
		struct row *row = STAILQ_FIRST(&recorder->waiting);

		STAILQ_REMOVE_HEAD(&recorder->waiting, next);
		free(row);
	}
	recorder->waiting_bytes -= batch->bytes;
	recorder->state.waiting -= batch->rows;
	recorder->state.seq = batch->seq;
	free(recorder->start);
	recorder->start = NULL;
}

int recorder_commit(struct recorder *recorder, int64_t now_unix_ns)
{
	int err = recorder->db ? 0 : attach(recorder);

	while (!err && (recorder->start || !STAILQ_EMPTY(&recorder->waiting))) {
		struct batch batch = next_batch(recorder);

		err = write_batch(recorder, &batch, now_unix_ns);
		if (!err)
			take_batch(recorder, &batch);
	}
	if (err)
		return err;
	err = room_prune_old(&recorder->room, now_unix_ns);
	return err == -EBUSY ? 0 : err; /* all is committed; what is old goes when the reader is done */
}

struct recorder_state recorder_state(const struct recorder *recorder)
{
	return recorder->state;
}
