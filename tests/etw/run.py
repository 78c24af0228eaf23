# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py DUMP REUSETRACE OUT: every scenario in every way of writing it, damaged files and other people's captures."""
import json
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


def scenarios(program, out):
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


def say(label, wrong):
    print(*(f"  {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    print(f"{'not ok' if wrong else 'ok'} etw.{label}")


def lossy(program, out):
    """Lost events: said on every line, and nothing is concluded from silence."""
    path = os.path.join(out, "lossy.etl")
    scenario = Scenario(os.path.join(HERE, "scenarios", "windows-10.txt"))
    with open(path, "wb") as etl:
        etl.write(write(Layout(lost=True), scenario.records(Style())))
    _, lines, _ = dump(program, path)
    wrong = [line for line in lines if " lossy" not in line or "~]" in line]
    counts = subprocess.run([program, "--count", path], capture_output=True, text=True, check=False).stdout
    wrong += [] if " lost 7 1" in counts and " lossy 0 " not in counts else counts.splitlines()
    say("lossy", wrong if lines else ["nothing"])


def truncated(program, out):
    """A file cut anywhere: what is left of it is read, and that it was cut is said."""
    scenario = Scenario(os.path.join(HERE, "scenarios", "hijack.txt"))
    for way in ("plain", "compressed"):
        style, layout = WAYS[way]
        whole = write(layout, scenario.records(style))
        path, wrong, seen = os.path.join(out, "truncated.etl"), [], set()
        for size in range(0, len(whole), 97):
            with open(path, "wb") as etl:
                etl.write(whole[:size])
            status, lines, errors = dump(program, path)
            seen.add(len(lines))
            if status not in (0, 1) or errors or (status == 1 and lines[0] != "error 74"):
                wrong.append(f"cut at {size}: status {status} {lines} {errors}")
        say(f"truncated.{way}", wrong or ([] if len(seen) > 4 else [f"line counts seen: {seen}"]))


def system_clock(program, out):
    path = os.path.join(out, "system-clock.etl")
    scenario = Scenario(os.path.join(HERE, "scenarios", "hijack.txt"))
    records = scenario.records(Style())
    times = []
    for clock in (1, 2):
        with open(path, "wb") as etl:
            etl.write(write(Layout(clock=clock), records))
        times.append([line.split()[0] for line in dump(program, path)[1]])
    say("clock", [] if times[0] == times[1] and times[0][0].startswith("1763745143.") else times[0] + times[1])


def exclusions(program, out):
    """Ranges that netsh listed: the port is in one, and whose it is."""
    path = os.path.join(out, "exclusive.plain.etl")
    run = subprocess.run([program, "--exclude", "udp:1400-1500", "--exclude", "tcp:1433-1433*", path],
                         capture_output=True, text=True, check=False)
    binds = [line for line in run.stdout.splitlines() if " bind " in line]
    say("exclusions", [line for line in binds if " reserved 1433-1433*" not in line] if binds else ["no binds"])


# Headers by type: PROVENANCE.md of the captures says how many events each has.
CAPTURES = {
    "amsi_trace.etl": ["type 13: 19"],
    "lxcore_kernel.etl": ["type 13: 2"],
    "self_describing_single_event.etl": ["compressed 2", "type 13: 1", "type 14: 18"],
    "process_data_32_v2.etl": ["pointer 4", "type 0a: 8"],
    "image_data_64_v1.etl": ["pointer 4", "type 0a: 26"],
}


def captures(program):
    """What others have captured is read to its end."""
    folder = os.environ.get("ETL_SAMPLES") or os.path.join(HERE, "..", "..", "..", "shared", "etl")
    for name, wanted in CAPTURES.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            print(f"skip etw.capture.{name} not there; $ETL_SAMPLES names the folder of third-party captures")
            continue
        run = subprocess.run([program, "--count", path], capture_output=True, text=True, check=False)
        words = " ".join(run.stdout.split())
        say(f"capture.{name}", [f"no '{want}'" for want in wanted + ["damaged 0", "truncated 0"] if want not in words])


# What `reusetrace replay` says of a scenario: a refusal or a finding, and its rule.
EXPLAINED = {
    "two-http-servers": ["port is shared", "(rule reuseaddr-both)", "flags ...R...."],
    "exclusive": ["WSAEACCES", "(rule exclusive)", "flags X......."],
    "hijack": ["port is shared", "(rule specific-beside-wildcard)", "(rule other-user)"],
    "excluded-range": ["WSAEACCES", "(rule excluded-range)", "50000-50099"],
    "wfp": ["WSAEACCES", "(rule wfp)"],
    "windows-10": ["WSAEADDRINUSE", "(rule options-unseen)", "flags -----...", "...?....", "it is inferred"],
}


def excluded(reusetrace, out):
    """A refusal that no event explains: the list that netsh printed does."""
    etl, listed = os.path.join(out, "windows-10.plain.etl"), os.path.join(out, "excluded.txt")
    with open(listed, "w", encoding="utf-16") as file:
        file.write("Protocol tcp Port Exclusion Ranges\n\n----------    --------\n      1        65535\n")
    run = subprocess.run([reusetrace, "replay", "-j", "--excluded", listed, etl], capture_output=True, text=True,
                         check=False)
    binds = [json.loads(line) for line in run.stdout.splitlines() if '"type":"bind"' in line]
    ranges = [bind["facts"]["windows"]["reserved"] for bind in binds if bind["socket"]["protocol"] == "tcp"]
    want = {"first": 1, "last": 65535, "by_admin": False, "provenance": "queried"}
    say("excluded.range", [str(run)] if run.returncode or not ranges or ranges.count(want) != len(ranges) else [])
    run = subprocess.run([reusetrace, "replay", "--excluded", etl, etl], capture_output=True, text=True, check=False)
    say("excluded.nonsense", [] if run.returncode == 1 and "netsh" in run.stderr else [str(run)])


def recordings(reusetrace, out):
    """A capture as NDJSON, read back and judged again, is the same NDJSON and the same text."""
    path = os.path.join(out, "again.ndjson")
    for name in sorted(file.removesuffix(".txt") for file in os.listdir(os.path.join(HERE, "scenarios"))):
        etl, wrong = os.path.join(out, f"{name}.plain.etl"), []
        if not os.path.exists(etl):
            continue
        subprocess.run([reusetrace, "replay", "-j", "-o", path, etl], check=True)
        for words in (["-j"], ["-v", "--time=iso"]):
            once, twice = (subprocess.run([reusetrace, "replay", *words, file], capture_output=True, text=True,
                                          check=False) for file in (etl, path))
            if once.stdout != twice.stdout or once.returncode or twice.returncode or twice.stderr:
                lines = zip(once.stdout.splitlines(), twice.stdout.splitlines())
                wrong += [f"{twice.returncode} {twice.stderr}"] + \
                    [f"- {one}\n  + {two}" for one, two in lines if one != two][:3]
        say(f"again.{name}", wrong)


def replays(reusetrace, out):
    """The whole way: a capture opened by the program, as text and as NDJSON; and one that was cut."""
    for name, wanted in EXPLAINED.items():
        path = os.path.join(out, f"{name}.compressed.etl")
        text = subprocess.run([reusetrace, "replay", path], capture_output=True, text=True, check=False)
        lines = subprocess.run([reusetrace, "replay", "-j", path], capture_output=True, text=True, check=False)
        types = [json.loads(line)["type"] for line in lines.stdout.splitlines()]
        wrong = [f"no '{want}' in\n{text.stdout}" for want in wanted if want not in text.stdout]
        if text.returncode or lines.returncode or types[0] != "start" or types[-1] != "end" or "bind" not in types:
            wrong.append(f"{text.returncode} {lines.returncode} {types} {text.stderr} {lines.stderr}")
        say(f"replay.{name}", wrong)
    recordings(reusetrace, out)
    excluded(reusetrace, out)
    path = os.path.join(out, "cut.etl")
    with open(os.path.join(out, "hijack.plain.etl"), "rb") as whole, open(path, "wb") as cut:
        cut.write(whole.read()[:-600])
    run = subprocess.run([reusetrace, "replay", path], capture_output=True, text=True, check=False)
    say("replay.cut", [] if run.returncode == 1 and "cut or is damaged" in run.stderr else [str(run)])


def main(program, reusetrace, out):
    os.makedirs(out, exist_ok=True)
    scenarios(program, out)
    lossy(program, out)
    truncated(program, out)
    system_clock(program, out)
    exclusions(program, out)
    replays(reusetrace, out)
    captures(program)


if __name__ == "__main__":
    main(*sys.argv[1:])
