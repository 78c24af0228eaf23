# SPDX-License-Identifier: GPL-2.0-or-later
"""A port with 10,000 sockets: who is in the way is named, the walk ends at its limit and says so."""
import errno
import os
import resource

from checks import inode_of, outcome, tcp, udp
from group_full import may_open
from harness import Tracer, equal

HERE = "127.0.0.1"
PORT = 7788
SOCKETS = 10000
NAMED = 64
WALKED = 160 + 1  # WALK_STEPS, and the culprit, which comes first however far behind it is


def crowd(make):
    socks = [make("R") for _ in range(SOCKETS)]
    for sock in socks:
        sock.bind((HERE, PORT))
    return socks


def ask(make):
    """The inode of one that is refused."""
    with make("") as last, make("R") as sharer:
        equal(outcome(last.bind, (HERE, PORT)), errno.EADDRINUSE, "without the option")
        equal(outcome(sharer.bind, (HERE, PORT)), 0, "with it")
        return inode_of(last)


def check(refused, protocol):
    holders, culprit = refused["holders"], refused["holders"][0]
    equal((len(holders), refused["truncated"]), (NAMED, True), f"{protocol}: named, truncated")
    equal(NAMED < refused["holders_total"] <= WALKED, True, f"{protocol}: {refused['holders_total']} were visited")
    equal({(one["port"], one["protocol"]) for one in holders}, {(PORT, protocol)}, "of that port alone")
    equal((refused["verdict"]["rule"], refused["verdict"]["agrees"]), ("no-reuse", True), f"{protocol}: rule, agrees")
    equal((culprit["culprit"], [(one["pid"], os.fstat(one["fd"]).st_ino) for one in culprit["processes"]]),
          (True, [(os.getpid(), culprit["inode"])]), f"{protocol}: the first is the culprit, and whose it is")


def test_ten_thousand():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    may_open(2 * SOCKETS + 256)
    socks = crowd(tcp) + crowd(udp)
    try:
        with Tracer("-x", "-P", str(PORT)) as trace:
            asked = {"tcp": ask(tcp), "udp": ask(udp)}
        for protocol, inode in asked.items():
            check(trace.one("bind", socket__inode=inode), protocol)
        equal(sum(trace.end["lost"].values()), 0, f"lost: {trace.end['lost']}")
    finally:
        for sock in socks:
            sock.close()
        may_open(before)
