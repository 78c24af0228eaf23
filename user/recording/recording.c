// SPDX-License-Identifier: GPL-2.0-or-later
#include "recording/recording.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "model/text.h"
#include "recording/capture.h"
#include "recording/decode.h"
#include "recording/lines.h"
#include "view/json.h"

#define HEAD_LEN    80
#define PROBES_MOST 1024

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
	struct start_info start;
	struct policy policy;
	struct clock_base clock;
	struct probe_info *probes;
	const char **filters;
	uint64_t unknown;
	bool ended;
	struct capture *capture; /* a Windows .etl, NULL: NDJSON */
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

/* 1 and an object of this schema with its type, which the object owns; 0 behind the last line. */
static int next_object(struct recording *recording, struct json_object **ret_object, const char **ret_type,
		       char error[RECORDING_ERROR_LEN])
{
	struct json_object *object = NULL;
	struct json_reader reader;
	const char *line, *schema, *type;
	size_t length;
	int n = lines_next(&recording->lines, &line, &length), err;

	if (n <= 0)
		return n ? fail_read(recording, error, n) : 0;
	err = parse_line(recording, line, length, &object, error);
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

/* ---- the start */

static void read_probes(struct recording *recording, struct json_reader *reader)
{
	size_t count = jr_count(reader, "probes", PROBES_MOST);

	recording->probes = calloc(count ? count : 1, sizeof(*recording->probes));
	recording->start.probes = recording->probes;
	for (size_t i = 0; recording->probes && i < count && jr_enter_element(reader, "probes", i); i++) {
		const char *name = jr_string(reader, "name"), *how = jr_string(reader, "how");

		recording->probes[i] = (struct probe_info){
			.name = name ? name : "", .how = how ? how : "", .fired = jr_bool(reader, "fired")};
		recording->start.probe_count = i + 1;
		jr_leave(reader);
	}
}

static void read_filters(struct recording *recording, struct json_reader *reader)
{
	size_t count = jr_count(reader, "filters", RECORDING_MAX_FILTERS);

	recording->filters = calloc(count ? count : 1, sizeof(*recording->filters));
	recording->start.filters = recording->filters;
	for (size_t i = 0; recording->filters && i < count; i++) {
		const char *filter = jr_element_string(reader, "filters", i);

		recording->filters[i] = filter ? filter : "";
		recording->start.filter_count = i + 1;
	}
}

/* Its rules need no policy. */
static bool is_of_windows(const struct start_info *start)
{
	return start->kernel && !strncmp(start->kernel, "Windows ", 8);
}

static void decode_start(struct recording *recording, struct json_reader *reader)
{
	struct start_info *start = &recording->start;

	recording->clock.boot_to_real_ns = jr_i64_string(reader, "boot_unix_nano", 0);
	decode_json_head(reader, &recording->clock, &start->time_ns, &start->seq);
	start->version = jr_string(reader, "version");
	start->host = jr_string(reader, "host");
	start->kernel = jr_string(reader, "kernel");
	if (!is_of_windows(start)) {
		decode_json_policy(reader, &recording->policy);
		start->policy = &recording->policy;
	}
	read_probes(recording, reader);
	read_filters(recording, reader);
}

static int read_start(struct recording *recording, char error[RECORDING_ERROR_LEN])
{
	struct json_reader reader;
	const char *type;
	int n = next_object(recording, &recording->start_object, &type, error);

	if (n < 0)
		return n;
	if (!n)
		return fail_line(recording, error, -ENODATA, "the file is empty: no recording");
	if (strcmp(type, "start"))
		return fail_line(recording, error, -EBADMSG,
				 "a recording begins with a start object, this does not");
	jr_init(&reader, recording->start_object);
	decode_start(recording, &reader);
	if (jr_failed(&reader))
		return fail_line(recording, error, -EBADMSG, reader.error);
	return recording->probes && recording->filters ? 0 : fail_read(recording, error, -ENOMEM);
}

/* ---- kinds of files */

enum reader { READER_NONE, READER_LINES, READER_CAPTURE };

static const struct kind {
	const char *name;
	size_t offset;
	size_t length;
	const char *bytes;  /* NULL: anything */
	enum reader reader; /* NONE: only told by name */
} kinds[] = {
	{"the recorder's database", 0, 16, "SQLite format 3", READER_NONE},
	/* SYSTEM_TRACE_HEADER's Marker of TRACE_LOGFILE_HEADER, behind WMI_BUFFER_HEADER: 64 and 32 bits */
	{"a Windows .etl", 72, 4, "\x02\x00\x02\xc0", READER_CAPTURE},
	{"a Windows .etl", 72, 4, "\x02\x00\x01\xc0", READER_CAPTURE},
	{"NDJSON", 0, 0, NULL, READER_LINES},
};

static int read_capture(struct recording *recording, char error[RECORDING_ERROR_LEN])
{
	int err = capture_open(&recording->lines, &recording->capture);

	if (err)
		return fail_file(recording, error, err,
				 err == -EBADMSG ? "is no .etl file that can be read" : strerror(-err));
	capture_start(recording->capture, &recording->start);
	return 0;
}

/* Told by its content; then its start is read. */
static int read_kind(struct recording *recording, char error[RECORDING_ERROR_LEN])
{
	char head[HEAD_LEN], what[128];
	size_t size = lines_peek(&recording->lines, head, sizeof(head));
	const struct kind *kind = kinds;

	while (kind->bytes &&
	       (size < kind->offset + kind->length || memcmp(head + kind->offset, kind->bytes, kind->length)))
		kind++;
	if (kind->reader == READER_LINES)
		return read_start(recording, error);
	if (kind->reader == READER_CAPTURE)
		return read_capture(recording, error);
	snprintf(what, sizeof(what), "is %s, which this build cannot read; NDJSON it can", kind->name);
	return fail_file(recording, error, -ENOTSUP, what);
}

/* ---- the recording */

static int open_file(struct recording *recording, const char *path, char error[RECORDING_ERROR_LEN])
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
	recording->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	if (!recording->file)
		return fail_file(recording, error, -errno, strerror(errno));
	recording->tokener = json_tokener_new_ex(DEPTH_MOST);
	if (!recording->tokener || lines_init(&recording->lines, recording->file))
		return fail_file(recording, error, -ENOMEM, "out of memory");
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
		err = read_kind(recording, error);
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
	if (recording->file && recording->file != stdin)
		fclose(recording->file);
	if (recording->tokener)
		json_tokener_free(recording->tokener);
	json_object_put(recording->start_object);
	free(recording->probes);
	free(recording->filters);
	free(recording->name);
	free(recording);
}

const struct start_info *recording_start(const struct recording *recording)
{
	return &recording->start;
}

struct clock_base recording_clock(const struct recording *recording)
{
	return recording->clock;
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
		decode_json_event(&reader, (enum event_type)event_type, &recording->clock,
				  &ret_object->event);
		if (!recording->start.policy && !ret_object->event.windows.present)
			jr_fail(&reader, "facts.windows", "is missing in a recording of Windows");
	} else {
		decode_json_totals(&reader, &ret_object->totals);
		decode_json_head(&reader, &recording->clock, &ret_object->totals.time_ns,
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

int recording_next(struct recording *recording, struct recorded_object *ret_object,
		   char error[RECORDING_ERROR_LEN])
{
	if (recording->capture)
		return next_of_capture(recording, ret_object, error);
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
