# SPDX-License-Identifier: GPL-2.0-or-later
"""As much of JSON Schema as ours uses: types, properties, items, required."""
import json

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def is_of(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def mistakes(schema, value, path=""):
    """What of value the schema does not know or has as another type."""
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not any(is_of(value, name) for name in wanted):
        yield f"{path or 'the object'} is {value!r}, not {'|'.join(wanted)}"
    if isinstance(value, dict):
        for name, member in value.items():
            if name in schema.get("properties", {}):
                yield from mistakes(schema["properties"][name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name} is unknown"
        for name in schema.get("required", []):
            if name not in value:
                yield f"{path}.{name} is missing"
    if isinstance(value, list):
        for element in value:
            yield from mistakes(schema["items"], element, path + "[]")
