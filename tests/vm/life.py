# SPDX-License-Identifier: GPL-2.0-or-later
"""reusetrace -v and strace of the same program must tell the same life of its socket."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from harness import REUSETRACE, Tracer, equal, lookup, wait_for

PORT = 8090
MOVED_PORT = 8096
PROGRAM = (sys.executable, "-m", "http.server", str(PORT))
CALL = re.compile(r"(?:\d+ +)?(\w+)\((\d+|AF_\w+), ?(.*)\) += (-?\d+) ?(E\w+)?")


def strace_life(path):
    """The calls on the listening socket, from the log of strace."""
    with open(path) as file:
        calls = [match.groups() for match in map(CALL.match, file) if match]
    fd = next(call[1] for call in calls if call[0] == "listen" and call[3] == "0")
    last = max(at for at, call in enumerate(calls) if call[0] == "listen")
    first = max(at for at, call in enumerate(calls[:last]) if call[0] == "socket" and call[3] == fd)
    return [told for told in (strace_step(fd, *call) for call in calls[first:]) if told]


def strace_step(fd, name, argument, rest, result, error):
    if name == "socket" and result == fd:
        return "socket", int(fd)
    if argument != fd:
        return None
    if name == "setsockopt":
        option, value = re.match(r"\w+, (\w+), \[(\d+)]", rest).groups()
        return "option", option, int(value), error
    if name == "bind":
        return "bind", int(re.search(r"htons\((\d+)\)", rest)[1])
    if name == "accept4":
        return "accept", int(re.search(r"htons\((\d+)\)", rest)[1])
    return ("listen",) if name == "listen" else None


def json_life(events):
    """The same steps from the events: those of the socket that listens, and the connections it accepted."""
    listens = next(event for event in events if event["type"] == "listen" and event["socket"]["port"] == PORT)
    inode, pid = listens["socket"]["inode"], listens["process"]["pid"]
    steps = []
    for event in events:
        kind, sock = event["type"], event.get("socket", {})
        if kind == "accept" and event["process"]["pid"] == pid and sock["port"] == PORT:
            steps.append(("accept", sock["peer"]["port"]))
        elif sock.get("inode") != inode:
            continue
        elif kind == "socket":
            steps.append(("socket", event["fd"]))
        elif kind == "option":
            option = event["option"]
            steps.append(("option", option["name"], option["value"], event["result"]["errno"]))
        elif kind == "bind":
            steps.append(("bind", sock["requested"]["port"]))
        elif kind == "listen":
            steps.append(("listen",))
        elif kind == "close":
            steps.append(("close",))
    return pid, steps


def text_life(path, pid):
    """The same steps from the rows of the text."""
    steps = []
    with open(path) as file:
        rows = [line.split(None, 6) for line in file if not line.startswith(" ")]
    for row in [row for row in rows if row[1] == str(pid) and row[3] == "tcp"]:
        words = row[6].split()
        if words[0] == "socket":
            steps.append(("socket", int(words[2])))
        elif "setsockopt" in words[:2]:
            steps.append(("option", words[-3], int(words[-1]), words[0] if words[1] == "setsockopt" else None))
        elif words[0] == "bound":
            steps.append(("bind", int(row[4].rsplit(":", 1)[1])))
        elif words[0] == "accept":
            steps.append(("accept", int(words[2].rsplit(":", 1)[1])))
        elif words[0] == "listening":
            steps.append(("listen",))
    return steps


def request():
    """One request, when the server answers; the client's port."""
    def connect():
        try:
            return socket.create_connection(("127.0.0.1", PORT))
        except ConnectionRefusedError:
            return None
    with wait_for(connect, "the server") as client:
        client.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        while client.recv(4096):
            pass
        return client.getsockname()[1]


def test_same_life_as_strace():
    """One run of the program under strace, under a text and a JSON tracer of its tree."""
    with tempfile.TemporaryDirectory() as directory:
        log, text = os.path.join(directory, "strace"), os.path.join(directory, "text")
        command = (REUSETRACE, "-v", "-o", text, "--", "strace", "-f", "-o", log, "-e", "trace=network", *PROGRAM)
        with Tracer("-v", command=command) as trace:
            client = request()
            server = wait_for(lambda: strace_pid(log), "the server's pid")
            os.kill(server, signal.SIGINT)
            trace.wait()
        life = strace_life(log)
        pid, steps = json_life(trace.events)
        equal(pid, server, "pid")
        equal(("accept", client) in life, True, f"strace saw the request: {life}")
        equal([kind for kind, *_ in life if kind != "option"], ["socket", "bind", "listen", "accept"], "strace")
        equal([step for step in steps if step != ("close",)], life, "JSON against strace")
        equal(("close",) in steps, True, "JSON tells the close as well")
        told = text_life(text, pid)
        equal([step for step in told if step in life], life, "text against strace")
        equal([told.count(step) for step in life], [1] * len(life), "text: once each")
        equal(lookup(trace.end, "lost__recursion"), 0, "lost")


def strace_pid(log):
    with open(log) as file:
        for line in file:
            if re.match(r"\d+ +listen\(\d+, ", line):
                return int(line.split()[0])
    return None


BINDS = """
import socket, sys
for line in sys.stdin:
    socket.create_server(("127.0.0.1", int(line))).close()
    print(line, end="", flush=True)
"""


def test_moved_program():
    """Its path is the one it has when it binds, also after directories above it were renamed."""
    with tempfile.TemporaryDirectory() as top, Tracer("-P", f"{MOVED_PORT}-{MOVED_PORT + 3}") as trace:
        path = os.path.join(top, "old", "part", "program")
        os.makedirs(os.path.dirname(path))
        shutil.copy(os.path.realpath(sys.executable), path)
        steps = (None, None, ("old", "new"), ("new/part", "new/section"))
        paths = ("old/part/program", "old/part/program", "new/part/program", "new/section/program")
        with subprocess.Popen([path, "-c", BINDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, PYTHONHOME=sys.prefix)) as child:
            for port, step in enumerate(steps, MOVED_PORT):
                if step:
                    os.rename(*(os.path.join(top, part) for part in step))
                print(port, file=child.stdin, flush=True)
                equal(child.stdout.readline(), f"{port}\n", "bound")
    for port, path in enumerate(paths, MOVED_PORT):
        for kind in ("bind", "listen"):
            equal(trace.one(kind, socket__port=port)["process"]["exe"], os.path.join(top, path), f"exe of the {kind}")
