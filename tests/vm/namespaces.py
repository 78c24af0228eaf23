# SPDX-License-Identifier: GPL-2.0-or-later
"""A tracer in a pid namespace of its own: there is more on a port than it can see."""
import contextlib
import os
import signal

from checks import inode_of, outcome, tcp
from harness import Tracer, check_refused, contains, equal

HERE = "127.0.0.1"
APART = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def child_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return int(file.read())


@contextlib.contextmanager
def apart(*args, **options):
    """A tracer that is process 1 of a pid namespace; unshare(1) keeps signals from it."""
    with Tracer(*args, prefix=APART, **options) as trace:
        yield trace
        os.kill(child_of(trace.process.pid), signal.SIGINT)
        trace.wait()
    equal(trace.status, 0, "exit status")


def listen(sock, port):
    sock.bind((HERE, port))
    sock.listen()


def check_outside(trace, text, port, sock):
    holder = check_refused(trace.one("bind", socket__port=port, result__ok=False), "no-reuse")["holders"][0]
    equal([holder[key] for key in ("culprit", "kind", "outside", "inode", "state", "processes")],
          [True, "process", True, inode_of(sock), "listen", []], "culprit")
    contains(text.text, f"held by  a process outside this pid namespace, listening on {HERE}:{port}", "text")


def test_holder_outside():
    """Since before the trace or not: it is not gone, and it cannot be named."""
    with tcp("R") as elder, tcp("R") as later, tcp() as refused, tcp() as again:
        listen(elder, 22300)
        with apart("-P", "22300-22301") as trace, apart("-P", "22300-22301", json=False) as text:
            listen(later, 22301)
            equal([outcome(sock.bind, (HERE, port)) for sock, port in ((refused, 22300), (again, 22301))], [98, 98],
                  "EADDRINUSE")
        check_outside(trace, text, 22300, elder)
        check_outside(trace, text, 22301, later)

