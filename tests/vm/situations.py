# SPDX-License-Identifier: GPL-2.0-or-later
"""What the situations of tests/situations.md share: processes that do what they are told, and who is to blame."""
import errno
import os
import socket
import subprocess

import checks
from checks import Attempt, next_event, program_of
from harness import contains, equal, shared, wait_for

HERE, ANY = "127.0.0.1", "0.0.0.0"
ALICE, BOB, WWW_DATA = 1000, 1001, 33


class Actor:
    """A process under a name and a user that makes the statements it is told, one after the other.

    Statements know tcp(), tcp6() and udp() of checks, os, socket and subprocess.
    """

    def __init__(self, name="server", uid=0):
        self.ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            try:
                self.act(theirs, name, uid)
            finally:
                os._exit(0)
        theirs.close()
        self.answer()

    @staticmethod
    def act(told, name, uid):
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd > 2 and fd != told.fileno():
                checks.outcome(os.close, fd)
        with open("/proc/self/comm", "w") as file:
            file.write(name)
        os.setgid(uid)
        os.setuid(uid)
        known = dict(vars(checks), os=os, socket=socket, subprocess=subprocess)
        told.send(b"0\n")
        for statement in told.makefile():
            told.send(b"%d\n" % checks.outcome(exec, statement, known))

    def answer(self):
        said = b""
        while not said.endswith(b"\n"):
            got = self.ours.recv(16)
            equal(got != b"", True, "the actor is there")
            said += got
        return int(said)

    def tries(self, statement):
        """0 or the errno."""
        self.ours.sendall(statement.encode() + b"\n")
        return self.answer()

    def does(self, *statements):
        for statement in statements:
            equal(self.tries(statement), 0, statement)
        return self

    def binds(self, address, port, flags="", make="tcp", name="sock"):
        return self.does(f"{name} = {make}({flags!r})", f"{name}.bind(({address!r}, {port}))")

    def listens(self, address, port, flags="", make="tcp", name="sock"):
        return self.binds(address, port, flags, make, name).does(f"{name}.listen()")

    def refused(self, address, port, flags="", make="tcp", name="own", code=errno.EADDRINUSE):
        """The attempt of a bind that fails."""
        self.does(f"{name} = {make}({flags!r})")
        equal(self.tries(f"{name}.bind(({address!r}, {port}))"), code, f"bind to {address}:{port}")
        return refusal(port, self.pid, code)

    def attempt(self, port, code=0, kind="bind"):
        return Attempt(next_event((kind,), code, pid=self.pid, port=port))

    def end(self):
        self.ours.close()
        os.waitpid(self.pid, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def refusal(port, pid=None, code=errno.EADDRINUSE):
    """The next refused bind that no check has taken; those that were accepted before it are passed over."""
    def find():
        session = shared().read()
        return next((event for event in session.events if event["type"] == "bind" and event["seq"] not in session.taken
                     and event["result"]["code"] == code and pid in (None, event["process"]["pid"])
                     and (event["socket"]["requested"] or {}).get("port") == port), None)

    event = wait_for(find, f"a refused bind of {pid}, port {port}")
    shared().taken.add(event["seq"])
    return Attempt(event)


def blames(attempt, pid, state="listen", kind="process"):
    """The culprit is this process's socket, in JSON and in the text; the holder."""
    holder = attempt.event["holders"][0]
    equal((holder["culprit"], holder["kind"], holder["state"]), (True, kind, state), "culprit, kind, state")
    having = {process["pid"]: process for process in holder["processes"]}
    equal(pid in having, True, f"{pid} among {sorted(having)}")
    equal((having[pid]["comm"], having[pid]["exe"]), program_of(pid), "comm, exe")
    first = holder["processes"][0]
    contains(attempt.line("held by"), f"{first['comm']}[{first['pid']}] fd {first['fd']}", "text")
    return holder


def fixes(attempt, *words):
    """Among the remedies are these."""
    for word in words:
        contains("; ".join(attempt.verdict["fix"]), word, "fix")
    return attempt


def refused_with_us(sock, address, port):
    """A bind of this process that fails."""
    return checks.tried(sock, ("bind",), checks.outcome(sock.bind, (address, port)))
