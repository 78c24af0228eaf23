# SPDX-License-Identifier: GPL-2.0-or-later
"""--json=ecs, otel, ocsf: published field names only, and our own below one name; values of the right kind."""
import json
import os
import re
import tempfile

from check import REUSETRACE, empty, equal, output, read
from fields import recordings

NAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "names")
OWN = {"ecs": "reusetrace.", "otel": "reusetrace.", "ocsf": "unmapped."}
# What ECS allows, of the categories network and process.
TYPES = {"access", "allowed", "change", "connection", "denied", "end", "info", "protocol", "start"}


def published(name):
    return {line for line in read(os.path.join(NAMES, name + ".txt")).splitlines() if not line.startswith("#")}


def rows(name):
    table = re.search(rf"^static const struct mapping_row {name}\[\] = {{\n(.*?)^}};", read("user/view/mapping_tables.c"),
                      re.M | re.S).group(1)
    return re.findall(r'^\t{"([^"]+)"', table, re.M)


def check_names():
    for name, own in OWN.items():
        paths = rows(name)
        assert len(paths) > 20, paths
        equal(len(paths), len(set(paths)), f"{name}: paths that are there once")
        if name == "otel":
            paths = [part for path in paths for part in path.split("/")]
        empty((path for path in paths if path not in published(name) and not path.startswith(own)), f"{name}: not published")


def unique(pairs):
    names = [name for name, _ in pairs]
    equal(len(names), len(set(names)), f"members of {names}")
    return dict(pairs)


def printed(name):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "story.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.write(recordings.restart())
        lines = output(REUSETRACE, "replay", f"--json={name}", path).splitlines()
    return [json.loads(line, object_pairs_hook=unique) for line in lines]


def check_ecs():
    refused, = (one for one in printed("ecs") if one["event"].get("outcome") == "failure")
    equal((refused["event"]["action"], refused["event"]["type"], refused["error"]["code"], refused["rule"]["id"]),
          ("bind", ["denied"], "EADDRINUSE", "listener"), "the refusal")
    equal((refused["source"], refused["network"]["transport"]), ({"ip": "127.0.0.1", "port": 8080}, "tcp"), "where")
    equal((refused["process"]["pid"], refused["reusetrace"]["holder"]["process"]["pid"]), (200, 100), "who")
    for one in printed("ecs"):
        empty(set(one["event"]["type"]) - TYPES, "event.type")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", one["@timestamp"]), one


def check_otel():
    refused, = (one for one in printed("otel") if one["Attributes"].get("error.type"))
    equal((refused["EventName"], refused["SeverityNumber"], refused["Attributes"]["error.type"]),
          ("socket.bind", 13, "EADDRINUSE"), "the refusal")
    equal((refused["Attributes"]["network.local.port"], refused["Attributes"]["reusetrace.holder.process.pid"]), (8080, 100),
          "where and who")
    equal(refused["Timestamp"][-9:], "000000000", "nanoseconds as a string")


def check_ocsf():
    for one in printed("ocsf"):
        equal((one["class_uid"], one["type_uid"]), (4001, 400100 + one["activity_id"]), "class and type")
        equal(one["activity_id"], {"listen": 7}.get(one["activity_name"], 99) if one.get("status_id") != 2 else 4, "activity")
    refused, = (one for one in printed("ocsf") if one.get("status_id") == 2)
    equal((refused["status_code"], refused["unmapped"]["rule"], refused["unmapped"]["holder"]["process"]["pid"]),
          ("EADDRINUSE", "listener", 100), "the refusal")


def check_own_format_is_not_lost():
    """Only the plain objects are a recording."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "mapped.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(one) + "\n" for one in printed("ecs"))
        output(REUSETRACE, "replay", path, status=1)
