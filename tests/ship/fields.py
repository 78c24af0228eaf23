# SPDX-License-Identifier: GPL-2.0-or-later
"""The schema of the JSON objects: what the program prints is in it, and what is in it the program prints."""
import glob
import json
import os
import re
import sys
import tempfile

from check import DOCS, REUSETRACE, contains, empty, output, read
from schema import load, mistakes

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "report"), os.path.join(TESTS, "etw")]

import recordings  # noqa: E402
from etl import Layout, write  # noqa: E402
from scenario import Scenario, Style  # noqa: E402

SCHEMA = load(os.path.join(DOCS, "reusetrace-1.schema.json"))
WRITERS = ("user/view/json*.c", "user/view/compare_view.c", "user/view/explain_json.c", "user/model/members.c",
           "user/model/windows_text.c")


def names_of(schema):
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from names_of(member)
    if "items" in schema:
        yield from names_of(schema["items"])


def written():
    """The members that the sources name."""
    names = set()
    for path in (path for pattern in WRITERS for path in glob.glob(pattern)):
        text = read(path)
        for pattern in (r'(?:jw|json|put)_\w+\(\s*&?\w+,\s*"(\w+)"', r'MEMBER_CHARS\(\w+, "(\w+)"'):
            names |= set(re.findall(pattern, text))
        names |= set(re.findall(r'^\t\{"(\w+)", offsetof', text, re.M))
    return names


def check_all_that_is_written():
    # How json_head() and the functions that pick a type call these is no member's name.
    types = {"start", "lost", "end", "explain", "advice", "matrix"}
    names = written()
    assert len(names) > 120, names
    empty(names - set(names_of(SCHEMA)) - types, "members that the schema lacks")


def check_page_has_all():
    page = read(os.path.join(DOCS, "reusetrace.8"))

    def walk(schema, path):
        for name, member in schema.get("properties", {}).items():
            inner = f"{path}{name}"
            contains(page, f"\n.BR {inner} ", "the page")
            walk(member, inner + ".")
            if "items" in member:
                walk(member["items"], inner + "[].")

    walk(SCHEMA, "")


def judge(text):
    objects = [json.loads(line) for line in text.splitlines() if line]
    assert objects, "nothing was printed"
    for one in objects:
        empty(mistakes(SCHEMA, one), json.dumps(one)[:200])
    return {one["type"] for one in objects}


def check_explanations():
    types = set()
    for words in (["tcp 8080 reuseaddr listen", "udp [::1]:8080 exclusive"], ["--matrix", "--os", "all"]):
        types |= judge(output(REUSETRACE, "explain", "-j", *words))
    empty({"explain", "matrix"} - types, "types")


def check_recordings():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "story.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.write(recordings.restart())
        types = judge(output(REUSETRACE, "replay", "-j", "--compare", "windows", path))
    empty({"start", "bind", "listen", "release", "end"} - types, "types")


def check_captures():
    """Of Windows."""
    types = set()
    with tempfile.TemporaryDirectory() as directory:
        for name in ("exclusive", "excluded-range", "wfp", "life"):
            path = os.path.join(directory, name + ".etl")
            scenario = Scenario(os.path.join(TESTS, "etw", "scenarios", name + ".txt"))
            with open(path, "wb") as file:
                file.write(write(Layout(), scenario.records(Style())))
            types |= judge(output(REUSETRACE, "replay", "-j", "-v", path))
    empty({"bind", "listen", "close"} - types, "types")
