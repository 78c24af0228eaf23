# SPDX-License-Identifier: GPL-2.0-or-later
"""run.py WINE BUILD REUSETRACE: what reusetrace.exe says under Wine, and that it is what ./reusetrace says."""
import json
import os
import re
import subprocess
import sys
import tempfile

from wine import Wine

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "etw"))

from etl import Layout, write  # noqa: E402
from scenario import Scenario, Style  # noqa: E402

# Of tests/etw/scenarios, with how the file is.
CAPTURES = {
    "two-http-servers": Layout(compressed=True),
    "exclusive": Layout(),
    "excluded-range": Layout(),
    "wfp": Layout(),
    "windows-10": Layout(compressed=True),
    "life": Layout(),
}

# The same words are the same bytes on both.
ALIKE = {
    "explain": ["explain", "tcp 8080 reuseaddr listen", "tcp 127.0.0.1:8080 listen uid=0"],
    "explain-json": ["explain", "-j", "--os", "windows,linux", "udp 53 exclusive", "udp 53"],
    "explain-matrix": ["explain", "--matrix", "--os", "windows"],
    "explain-help": ["explain", "--help"],
    "replay-help": ["replay", "--help"],
    "version": ["--version"],
    "usage": ["explain", "--no-such-option"],
    "no-file": ["replay", "no-such-file.etl"],
}
LINUX_ONLY = ("--journal ", "--metrics-file=")


def say(label, wrong):
    print(*(f"  {line}" for line in wrong), sep="\n", end="\n" if wrong else "")
    print(f"{'not ok' if wrong else 'ok'} windows.{label}")


def native(reusetrace, *words):
    run = subprocess.run([reusetrace, *words], capture_output=True, text=True, timeout=60, check=False)
    return run.returncode, run.stdout, run.stderr


def without_now(text):
    """`explain` writes when it was asked."""
    return re.sub(r'"time":"[^"]*","time_unix_nano":"\d*"', "", text)


def differences(ours, theirs):
    return [] if ours == theirs else [f"Linux:   {ours}", f"Windows: {theirs}"]


def capture(folder, name, layout):
    path = os.path.join(folder, f"{name}.etl")
    scenario = Scenario(os.path.join(HERE, "..", "etw", "scenarios", f"{name}.txt"))
    with open(path, "wb") as etl:
        etl.write(write(layout, scenario.records(Style())))
    return path


def without_linux(out):
    return "".join(line for line in out.splitlines(keepends=True) if not any(option in line for option in LINUX_ONLY))


def alike(wine, reusetrace):
    for label, words in ALIKE.items():
        runs = native(reusetrace, *words), wine.run("reusetrace.exe", *words)
        say(label, differences(*[(status, without_now(without_linux(out)), errors) for status, out, errors in runs]))


def replays(wine, reusetrace, folder):
    """A capture, and the recording that is made of it, read by both."""
    for name, layout in CAPTURES.items():
        path = capture(folder, name, layout)
        recording = os.path.join(folder, f"{name}.ndjson")
        wrong = []
        for words in (["--time=iso", path], ["-j", path]):
            wrong += differences(native(reusetrace, "replay", *words), wine.run("reusetrace.exe", "replay", *words))
        status, lines, errors = native(reusetrace, "replay", "-j", "-o", recording, path)
        wrong += [f"{status} {lines} {errors}"] if status or lines else []
        say(f"replay.{name}", wrong)


def damaged(wine, reusetrace, folder):
    path = os.path.join(folder, "cut.etl")
    with open(os.path.join(folder, "exclusive.etl"), "rb") as whole, open(path, "wb") as cut:
        cut.write(whole.read()[:-600])
    ours, theirs = native(reusetrace, "replay", path), wine.run("reusetrace.exe", "replay", path)
    say("replay.cut", differences(ours, theirs) if ours[0] == 1 else [f"status {ours[0]}"])


def refused_trace(wine, folder):
    """Wine has no ETW, and says so before it opens or stops anything."""
    recording = os.path.join(folder, "trace.ndjson")
    for label, words in {"trace": [], "trace-json": ["-j", "-o", recording, "8080"], "stop": ["--stop"]}.items():
        status, out, errors = wine.run("reusetrace.exe", *words)
        wrong = [] if status == 4 and not out and "which has no ETW" in errors else [f"{status} {out} {errors}"]
        say(f"refused.{label}", wrong + [path for path in [recording] if os.path.exists(path)])


def tables(wine):
    """Sockets of a Wine process, in the tables.  Wine 8 says pid 0 of TCP: then the owner is `-`."""
    with wine.start("holder.exe", "tcp", "udp") as holder:
        tcp, udp = holder.stdout.readline().split()
        try:
            status, out, errors = wine.run("reusetrace.exe", "ls", "-H")
            rows = [line.split() for line in out.splitlines()]
            wrong = [f"{protocol} {port}: {status} {out} {errors}" for protocol, state, port in
                     (("tcp", "listen", tcp), ("udp", "bound", udp))
                     if [protocol, state, f"127.0.0.1:{port}"] not in [row[1:4] for row in rows] or status]
            say("ls", wrong + [line for line in rows if line[0] != "-" or line[5] != "-----..."])
            owners = {row[-1] for row in rows if row[3].endswith(f":{tcp}")}
            say("ls.owner", [] if owners == {"-"} or "holder.exe" in str(owners) else [str(owners)])
            listed = [json.loads(line) for line in wine.run("reusetrace.exe", "ls", "-j", tcp)[1].splitlines()]
            say("ls.json", [] if [one["socket"]["port"] for one in listed] == [int(tcp)] and
                listed[0]["socket"]["provenance"]["options"] == "assumed" else [str(listed)])
            answers(wine, tcp, udp)
        finally:
            holder.stdin.close()


def answers(wine, tcp, udp):
    """What no option of the holder changes is said; where one does, the answer is open."""
    asked = {
        "same": ([f"127.0.0.1:{tcp}"], 10, "refused"),
        "same-udp": ([f"127.0.0.1:{udp}/udp"], 10, "refused"),
        "same-exclusive": (["--exclusive", f"127.0.0.1:{tcp}"], 10, "refused"),
        "same-reuse": (["--reuseaddr", f"127.0.0.1:{tcp}"], 3, "open"),
        "other-address": ([f"127.0.0.2:{tcp}"], 0, "accepted"),
        "both-options": (["--exclusive", "--reuseaddr", tcp], 2, None),
        "nonsense": (["no-port"], 2, None),
    }
    for name, (words, want, answer) in asked.items():
        status, out, errors = wine.run("reusetrace.exe", "why", "-j", *words)
        given = [event for event in map(json.loads, out.splitlines()) if event["given"]]
        says = {"refused": lambda event: event["result"]["errno"] in ("WSAEADDRINUSE", "WSAEACCES"),
                "accepted": lambda event: event["result"]["ok"], "open": lambda event: event["result"]["ok"] is None}
        wrong = [] if status == want and (not answer or (given and says[answer](given[0]))) else [f"{status} {out} {errors}"]
        say(f"why.{name}", wrong)
    status, out, errors = wine.run("reusetrace.exe", "why", f"127.0.0.1:{tcp}")
    words = ["WSAEADDRINUSE", "held by", f"127.0.0.1:{tcp}"]
    say("why.text", [f"no '{word}': {out} {errors}" for word in words if word not in out])


def doctor(wine):
    status, out, errors = wine.run("reusetrace.exe", "doctor")
    rows = {line[:16].strip(): line[17:] for line in out.splitlines()}
    wanted = {"system": "Windows build", "wine": "", "session": "which has no ETW", "tables": "sockets",
              "live trace": "none", "Winsock-Sockets": "missing"}
    wrong = [f"{row}: {rows.get(row)}" for row, words in wanted.items() if words not in rows.get(row, "")]
    say("doctor", wrong if status == 4 and not errors else wrong + [f"{status} {out} {errors}"])


def linux_options(wine):
    for option in LINUX_ONLY:
        status, out, errors = wine.run("reusetrace.exe", "replay", option.strip(" =") + ("=x" if "=" in option else ""), "-")
        say(f"no{option.strip(' =')[1:]}", [] if (status, out) == (2, "") else [f"{status} {out} {errors}"])


def own_help(wine):
    status, out, errors = wine.run("reusetrace.exe", "--help")
    wanted = ["Performance Log Users", "--stop", "reusetrace explain", "reusetrace replay"]
    wrong = [f"no {word}" for word in wanted if word not in out] + \
        [f"has {word}" for word in ("--netns", "--cgroup", "--run-as", "--deliveries", "--containers") if word in out]
    say("help", wrong if not status and not errors else [f"{status} {errors}"])


def main(wine_program, build, reusetrace):
    with tempfile.TemporaryDirectory() as folder, Wine(wine_program, build, folder) as wine:
        alike(wine, reusetrace)
        replays(wine, reusetrace, folder)
        damaged(wine, reusetrace, folder)
        own_help(wine)
        linux_options(wine)
        doctor(wine)
        tables(wine)
        refused_trace(wine, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
