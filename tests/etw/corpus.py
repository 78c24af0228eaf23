# SPDX-License-Identifier: GPL-2.0-or-later
"""corpus.py OUT: the seeds of the fuzzers that come from the scenarios (in tests/fuzz/corpus, beside others)."""
import os
import struct
import sys

from etl import Layout, write
from providers import AFD, SOCKETS, TCPIP
from scenario import Scenario, Style

HERE = os.path.dirname(os.path.abspath(__file__))
PROVIDERS = {SOCKETS: 0, AFD: 1, TCPIP: 2, "": 3}

# Small files, every kind of buffer and header at least once.
FILES = {
    "two-http-servers": (Style(sids=True), Layout(compressed=True, buffer_size=512, cpus=2)),
    "hijack": (Style(bits=32, rundown=2), Layout(bits=32, buffer_size=512, cpus=2, clutter=False)),
    "excluded-range": (Style(rundown=3), Layout(buffer_size=2048, cpus=1)),
    "claimed": (Style(wow64=True, rundown=1), Layout(buffer_size=512, cpus=2, clock=2, lost=True)),
    "wfp": (Style(old=True), Layout(compressed=True, buffer_size=2048, cpus=1, truncate=33)),
}


def event_bytes(record, previous, process):
    """fuzz_events.c's form of a record."""
    step = min((record.ticks - previous) // 1_000_000, 15)
    bits = (record.bits == 32) | process % 4 << 1 | step << 4
    number = record.id if record.guid else record.type
    payload = record.payload[:255]
    return struct.pack("<BBBHB", bits, PROVIDERS[record.guid], record.version, number, len(payload)) + payload


def write_events(scenario, style, path):
    out, previous, pids = b"\0", 0, []
    for record in scenario.records(style):
        if record.pid not in pids:
            pids.append(record.pid)
        out += event_bytes(record, previous, pids.index(record.pid))
        previous = record.ticks
    with open(path, "wb") as file:
        file.write(out)


def main(out):
    for kind in ("etl", "events"):
        os.makedirs(os.path.join(out, kind), exist_ok=True)
    for file in sorted(os.listdir(os.path.join(HERE, "scenarios"))):
        name = file.removesuffix(".txt")
        scenario = Scenario(os.path.join(HERE, "scenarios", file))
        old = bool(scenario.only) and "plain" not in scenario.only
        write_events(scenario, Style(old=old), os.path.join(out, "events", name))
        if name in FILES:
            style, layout = FILES[name]
            with open(os.path.join(out, "etl", name), "wb") as etl:
                etl.write(write(layout, scenario.records(style)))


if __name__ == "__main__":
    main(*sys.argv[1:])
