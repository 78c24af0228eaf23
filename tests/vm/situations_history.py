# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 8, 9 and 38: what happened to one port before it was refused, told in order."""
import errno

from harness import Tracer, equal, isolated, set_sysctl
from situations import HERE, Actor


def told(trace, *types):
    """[(type, pid, errno)] in the order of the recording."""
    return [(event["type"], event["process"]["pid"], (event.get("result") or {}).get("errno")) for event in trace.events
            if event["type"] in types]


def check_culprit(event, pid, rule, state):
    equal((event["result"]["errno"], event["verdict"]["rule"], event["verdict"]["agrees"]),
          ("EADDRINUSE", rule, True), "errno, rule, agrees")
    culprit = event["holders"][0]
    equal((culprit["culprit"], culprit["kind"], culprit["state"], [one["pid"] for one in culprit["processes"]]),
          (True, "process", state, [pid]), "culprit")
    return culprit


@isolated
def test_08_probed_closed_and_given_to_a_connection():
    set_sysctl("ip_local_port_range", "24008 24008")
    with Actor("listener") as other, Actor("launcher") as launcher, Actor("client") as client, \
            Actor("worker") as worker:
        other.listens(HERE, 80)
        with Tracer("-P", "24008") as trace:
            launcher.binds(HERE, 0).does("sock.close()")
            client.does("sock = tcp()", f"sock.connect(({HERE!r}, 80))")
            worker.does("sock = tcp('R')")
            equal(worker.tries(f"sock.bind(({HERE!r}, 24008))"), errno.EADDRINUSE, "bind")
    equal(told(trace, "bind", "autobind", "release"),
          [("bind", launcher.pid, None), ("release", launcher.pid, None), ("autobind", client.pid, None),
           ("bind", worker.pid, "EADDRINUSE")], "the history of the port")
    check_culprit(trace.of("bind")[-1], client.pid, "outgoing-connection", "established")


def test_09_free_port_lost_to_a_neighbour():
    with Actor("test-1") as first, Actor("test-2") as second:
        with Tracer("-P", "24009") as trace:
            first.binds(HERE, 24009).does("sock.close()")
            second.listens(HERE, 24009)
            equal(first.does("sock = tcp('R')").tries(f"sock.bind(({HERE!r}, 24009))"), errno.EADDRINUSE, "bind")
    equal(told(trace, "bind", "listen", "release")[:5],
          [("bind", first.pid, None), ("release", first.pid, None), ("bind", second.pid, None),
           ("listen", second.pid, None), ("bind", first.pid, "EADDRINUSE")], "the history of the port")
    check_culprit(trace.of("bind")[-1], second.pid, "no-reuse", "listen")


def test_38_reuseport_set_after_bind():
    with Actor("old") as old, Actor("new") as new:
        with Tracer("-v", "-P", "24038") as trace:
            old.listens(HERE, 24038)
            old.does("sock.setsockopt(1, SO_REUSEPORT, 1)")
            new.does("sock = tcp()")
            equal(new.tries(f"sock.bind(({HERE!r}, 24038))"), errno.EADDRINUSE, "bind")
    first, refused = trace.of("bind")
    equal((first["socket"]["options"]["reuseport"], refused["socket"]["options"]["reuseport"]), (False, False),
          "as it was when they bound")
    options = trace.of("option", option__name="SO_REUSEPORT")
    equal([(event["process"]["pid"], event["option"]["value"]) for event in options], [(old.pid, 1)], "changes")
    equal(first["seq"] < options[0]["seq"] < refused["seq"], True, "in this order")
    culprit = check_culprit(refused, old.pid, "no-reuse", "listen")
    equal(culprit["options"]["reuseport"], True, "what the holder has by now")
