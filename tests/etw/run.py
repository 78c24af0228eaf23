# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py DUMP OUT [--write]: every scenario in every way of writing it, and what dump says of it."""
import os
import subprocess
import sys

from etl import Layout, write
from scenario import Scenario, Style

HERE = os.path.dirname(os.path.abspath(__file__))

# name: (how events are written, how the file is)
WAYS = {
    "plain": (Style(), Layout()),
    "compressed": (Style(), Layout(compressed=True)),
    "one-cpu": (Style(), Layout(cpus=1, buffer_size=65536, clutter=False)),
    "many-cpus": (Style(), Layout(cpus=64, buffer_size=512)),
    "32-bit": (Style(bits=32, rundown=2), Layout(bits=32)),
    "wow64": (Style(wow64=True), Layout(compressed=True)),
    "old-versions": (Style(old=True, rundown=3), Layout()),
    "sids": (Style(sids=True), Layout(buffer_size=4096)),
    "no-tails": (Style(tails=False, rundown=2), Layout()),
}


def dump(program, path):
    run = subprocess.run([program, path], capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout.splitlines(), run.stderr


def without_time(line):
    return line.split(" ", 1)[1] if " " in line else line


def check(program, name, way, path, expected):
    status, lines, errors = dump(program, path)
    lines = [without_time(line) for line in lines]
    label = f"etw.{name}.{way}"
    if status or lines != expected or errors:
        print(f"  status {status} {errors}")
        for i in range(max(len(lines), len(expected))):
            got = lines[i] if i < len(lines) else "nothing"
            want = expected[i] if i < len(expected) else "nothing"
            print(f"    {got}" if got == want else f"  - {want}\n  + {got}")
        print(f"not ok {label}")
    else:
        print(f"ok {label}")


def main(program, out):
    os.makedirs(out, exist_ok=True)
    for file in sorted(os.listdir(os.path.join(HERE, "scenarios"))):
        name = file.removesuffix(".txt")
        scenario = Scenario(os.path.join(HERE, "scenarios", file))
        for way, (style, layout) in WAYS.items():
            if scenario.only and way not in scenario.only:
                continue
            path = os.path.join(out, f"{name}.{way}.etl")
            with open(path, "wb") as etl:
                etl.write(write(layout, scenario.records(style)))
            check(program, name, way, path, scenario.expected)


if __name__ == "__main__":
    main(*sys.argv[1:3])
