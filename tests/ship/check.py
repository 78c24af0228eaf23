# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks as functions: a line for each, counts in the last one."""
import os
import subprocess
import sys
import traceback

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from conditions import Skip, contains, equal, wait_for  # noqa: E402, F401

BUILD = "build"
DOCS = os.path.join(BUILD, "docs")
REUSETRACE = os.path.abspath("reusetrace")


def empty(things, what):
    things = list(things)
    if things:
        raise AssertionError(f"{what}: {things}")


def need(program, package):
    if not any(os.access(os.path.join(path, program), os.X_OK) for path in (os.environ["PATH"] + ":/usr/sbin").split(":")):
        raise Skip(f"no {program} here (package {package})")


def output(*argv, status=0, **more):
    """What it prints on both; it must end with this status."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          timeout=120, check=False, **more)
    if done.returncode != status:
        raise AssertionError(f"{argv} ended with {done.returncode}, not {status}: {done.stdout}")
    return done.stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run_all(modules):
    counts = {"ok": 0, "not ok": 0, "skip": 0}
    for module in modules:
        for name, check in vars(module).items():
            if not name.startswith("check_"):
                continue
            title, note, result = f"ship.{module.__name__}.{name[6:]}", "", "ok"
            try:
                check()
            except Skip as reason:
                result, note = "skip", f" {reason}"
            except Exception:  # whatever it is, the check has failed
                result = "not ok"
                print("  " + traceback.format_exc().strip().replace("\n", "\n  "))
            counts[result] += 1
            print(f"{result} {title}{note}", flush=True)
    print(f"{counts['ok']} passed, {counts['not ok']} failed, {counts['skip']} skipped")
    return counts["not ok"]
