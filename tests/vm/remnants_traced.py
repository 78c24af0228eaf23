# SPDX-License-Identifier: GPL-2.0-or-later
"""With a port filter each accepted connection is followed: what it leaves is its process's, whatever else ran."""
import os
import socket

from checks import tcp
from connections import tcp_states
from harness import Tracer, contains, equal, wait_for
from holders import end_keeper
from remnants import HERE, readable, server_process

PORT = 22310


def leave_one():
    """One of two servers that share a port leaves a TIME_WAIT: its pid."""
    servers = [server_process(PORT), server_process(PORT)]
    client = socket.create_connection((HERE, PORT))
    pid, pipe = wait_for(lambda: [server for server in servers if readable(server[1].fileno())], "accept")[0]
    pipe.recv(1)
    pipe.send(b"!")
    pipe.recv(1)
    client.close()
    for server, _ in servers:
        end_keeper(server)
    wait_for(lambda: tcp_states(PORT) == ["06"], "TIME_WAIT alone")
    return pid


def refused():
    with tcp() as sock:
        try:
            sock.bind((HERE, PORT))
        except OSError:
            return
        raise AssertionError("bound beside a TIME_WAIT")


def test_owner_of_a_time_wait():
    with Tracer("-P", str(PORT)) as trace, Tracer("-P", str(PORT), json=False) as text:
        pid = leave_one()
        refused()
        trace.stop()
        text.stop()
    event = trace.one("bind", process__pid=os.getpid())
    holder = event["holders"][0]
    equal((event["verdict"]["rule"], holder["kind"], holder["bound_by"]["pid"]), ("time-wait", "time-wait", pid),
          "whose it was")
    contains(text.text, f"held by  a TIME_WAIT remnant of python3[{pid}], {HERE}:{PORT} -> {HERE}:", "text")
    equal(trace.of("accept"), [], "accepted connections are no events without -v")
    equal((trace.end["lost"]["ring"], trace.end["lost"]["map"]), (0, 0), "lost")
