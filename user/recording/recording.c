// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/recording.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "model/event_names.h"
#include "model/text.h"
#include "recording/capture.h"
#include "recording/database.h"
#include "recording/decode.h"
#include "recording/lines.h"
#include "recording/start.h"
#include "view/json.h"

#define HEAD_LEN 80

/* What parsing may take: an empty object is some hundred bytes of memory. */
#define DEPTH_MOST   12
#define VALUES_MOST  2000000
#define OBJECTS_MOST 100000

struct recording {
	char *name; /* of the file, escaped */
	FILE *file;
	struct lines lines;
	struct json_tokener *tokener;
	struct json_object *start_object; /* has the strings of start */
	struct recorded_start start;
	uint64_t unknown;
	bool ended;
	struct capture *capture;	/* a Windows .etl, NULL: NDJSON */
	struct recorder_reader *reader; /* the recorder's file: its newest run */
};

/* ---- messages */

static int fail_file(const struct recording *recording, char error[RECORDING_ERROR_LEN], int err,
		     const char *what)
{
	snprintf(error, RECORDING_ERROR_LEN, "%.200s: %s", recording->name, what);
	return err;
}

static int fail_line(const struct recording *recording, char error[RECORDING_ERROR_LEN], int err,
		     const char *what)
{
	snprintf(error, RECORDING_ERROR_LEN, "%.200s:%zu: %s", recording->name, recording->lines.number,
		 what);
	return err;
}

static int fail_read(const struct recording *recording, char error[RECORDING_ERROR_LEN], int err)
{
	static const struct {
		int err;
		const char *what;
	} rows[] = {
		{-ENODATA, "ends in the middle of a line: the recording was cut"},
		{-E2BIG, "line of more than 8 MiB"},
		{-EILSEQ, "a NUL byte in the line"},
		{-ENOMEM, "out of memory"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].err == err)
			return fail_line(recording, error, err, rows[i].what);
	return fail_file(recording, error, err, strerror(-err));
}

/* ---- one line */

/* Brackets and commas bound what a parser makes of a line; those in strings are counted too. */
static bool is_small(const char *line, size_t length)
{
	size_t values = 0, objects = 0;

	for (size_t i = 0; i < length; i++) {
		objects += line[i] == '{' || line[i] == '[';
		values += line[i] == ',' || line[i] == ':';
	}
	return objects <= OBJECTS_MOST && values <= VALUES_MOST;
}

static bool is_ascii(const char *line, size_t length)
{
	size_t i = 0;

	while (i < length && !(line[i] & 0x80))
		i++;
	return i == length;
}

static int parse_line(struct recording *recording, const char *line, size_t length,
		      struct json_object **ret_object, char error[RECORDING_ERROR_LEN])
{
	struct json_object *object;
	char what[128];

	if (!is_small(line, length))
		return fail_line(recording, error, -E2BIG, "too many values in one line");
	json_tokener_reset(recording->tokener);
	/* json-c 0.18, when strict, takes all bytes above ASCII for control characters. */
	json_tokener_set_flags(recording->tokener,
			       JSON_TOKENER_VALIDATE_UTF8 |
				       (is_ascii(line, length) ? JSON_TOKENER_STRICT : 0));
	object = json_tokener_parse_ex(recording->tokener, line, (int)length + 1);
	if (json_tokener_get_error(recording->tokener) == json_tokener_success &&
	    json_tokener_get_parse_end(recording->tokener) >= length &&
	    json_object_is_type(object, json_type_object)) {
		*ret_object = object;
		return 0;
	}
	json_object_put(object);
	snprintf(what, sizeof(what), "no JSON object (byte %zu: %s)",
		 json_tokener_get_parse_end(recording->tokener) + 1,
		 json_tokener_error_desc(json_tokener_get_error(recording->tokener)));
	return fail_line(recording, error, -EBADMSG, what);
}

/* 1 and an object of this schema with its type, which the object owns. */
static int read_object(struct recording *recording, const char *line, size_t length,
		       struct json_object **ret_object, const char **ret_type,
		       char error[RECORDING_ERROR_LEN])
{
	struct json_object *object = NULL;
	struct json_reader reader;
	const char *schema, *type;
	int err = parse_line(recording, line, length, &object, error);

	if (err)
		return err;
	jr_init(&reader, object);
	schema = jr_string(&reader, "schema");
	type = jr_string(&reader, "type");
	if (schema && !strcmp(schema, JSON_SCHEMA) && type) {
		*ret_object = object;
		*ret_type = type;
		return 1;
	}
	json_object_put(object);
	return fail_line(recording, error, -EBADMSG, "is no object of schema " JSON_SCHEMA);
}

/* Of the next line; 0 behind the last one. */
static int next_object(struct recording *recording, struct json_object **ret_object, const char **ret_type,
		       char error[RECORDING_ERROR_LEN])
{
	const char *line;
	size_t length;
	int n = lines_next(&recording->lines, &line, &length);

	if (n <= 0)
		return n ? fail_read(recording, error, n) : 0;
	return read_object(recording, line, length, ret_object, ret_type, error);
}

/* ---- the start */

static int take_start(struct recording *recording, const char *type, char error[RECORDING_ERROR_LEN])
{
	struct json_reader reader;
	int err;

	if (strcmp(type, "start"))
		return fail_line(recording, error, -EBADMSG,
				 "a recording begins with a start object, this does not");
	jr_init(&reader, recording->start_object);
	err = decode_json_start(&reader, &recording->start);
	if (jr_failed(&reader))
		return fail_line(recording, error, -EBADMSG, reader.error);
	return err ? fail_read(recording, error, err) : 0;
}

static int read_start(struct recording *recording, char error[RECORDING_ERROR_LEN])
{
	const char *type;
	int n = next_object(recording, &recording->start_object, &type, error);

	if (n < 0)
		return n;
	if (!n)
		return fail_line(recording, error, -ENODATA, "the file is empty: no recording");
	return take_start(recording, type, error);
}

/* ---- kinds of files */

enum reader { READER_DATABASE, READER_LINES, READER_CAPTURE };

static const struct kind {
	size_t offset;
	size_t length;
	const char *bytes; /* NULL: anything */
	enum reader reader;
} kinds[] = {
	{0, 16, "SQLite format 3", READER_DATABASE}, /* the recorder's */
	/* SYSTEM_TRACE_HEADER's Marker of TRACE_LOGFILE_HEADER, behind WMI_BUFFER_HEADER: 64 and 32 bits */
	{72, 4, "\x02\x00\x02\xc0", READER_CAPTURE},
	{72, 4, "\x02\x00\x01\xc0", READER_CAPTURE},
	{0, 0, NULL, READER_LINES},
};

static int read_capture(struct recording *recording, char error[RECORDING_ERROR_LEN])
{
	int err = capture_open(&recording->lines, &recording->capture);

	if (err)
		return fail_file(recording, error, err,
				 err == -EBADMSG ? "is no .etl file that can be read" : strerror(-err));
	capture_start(recording->capture, &recording->start.info);
	return 0;
}

static int read_database(struct recording *recording, const char *path, char error[RECORDING_ERROR_LEN])
{
	struct recorded_line line;
	const char *type;
	int n = database_open(path, recording->name, &recording->reader, &line, error);

	if (n)
		return n;
	n = read_object(recording, line.start, line.start_length, &recording->start_object, &type, error);
	return n < 0 ? n : take_start(recording, type, error);
}

/* Told by its content; then its start is read. */
static int read_kind(struct recording *recording, const char *path, char error[RECORDING_ERROR_LEN])
{
	char head[HEAD_LEN];
	size_t size = lines_peek(&recording->lines, head, sizeof(head));
	const struct kind *kind = kinds;

	while (kind->bytes &&
	       (size < kind->offset + kind->length || memcmp(head + kind->offset, kind->bytes, kind->length)))
		kind++;
	if (kind->reader == READER_LINES)
		return read_start(recording, error);
	return kind->reader == READER_CAPTURE ? read_capture(recording, error)
					      : read_database(recording, path, error);
}

/* ---- the recording */

static int name_it(struct recording *recording, const char *path, char error[RECORDING_ERROR_LEN])
{
	struct strbuf name = {0};

	strbuf_escape(&name, path, strlen(path));
	recording->name = name.data;
	if (name.error || !recording->name) {
		recording->name = NULL;
		strbuf_free(&name);
		snprintf(error, RECORDING_ERROR_LEN, "out of memory");
		return -ENOMEM;
	}
	recording->tokener = json_tokener_new_ex(DEPTH_MOST);
	return recording->tokener ? 0 : fail_file(recording, error, -ENOMEM, "out of memory");
}

static int open_file(struct recording *recording, const char *path, char error[RECORDING_ERROR_LEN])
{
	int err = name_it(recording, path, error);

	if (err)
		return err;
	recording->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!recording->file)
		return fail_file(recording, error, -errno, strerror(errno));
	if (lines_init(&recording->lines, recording->file))
		return fail_file(recording, error, -ENOMEM, "out of memory");
	return 0;
}

int recording_begin(const char *name, const char *start, size_t length, struct recording **ret_recording,
		    char error[RECORDING_ERROR_LEN])
{
	struct recording *recording = calloc(1, sizeof(*recording));
	const char *type;
	int err;

	if (!recording) {
		snprintf(error, RECORDING_ERROR_LEN, "out of memory");
		return -ENOMEM;
	}
	err = name_it(recording, name, error);
	if (!err)
		err = read_object(recording, start, length, &recording->start_object, &type, error);
	if (err >= 0)
		err = take_start(recording, type, error);
	if (err) {
		recording_free(recording);
		return err;
	}
	*ret_recording = recording;
	return 0;
}

int recording_open(const char *path, struct recording **ret_recording, char error[RECORDING_ERROR_LEN])
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int err;

	if (!recording) {
		snprintf(error, RECORDING_ERROR_LEN, "out of memory");
		return -ENOMEM;
	}
	err = open_file(recording, path, error);
	if (!err)
		err = read_kind(recording, path, error);
	if (err) {
		recording_free(recording);
		return err;
	}
	*ret_recording = recording;
	return 0;
}

void recording_free(struct recording *recording)
{
	if (!recording)
		return;
	lines_free(&recording->lines);
	capture_free(recording->capture);
	recorder_reader_free(recording->reader);
	if (recording->file && recording->file != stdin)
		fclose(recording->file);
	if (recording->tokener)
		json_tokener_free(recording->tokener);
	json_object_put(recording->start_object);
	recorded_start_free(&recording->start);
	free(recording->name);
	free(recording);
}

const struct start_info *recording_start(const struct recording *recording)
{
	return &recording->start.info;
}

struct clock_base recording_clock(const struct recording *recording)
{
	return recording->start.clock;
}

uint64_t recording_unknown(const struct recording *recording)
{
	return recording->unknown;
}

static enum recorded recorded_type(const char *type)
{
	if (!strcmp(type, "end"))
		return RECORDED_END;
	return strcmp(type, "lost") ? RECORDED_EVENT : RECORDED_LOST;
}

/* 1, or 0 for a type that is not known here. */
static int decode_object(struct recording *recording, struct json_object *object, const char *type,
			 struct recorded_object *ret_object, char error[RECORDING_ERROR_LEN])
{
	int event_type = event_type_from_name(type);
	struct json_reader reader;

	*ret_object = (struct recorded_object){.type = recorded_type(type)};
	if (!strcmp(type, "start"))
		return fail_line(recording, error, -EBADMSG,
				 "a second start: two recordings in one file cannot be told apart");
	if (ret_object->type == RECORDED_EVENT && event_type < 0)
		return 0;
	jr_init(&reader, object);
	if (ret_object->type == RECORDED_EVENT) {
		decode_json_event(&reader, (enum event_type)event_type, &recording->start.clock,
				  &ret_object->event);
		if (!recording->start.info.policy && !ret_object->event.windows.present)
			jr_fail(&reader, "facts.windows", "is missing in a recording of Windows");
	} else {
		decode_json_totals(&reader, &ret_object->totals);
		decode_json_head(&reader, &recording->start.clock, &ret_object->totals.time_ns,
				 &ret_object->totals.seq);
	}
	if (!jr_failed(&reader))
		return 1;
	event_clear(&ret_object->event);
	return fail_line(recording, error, -EBADMSG, reader.error);
}

static int next_of_capture(struct recording *recording, struct recorded_object *ret_object,
			   char error[RECORDING_ERROR_LEN])
{
	int n = capture_next(recording->capture, ret_object);

	if (n >= 0)
		return n;
	return fail_file(recording, error, n,
			 n == -ENODATA ? "the capture was cut or is damaged" : strerror(-n));
}

int recording_exclude(struct recording *recording, enum protocol protocol, uint16_t first, uint16_t last,
		      bool by_admin)
{
	if (!recording->capture)
		return -ENOTSUP;
	return capture_exclude(recording->capture, protocol, first, last, by_admin);
}

void recording_judged(struct recording *recording, const struct event *event)
{
	if (recording->capture)
		capture_judged(recording->capture, event);
}

int recording_take(struct recording *recording, const char *line, size_t length,
		   struct recorded_object *ret_object, char error[RECORDING_ERROR_LEN])
{
	struct json_object *object;
	const char *type;
	int n;

	recording->lines.number++;
	n = read_object(recording, line, length, &object, &type, error);
	if (n < 0)
		return n;
	n = decode_object(recording, object, type, ret_object, error);
	json_object_put(object);
	recording->unknown += !n;
	return n;
}

static int next_of_database(struct recording *recording, struct recorded_object *ret_object,
			    char error[RECORDING_ERROR_LEN])
{
	for (;;) {
		struct recorded_line line;
		int n = recorder_next(recording->reader, &line, error);

		if (n > 0)
			n = recording_take(recording, line.line, line.length, ret_object, error);
		else
			return n;
		if (n)
			return n;
	}
}

int recording_next(struct recording *recording, struct recorded_object *ret_object,
		   char error[RECORDING_ERROR_LEN])
{
	if (recording->capture)
		return next_of_capture(recording, ret_object, error);
	if (recording->reader)
		return next_of_database(recording, ret_object, error);
	for (;;) {
		struct json_object *object;
		const char *type;
		int n = next_object(recording, &object, &type, error);

		if (n < 0 || (!n && recording->ended))
			return n;
		if (!n)
			return fail_line(recording, error, -ENODATA,
					 "no end object: the recording was cut or is still written");
		if (recording->ended)
			n = fail_line(recording, error, -EBADMSG, "an object behind the end");
		else
			n = decode_object(recording, object, type, ret_object, error);
		json_object_put(object);
		recording->ended = n > 0 && ret_object->type == RECORDED_END;
		recording->unknown += !n;
		if (n)
			return n;
	}
}
