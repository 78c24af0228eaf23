# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings explained again: nothing of a verdict may be needed, and nothing may come out differently."""
import difflib
import json
import os
import re
import signal
import socket
import tempfile

from checks import tcp, tcp6, udp
from harness import REUSETRACE, Tracer, contains, equal, run, wait_for

HERE = "127.0.0.1"
PORT = 21500
LAST_PORT = PORT + 9
ATTEMPTS = ("bind", "listen", "autobind")


def replay(*args):
    return run(REUSETRACE, "replay", *args, env=dict(os.environ, TZ="UTC"))


def without_verdict(line):
    event = json.loads(line)
    event.pop("verdict", None)
    for holder in event.get("holders", ()):
        del holder["reason"], holder["culprit"]
    return json.dumps(event)


def judged_again(path):
    """Every line of the recording comes back after all verdicts were deleted from it."""
    with open(path, encoding="utf-8") as file:
        live = file.read().splitlines()
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as stripped:
        stripped.write("".join(without_verdict(line) + "\n" for line in live))
        stripped.flush()
        again = replay("-j", stripped.name)
    equal((again.returncode, again.stderr), (0, b""), "replay")
    lines = again.stdout.decode().splitlines()
    equal(len(lines), len(live), "objects")
    for old, new in zip(live, lines):
        equal(json.loads(new), json.loads(old), "an object of the recording")
    return live


def after_session(path):
    """All that the scenarios of a whole run made the kernel say."""
    attempts = [line for line in judged_again(path) if json.loads(line)["type"] in ATTEMPTS]
    equal(len(attempts) > 10, True, "attempts in the session's recording")


def refused(sock, address):
    try:
        sock.bind(address)
    except OSError:
        return
    raise AssertionError(f"{address} was free")


def talk(shown):
    """What the recordings are of: refusals, sharing, a connection and what is left of it, options, ports by number
    and not.  shown() comes before sockets close: a tracer that is late finds their holders gone, another one does
    not."""
    with tcp("R") as server, tcp("R") as second, udp("r") as one, udp("r") as other, tcp6() as six:
        server.bind((HERE, PORT))
        server.listen()
        refused(second, (HERE, PORT))
        one.bind((HERE, PORT + 1))
        other.bind((HERE, PORT + 1))
        six.bind(("::", PORT + 2))
        refused(second, ("0.0.0.0", PORT + 2))
        refused(second, ("192.0.2.1", PORT + 3))
        shown(PORT + 7)
        client = socket.create_connection((HERE, PORT))
        child, _ = server.accept()
        child.close()
        client.close()
    with tcp() as again, tcp() as any_port:
        refused(again, (HERE, PORT))
        any_port.bind((HERE, 0))
        any_port.listen()
        shown(PORT + 8)
    shown(LAST_PORT)


def found(path, text):
    with open(path, encoding="utf-8") as file:
        return re.search(text, file.read())


def record():
    """The same story as a recording and as live text: their paths."""
    directory = tempfile.mkdtemp(prefix="replay-")
    paths = [os.path.join(directory, name) for name in ("recording", "text")]

    def shown(port):
        with udp() as mark:
            mark.bind((HERE, port))
            wait_for(lambda: found(paths[0], f'"port":{port},'), "the recording")
            wait_for(lambda: found(paths[1], f":{port} "), "the live text")

    with open("/proc/self/comm", encoding="utf-8") as file:
        us = ("-n", file.read().rstrip("\n"))  # not the other tracer
    with Tracer("-v", *us, "-o", paths[0]) as recorder, Tracer(*us, "-o", paths[1], json=False) as live:
        talk(shown)
        wait_for(lambda: found(paths[0], f'"release",.*"port":{LAST_PORT},.*"released":"port"'), "the recording")
        for tracer in (recorder, live):
            tracer.process.send_signal(signal.SIGINT)
            tracer.process.wait()
            tracer.collect()
            equal(tracer.status, 0, tracer.stderr)
    return paths


def times_apart(text):
    """Two tracers see the same a moment apart, and who lives on after some seconds is a matter of moments."""
    text = re.sub(r"^.* lives on without .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b\d\d:\d\d:\d\d(\.\d{3})?\b", "TIME", text)
    text = re.sub(r"\b[\d.]+ (ns|us|ms|s) (after|left)", r"SOME \2", text)
    text = re.sub(r"wait \d+ s", "wait", text)
    return re.sub(r"after refusal \d+", "after refusal N", text)


def test_as_live():
    recording, live = record()
    judged_again(recording)
    again = replay(recording)
    equal((again.returncode, again.stderr), (0, b""), "replay")
    with open(live, encoding="utf-8") as file:
        want = times_apart(file.read())
    for line in ("EADDRINUSE", "rule listener", "rule no-reuse", "rule reuseport-group", "EADDRNOTAVAIL", "listening"):
        contains(want, line, "the live text")
    difference = difflib.unified_diff(want.splitlines(), times_apart(again.stdout.decode()).splitlines(), n=0)
    equal(list(difference), [], "text, live and replayed")
    other_views(recording)
    damaged(recording)


def objects(*args):
    result = replay("-j", *args)
    equal((result.returncode, result.stderr), (0, b""), f"replay {args}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def other_views(recording):
    events = objects(recording)
    refusals = [event for event in events if event["type"] in ATTEMPTS and not event["result"]["ok"]]
    equal(len(refusals), 4, "refusals")
    equal(objects("-x", recording)[1:-1], refusals, "-x")
    equal(objects("-x", recording)[0]["filters"][-1], "failed", "the filter is told")
    equal({event["socket"]["port"] for event in objects("-P", str(PORT + 1), recording)[1:-1]}, {PORT + 1}, "-P")
    equal(objects("-n", "nobody", recording)[1:-1], [], "-n")
    equal([e for e in objects("--limit", "3", recording) if e["type"] != "holder"][1:],
          [e for e in events if e["type"] != "holder"][1:4], "--limit")
    equal(replay("--fail-on-reject", recording).returncode, 10, "--fail-on-reject")
    rows = [line for line in replay("-H", "--time=none", recording).stdout.decode().splitlines() if line[0] != " "]
    shown = [event["result"]["errno"] or {"bind": "bound", "listen": "listening"}[event["type"]]
             for event in events if event["type"] in ("bind", "listen")]
    equal([row.split()[5] for row in rows if row.split()[5] != "released"], shown, "without -v: no options, no successful connect()")
    life = replay("-v", recording).stdout.decode()
    for words in ("socket fd ", "setsockopt IPV6_V6ONLY = 0", "accept from ", " close", "released", "time-wait begins"):
        contains(life, words, "-v")
    boot = replay("--time=boot", recording).stdout.decode().splitlines()[1].split()[0]
    with open("/proc/uptime") as file:
        equal(0 < float(boot) < float(file.read().split()[0]), True, "--time=boot")


def damaged(recording):
    with open(recording, "rb") as file:
        content = file.read()
    last = content.count(b"\n")
    for change, line in ((content[:-9], last), (content.replace(b'"port":21500', b'"port":99999', 1), None),
                         (content[: content.rindex(b"{")], last)):
        with tempfile.NamedTemporaryFile() as file:
            file.write(change)
            file.flush()
            result = replay("-j", file.name)
            message = result.stderr.decode()
            equal((result.returncode, message.count("\n")), (1, 1), message)
            where = re.match(rf"reusetrace: {re.escape(file.name)}:(\d+): ", message)
            equal(bool(where) and int(where[1]) == (line or int(where[1])), True, message)
