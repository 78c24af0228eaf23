# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes that a scenario makes of itself, and their binds."""
import ctypes
import os
import socket

from harness import equal

PR_SET_NAME = 15
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def set_comm(name):
    if libc.prctl(PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def bind(port, address="127.0.0.1", kind=socket.SOCK_STREAM):
    """One bind by this process: 0 or the errno."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as sock:
        try:
            sock.bind((address, port))
        except OSError as error:
            return error.errno
    return 0


class Child:
    """A forked process that runs body() and exits with 0, or, if told to, only after go()."""

    def __init__(self, body, held=False):
        self.gate = os.pipe() if held else None
        self.pid = os.fork()
        if not self.pid:
            self.run(body)

    def run(self, body):
        status = 1
        try:
            if self.gate:
                os.close(self.gate[1])
                os.read(self.gate[0], 1)
            status = body() or 0
        finally:
            os._exit(status)

    def go(self):
        for end in self.gate:
            os.close(end)

    def wait(self):
        _, status = os.waitpid(self.pid, 0)
        equal(os.waitstatus_to_exitcode(status), 0, "exit status of a child")


def in_child(body):
    """Runs body in a process of its own; its pid."""
    child = Child(body)
    child.wait()
    return child.pid


def enter_netns(path):
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def move_to_cgroup(path):
    with open(path + "/cgroup.procs", "w") as file:
        file.write("0")
