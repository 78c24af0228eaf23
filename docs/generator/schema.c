/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of fields as a JSON Schema: "holders[].since" becomes properties in properties. */
#include "generator.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "view/json.h"

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value)) {
		value = json_object_new_object();
		json_object_object_add(object, name, value);
	}
	return value;
}

/* "integer|null" as a schema knows types. */
static void put_type(struct json_object *schema, const char *types)
{
	struct json_object *list = json_object_new_array();

	while (*types) {
		size_t length = strcspn(types, "|");

		json_object_array_add(list, json_object_new_string_len(types, (int)length));
		types += length + (types[length] == '|');
	}
	json_object_object_add(schema, "type", list);
}

static void put_field(struct json_object *root, const struct field_row *row)
{
	struct json_object *at = root;
	char path[128], *rest = path, *name;

	snprintf(path, sizeof(path), "%s", row->path);
	while ((name = strsep(&rest, "."))) {
		char *array = strstr(name, "[]");

		if (array)
			*array = '\0';
		if (*name)
			at = member(member(at, "properties"), name);
		if (array)
			at = member(at, "items");
	}
	put_type(at, row->type);
	json_object_object_add(at, "description", json_object_new_string(row->text));
}

int write_schema(FILE *out)
{
	static const char *const always[] = {"schema", "type"};
	struct json_object *root = json_object_new_object(), *required = json_object_new_array();
	int err;

	json_object_object_add(root, "$schema",
			       json_object_new_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_object_add(root, "title", json_object_new_string(JSON_SCHEMA));
	json_object_object_add(root, "type", json_object_new_string("object"));
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		json_object_array_add(required, json_object_new_string(always[i]));
	json_object_object_add(root, "required", required);
	for (const struct field_row *row = field_rows; row->path; row++)
		if (row->type)
			put_field(root, row);
	err = fprintf(out, "%s\n",
		      json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
	return err < 0 ? -EIO : 0;
}
