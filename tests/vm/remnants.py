# SPDX-License-Identifier: GPL-2.0-or-later
"""What connections leave behind, and whose they were."""
import os
import select
import signal
import socket

from checks import bind, endpoint, tcp
from connections import connected, tcp_states
from harness import contains, equal, isolated, wait_for
from holders import end_keeper

SHARED = True
HERE = "127.0.0.1"


@isolated
def test_fin_wait2():
    """The server closed, the client has not: a minisock in FIN_WAIT2, which the kernel counts as TIME_WAIT."""
    server, accepted, client = connected(22300, "R")
    server.close()
    accepted.close()
    wait_for(lambda: tcp_states(22300) == ["05"], "FIN_WAIT2")
    with client, tcp() as sock:
        attempt = bind(sock, HERE, 22300).refused("time-wait", "the FIN_WAIT2 remnant of a connection").total(1)
        holder = attempt.event["holders"][0]
        equal([holder[key] for key in ("kind", "state", "processes")], ["time-wait", "time-wait", []], "holder")
        equal(holder["facts"]["fin_wait2"], True, "the minisock's substate")
        equal(0 < holder["expires_s"] <= 60, True, f"seconds left: {holder['expires_s']}")
        equal(holder["bound_by"]["pid"], os.getpid(), "whose it was")
        contains(attempt.line("held by"), f"a FIN_WAIT2 remnant of python3[{os.getpid()}], {HERE}:22300 -> "
                                          f"{endpoint(*client.getsockname())}, ", "text")


def server_process(port):
    """A process that listens, accepts one connection and closes it when told: its pid, and its end of a pipe."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        listener = tcp("r")
        listener.bind((HERE, port))
        listener.listen()
        theirs.send(b"l")
        accepted, _ = listener.accept()
        theirs.send(b"a")
        theirs.recv(1)
        accepted.close()
        theirs.send(b"c")
        signal.pause()
        os._exit(0)
    ours.recv(1)
    return pid, ours


def test_owner_by_both_ends():
    """Two servers share a port.  Once a connection was seen in one of them, what it leaves is that one's."""
    first, pipe = server_process(22301)
    second, other = server_process(22301)
    client = socket.create_connection((HERE, 22301))
    pipes = {pipe.fileno(): (pipe, first), other.fileno(): (other, second)}
    got = wait_for(lambda: [fd for fd in pipes if readable(fd)], "accept")[0]
    mine, pid = pipes[got]
    mine.recv(1)
    with tcp("R") as sock:
        bind(sock, HERE, 22301)  # refused by a listener or by the connection: the one that the kernel met last
    mine.send(b"!")
    mine.recv(1)
    client.close()
    for keeper in (first, second):
        end_keeper(keeper)
    wait_for(lambda: tcp_states(22301) == ["06"], "TIME_WAIT alone")
    with tcp() as sock:
        attempt = bind(sock, HERE, 22301).refused("time-wait").total(1)
        holder = attempt.event["holders"][0]
        equal((holder["bound_by"]["pid"], holder["bound_by"]["comm"]), (pid, "python3"), "whose it was")
        contains(attempt.line("held by"), f"a TIME_WAIT remnant of python3[{pid}], ", "text")


def readable(fd):
    return select.select([fd], [], [], 0)[0]
