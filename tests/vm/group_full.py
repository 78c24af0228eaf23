# SPDX-License-Identifier: GPL-2.0-or-later
"""A bind that could share its port, if one more socket found room in the group: the kernel says EADDRINUSE for that."""
import errno
import os
import resource

from checks import flags_of_json, inode_of, outcome, udp
from harness import Tracer, contains, equal

HERE = "127.0.0.1"
PORT = 7785
ROOM = 32768  # reuseport_grow(): twice as many is no number of 16 bits


def may_open(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def member():
    sock = udp("r")
    sock.bind((HERE, PORT))
    return sock


def test_full_group():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    may_open(ROOM + 256)
    members = [member() for _ in range(ROOM)]
    try:
        with Tracer("-x", "-P", str(PORT)) as trace, udp("r") as last:
            equal(outcome(last.bind, (HERE, PORT)), errno.EADDRINUSE, "one more")
            inode = inode_of(last)
            members.pop(0).close()
            equal(outcome(last.bind, (HERE, PORT)), 0, "the remedy")
        check(trace.one("bind", socket__inode=inode))
    finally:
        for sock in members:
            sock.close()
        may_open(before)


def check(event):
    equal((event["result"]["errno"], event["result"]["stage"]), ("EADDRINUSE", "port"), "errno, stage")
    equal((event["verdict"]["rule"], event["verdict"]["agrees"]), ("no-memory", None), "rule, agrees")
    contains(event["verdict"]["text"], f"the SO_REUSEPORT group that has it is full: {ROOM} sockets", "text")
    holder = event["holders"][0]
    equal((holder["culprit"], holder["reason"], holder["facts"]["group_size"], flags_of_json(holder)),
          (True, "reuseport-group", ROOM, "....r..."), "a member")
    equal([(one["pid"], os.fstat(one["fd"]).st_ino) for one in holder["processes"]],
          [(os.getpid(), holder["inode"])], "whose")
