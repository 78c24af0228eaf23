# SPDX-License-Identifier: GPL-2.0-or-later
"""The story that this tool exists for, on real programs."""
import errno
import re
import socket
import subprocess
import sys

from checks import Attempt, endpoint, next_event, of_listener, sockets_of
from harness import contains, end, equal, listens, run, start, start_server, wait_for

SHARED = True
HERE = "127.0.0.1"
HTTP = (sys.executable, "-m", "http.server", "8080", "--bind", HERE)
FLASK = """
import flask
flask.Flask("demo").run(host="127.0.0.1", port=8081)
"""
ONE_REQUEST = """
import http.server, sys
class Server(http.server.HTTPServer):
    allow_reuse_address = sys.argv[2] == "reuse"
server = Server(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
server.handle_request()
server.server_close()
"""


def first_is_told(first, port):
    bound = Attempt(next_event(("bind",), 0, pid=first.pid, port=port)).accepted("free", "port was free").alone()
    equal(bound.row[4:6], [f"{HERE}:{port}", "...R...."], "text: address, flags")
    Attempt(next_event(("listen",), 0, pid=first.pid, port=port)).accepted("free").alone()


def second_is_refused(first, pid, port):
    attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=pid, port=port))
    attempt.refused("listener", f"stop {first.pid} (python3)").total(1)
    attempt.culprit(of_listener(HERE, port, "...R....", first.pid))
    equal(attempt.event["holders"][0]["processes"][0]["fd"], 3, "the culprit's descriptor")
    contains(attempt.line("held by"), f"python3[{first.pid}] fd 3, listening on {HERE}:{port} since ", "text")
    equal((attempt.row[5], attempt.line("because").split("(rule ")[1]), ("...R....", "listener)"), "flags, rule")


def started_twice(port, *argv):
    first = start_server(port, *argv)
    first_is_told(first, port)
    second = start(*argv, stderr=subprocess.PIPE)
    words = second.communicate(timeout=60)[1].decode()
    equal(second.returncode != 0, True, "the second one fails")
    second_is_refused(first, second.pid, port)
    end(first)
    return words


def test_http_server_twice():
    contains(started_twice(8080, *HTTP), "Address already in use", "the server's own words")


def test_flask_twice():
    contains(started_twice(8081, sys.executable, "-c", FLASK), "Address already in use", "the server's own words")


def test_netcat_twice():
    netcat = ("nc", "-l", HERE, "8082")
    first = start_server(8082, *netcat)
    second = start_server(8082, *netcat, count=2)
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=8082))
    attempt.accepted("reuseport-group", "spread between the 2 sockets").total(1)
    inode = attempt.event["holders"][0]["inode"]
    process = attempt.event["holders"][0]["processes"]
    equal([(inode, one["fd"]) for one in process], sockets_of(first.pid), "the other member's descriptors")
    equal([one["pid"] for one in process], [first.pid], "the other member")
    contains(attempt.line("shared with"), f"nc[{first.pid}] fd {process[0]['fd']}, listening on {HERE}:8082", "text")
    contains(attempt.line("who answers"), "spread between the 2 sockets", "text")
    equal((attempt.row[1], attempt.row[6].split()[0]), (str(second.pid), "bound"), "the new member's row")
    joined = Attempt(next_event(("listen",), 0, pid=second.pid, port=8082)).accepted("reuseport-group").total(1)
    equal(joined.event["holders"][0]["inode"], inode, "the group that listen() joined")
    end(first, second)


def server(port, reuse):
    return (sys.executable, "-c", ONE_REQUEST, str(port), "reuse" if reuse else "no")


def serve_and_leave(port, reuse):
    """The server answers one request, closes first and ends: its pid, and the address of its client."""
    process = start_server(port, *server(port, reuse))
    Attempt(next_event(("bind",), 0, pid=process.pid, port=port)).accepted("free").alone()
    with socket.create_connection((HERE, port)) as client:
        client.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
        while client.recv(4096):
            pass
        process.wait(60)
        peer = client.getsockname()
    wait_for(lambda: not listens(port) and remnants(port), "TIME_WAIT")
    return process.pid, peer


def remnants(port):
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in list(file)[1:]]
    return [row for row in rows if row[3] == "06" and int(row[1].rsplit(":", 1)[1], 16) == port]


def check_remnant(attempt, port, server_pid, peer, reuseaddr):
    remnant = attempt.total(1).event["holders"][0]
    equal([remnant[key] for key in ("kind", "state", "address", "port", "processes")],
          ["time-wait", "time-wait", HERE, port, []], "the remnant")
    equal(remnant["peer"], {"address": peer[0], "port": peer[1]}, "its peer")
    equal((remnant["options"]["reuseaddr"], 0 < remnant["expires_s"] <= 60), (reuseaddr, True), "its flag and time")
    equal(remnant["bound_by"]["pid"], server_pid, "whose it was")
    return remnant


def refused_restart(port, reuse, reused_before, *words):
    server_pid, peer = serve_and_leave(port, reused_before)
    second = run(*server(port, reuse))
    contains(second.stderr.decode(), "Address already in use", "the server's own words")
    attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, port=port)).refused("time-wait", *words)
    remnant = check_remnant(attempt, port, server_pid, peer, reused_before)
    equal((remnant["culprit"], remnant["reason"]), (True, "time-wait"), "culprit")
    contains(attempt.line("held by"), f"a TIME_WAIT remnant of python3[{server_pid}], ", "text")
    contains(attempt.line("held by"), f"-> {endpoint(*peer)}", "text: peer")
    seconds = int(re.search(r", (\d+) s left", attempt.line("held by"))[1])
    equal(0 < seconds <= 60, True, "text: seconds left")
    return attempt


def test_27_restart_without_the_option():
    attempt = refused_restart(8083, False, False, "neither this socket nor the TIME_WAIT remnant", " s left")
    equal(attempt.row[5], "........", "flags")


def test_restart_with_the_option():
    server_pid, peer = serve_and_leave(8084, True)
    second = start_server(8084, *server(8084, True))
    attempt = Attempt(next_event(("bind",), 0, pid=second.pid, port=8084)).accepted(
        "time-wait-reuse", f"a connection from {endpoint(*peer)}")
    check_remnant(attempt, 8084, server_pid, peer, True)
    contains(attempt.row[6], "only TIME_WAIT remnants are left", "text")
    end(second)


def test_restart_where_the_old_side_lacked_the_option():
    attempt = refused_restart(8085, True, False, "lacks SO_REUSEADDR, which this socket has", " s left")
    contains(attempt.line("because"), "TIME_WAIT remnant of a connection with", "text: the old side lacked it")
    equal(attempt.row[5], "...R....", "flags")
