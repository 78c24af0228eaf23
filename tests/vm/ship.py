# SPDX-License-Identifier: GPL-2.0-or-later
"""What users install: the static program, the Debian package with its unit, the manual page's examples, the schema."""
import contextlib
import glob
import json
import os
import re
import shlex
import tempfile

import harness
from checks import errno_of, udp
from harness import Tracer, contains, end, equal, http_server, kernel, run, skip, wait_for
from schema import load, mistakes
from systemd import Systemd

HERE = "127.0.0.1"
PROGRAM = os.path.abspath(harness.REUSETRACE)
STATIC = "/payload/reusetrace-static"
INSTALLED = "/usr/bin/reusetrace"
SAID = "/run/recorder.log"
APP = "import socket\nsocket.create_server(('127.0.0.1', 7703))\n"


@contextlib.contextmanager
def instead(program):
    before, harness.REUSETRACE = harness.REUSETRACE, program
    try:
        yield
    finally:
        harness.REUSETRACE = before


def check_trace(program, port):
    server = http_server(port)
    with instead(program), Tracer("-P", str(port)) as trace:
        equal(errno_of(port), 98, "EADDRINUSE")
    end(server)
    event = trace.one("bind", result__errno="EADDRINUSE")
    equal((event["verdict"]["rule"], event["verdict"]["agrees"]), ("no-reuse", True), "verdict")
    equal([one["pid"] for one in event["holders"][0]["processes"]], [server.pid], "who holds it")


def test_static_program():
    with open(STATIC, "rb") as file:
        equal(b"/ld-linux" in file.read(), False, "it names a dynamic linker")
    check_trace(STATIC, 7700)


def only_here():
    if kernel() != (6, 12):
        skip("the package and the command line are the same on all kernels; 6.12 is enough")


@contextlib.contextmanager
def installed():
    packages = glob.glob("/payload/reusetrace_*.deb")
    if not packages:
        skip("no package in the payload (make deb-package)")
    done = run("dpkg", "-i", *packages)
    equal(done.returncode, 0, f"dpkg -i: {done.stdout.decode()}{done.stderr.decode()}")
    try:
        yield
    finally:
        equal(run("dpkg", "-P", "reusetrace").returncode, 0, "dpkg -P")
    equal(os.path.exists(INSTALLED), False, "something is left")


def recorded(port):
    """A refused bind, and whether the recorder has one on disk."""
    errno_of(port)
    return b"EADDRINUSE" in run(INSTALLED, "history", str(port)).stdout


def failed(systemd):
    """What it said, if it runs no more."""
    if systemd.show("reusetrace-record.service", "ActiveState") == "active":
        return ""
    with open(SAID) as file:
        return file.read() or systemd.try_ctl("status", "reusetrace-record.service").stdout.decode()


def test_package_and_its_unit():
    only_here()
    with installed():
        check_trace(INSTALLED, 7701)
        with Systemd() as systemd:
            systemd.take("reusetrace-record.service", "[Service]", f"StandardError=file:{SAID}")
            systemd.reload()
            server = http_server(7702)
            systemd.ctl("start", "reusetrace-record.service")
            wait_for(lambda: recorded(7702) or failed(systemd), "the recorder to have it on disk")
            equal(failed(systemd), "", "what the recorder complains of")
            told = run(INSTALLED, "history", "7702").stdout.decode()
            systemd.ctl("stop", "reusetrace-record.service")
            end(server)
            equal(systemd.show("reusetrace-record.service", "Result"), "success", "result")
            # Who holds it is outside of this systemd's pid namespace.
            contains(told, "(rule no-reuse)", "what history says")


def examples():
    with open("/payload/reusetrace.8") as file:
        blocks = re.findall(r"^\.nf\n(.*?)^\.fi", file.read().split(".SH EXAMPLES")[1].split(".SH COMMANDS")[0], re.M | re.S)
    lines = "".join(blocks).replace("\\-", "-").splitlines()
    return [shlex.split(line)[1:] for line in lines if not line.startswith("#")]


def run_example(words, recorder):
    if words[:1] == ["record"]:
        recorder.enter_context(Tracer(*words, json=False))
    elif words[:1] in (["replay"], ["report"], ["history"], ["explain"], ["ls"]) or "--" in words:
        done = run(PROGRAM, *words)
        equal((words, done.returncode), (words, 0), f"status, with {done.stderr.decode()}")
    elif words[:1] == ["why"]:
        equal(run(PROGRAM, *words).returncode in (0, 10), True, f"status of {words}")
    else:
        with Tracer(*words, json=False) as trace:
            errno_of(8080)
        equal((words, trace.status), (words, 0), "example")


def test_examples_of_the_page():
    only_here()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as directory, instead(PROGRAM), contextlib.ExitStack() as recorder:
        os.chdir(directory)
        with open("app.py", "w") as file:
            file.write(APP)
        os.makedirs("/var/lib/reusetrace", exist_ok=True)
        server = http_server(8080)
        try:
            for words in examples():
                run_example(words, recorder)
        finally:
            end(server)
            os.chdir(before)


def judge(schema, lines):
    objects = [json.loads(line) for line in lines.splitlines()]
    for one in objects:
        wrong = list(mistakes(schema, one))
        equal(wrong, [], json.dumps(one)[:200])
    return {one["type"] for one in objects}


def test_what_is_printed_is_in_the_schema():
    schema = load("/payload/reusetrace-1.schema.json")
    with Tracer("-v", "--deliveries", "--compare", "windows") as trace:
        server = http_server(7704)
        errno_of(7704)
        with udp() as one, udp() as other:
            for sock in (one, other):
                sock.setsockopt(1, 2, 1)
                sock.bind((HERE, 7705))
        end(server)
    types = judge(schema, trace.text)
    for words in (["ls", "-j"], ["why", "-j", "7704"]):
        types |= judge(schema, run(PROGRAM, *words).stdout.decode())
    missing = {"start", "socket", "option", "bind", "listen", "close", "release", "why", "end"} - types
    equal(missing, set(), "types that were not seen")
