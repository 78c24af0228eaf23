# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 28 to 30 and 44: a server that starts again, or together with another one."""
import errno
import os
import signal

from checks import bind, tcp
from connections import leave_time_wait
from handover import gap_of
from harness import contains, equal, shared, wait_for
from situations import HERE, Actor, blames, fixes, refused_with_us

SHARED = True
OR_ED = "sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR | SO_REUSEPORT, 1)"


def test_28_options_or_ed_into_one_name():
    """2 | 15 is 15: SO_REUSEPORT alone was set, and the remnant of the last run has no SO_REUSEADDR."""
    leave_time_wait(24028, "")
    with Actor("foro") as server:
        server.does("sock = tcp()", OR_ED)
        equal(server.tries(f"sock.bind(({HERE!r}, 24028))"), errno.EADDRINUSE, "bind")
        attempt = server.attempt(24028, errno.EADDRINUSE).refused("time-wait")
        equal(attempt.row[5], "....r...", "its flags at bind")
        holder = attempt.event["holders"][0]
        equal((holder["kind"], holder["options"]["reuseaddr"], holder["options"]["reuseport"]),
              ("time-wait", False, False), "the remnant")
        contains(attempt.line("because"), "lacks SO_REUSEPORT, which this socket has", "text")
        fixes(attempt, "wait ", "set SO_REUSEADDR at every start")


def test_29_port_released_after_the_attempt():
    """The old process is told to end, and has not yet when the new one binds."""
    old = Actor("old")
    old.listens(HERE, 24029, "R")
    with tcp("R") as sock:
        attempt = refused_with_us(sock, HERE, 24029).refused("listener")
        blames(attempt, old.pid)
        os.kill(old.pid, signal.SIGKILL)
        old.end()
        released = wait_for(lambda: [event for event in shared().read().events if event["type"] == "release"
                                     and event["socket"]["port"] == 24029], "release")
        equal((len(released), released[0]["process"]["pid"], released[0]["after_attempt"]),
              (1, old.pid, attempt.event["seq"]), "who released it after which attempt")
        equal(released[0]["delta_ns"] > 0, True, "how late")
        row, = wait_for(lambda: [row for row, *_ in shared().read().text if " released " in row
                                 and f" {HERE}:24029 " in row], "the release in the text")
        contains(row, f" after python3[{os.getpid()}] was refused", "text")
        bind(sock, HERE, 24029).accepted("free").alone()


def test_30_one_listener_of_a_hot_restart_lacks_reuseport():
    with Actor("envoy") as old, Actor("envoy") as new:
        old.listens(HERE, 24030, "r", name="service")
        old.listens(HERE, 24130, "R", name="admin")
        new.binds(HERE, 24030, "r", name="service")
        shared_port = new.attempt(24030).accepted("reuseport-group").total(1)
        equal([one["pid"] for one in shared_port.event["holders"][0]["processes"]], [old.pid], "the old generation")
        attempt = new.refused(HERE, 24130, "R", name="admin").refused("listener")
        holder = blames(attempt, old.pid)
        equal((attempt.row[5], holder["options"]["reuseport"]), ("...R....", False), "flags of both")
        contains(attempt.line("held by"), "flags ...R....", "text")
        fixes(attempt, "set SO_REUSEPORT on both sockets")
        new.does("service.listen()")
        old.does("os.close(service.detach())")
        event = gap_of(24030)
        equal((event["gap"]["takeover"], event["gap"]["before"]["pid"], event["process"]["pid"], event["gap"]["gap_ns"]),
              ("reuseport", old.pid, new.pid, 0), "from generation to generation without a gap")
        old.does("os.close(admin.detach())")
        new.listens(HERE, 24130, "R", name="admin")
        event = gap_of(24130)
        equal((event["gap"]["takeover"], event["gap"]["before"]["pid"], event["process"]["pid"]),
              (None, old.pid, new.pid), "hands")
        equal(event["gap"]["released"] < event["gap"]["bound"] < event["gap"]["serving"], True, f"{event['gap']}")
        contains(event["gap"]["text"], "port 24130 had no listener for ", "how long nobody listened")


def test_44_listen_fails_after_both_have_bound():
    with Actor("first") as first, Actor("second") as second:
        first.binds(HERE, 24044, "R")
        second.binds(HERE, 24044, "R")
        second.attempt(24044).accepted("reuseaddr-both", "does not listen", "the other's listen() will get EADDRINUSE")
        first.does("sock.listen()")
        equal(second.tries("sock.listen()"), errno.EADDRINUSE, "listen() of the other")
        attempt = second.attempt(24044, errno.EADDRINUSE, "listen").refused("listener", "only one may listen")
        equal(attempt.event["result"]["stage"], "port", "stage")
        blames(attempt, first.pid)
