# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 7 and 10 to 12: the port went to a connection, or to nobody that listens."""
import errno
from datetime import datetime

from checks import listening, outcome, tcp, tried
from harness import contains, equal, isolated, set_sysctl
from situations import HERE, Actor, blames, fixes

SHARED = True


@isolated
def test_07_port_taken_by_an_outgoing_connection():
    set_sysctl("ip_local_port_range", "24007 24007")
    with Actor("printd") as printer, Actor("firefox") as client, Actor("cockroach") as server:
        printer.listens(HERE, 631)
        client.does("sock = tcp()", f"sock.connect(({HERE!r}, 631))")
        attempt = server.refused("0.0.0.0", 24007, "R").refused("outgoing-connection", "by chance")
        holder = blames(attempt, client.pid, state="established")
        equal(holder["peer"], {"address": HERE, "port": 631}, "peer")
        contains(attempt.line("held by"), f"firefox[{client.pid}] ", "text")
        contains(attempt.line("held by"), f"{HERE}:24007 -> {HERE}:631", "text: both ends")
        fixes(attempt, "add 24007 to net.ipv4.ip_local_reserved_ports")


@isolated
def test_10_every_port_of_the_range_is_a_connection():
    set_sysctl("ip_local_port_range", "24010 24017")
    with Actor("server") as server, Actor("clients") as clients, tcp() as sock:
        server.listens(HERE, 80)
        clients.does("made = [tcp() for _ in range(8)]", f"[one.connect(({HERE!r}, 80)) for one in made]")
        code = outcome(sock.bind, (HERE, 0))
        equal(code, errno.EADDRINUSE, "bind to port 0")
        attempt = tried(sock, ("bind",), code)
        attempt.refused("range-exhausted", "no port of 24010-24017 is free", f"most by clients[{clients.pid}] (8)")
        equal(attempt.event["facts"]["refusal"]["ports"]["most"],
              [{"pid": clients.pid, "comm": "clients", "ports": 8}], "who has them")
        fixes(attempt, "widen net.ipv4.ip_local_port_range")


def test_11_who_it_was_and_for_how_long():
    with Actor("qemu") as holder, Actor("syz-manager") as server:
        holder.listens(HERE, 24011)
        bind = holder.attempt(24011).event
        attempt = server.refused(HERE, 24011, "R").refused("no-reuse", "the holder lacks SO_REUSEADDR")
        told = blames(attempt, holder.pid)
        equal(bind["time"] <= told["since"] < attempt.event["time"], True, f"since {told['since']}, bound {bind['time']}")
        since_ms = round(datetime.fromisoformat(told["since"][:23] + "+00:00").timestamp() * 1000)
        began_ns = int(bind["time_unix_nano"])
        equal(began_ns // 1000000 <= since_ms <= (began_ns + bind["took_ns"]) // 1000000, True,
              f"since {told['since']} is within the {bind['took_ns']} ns from {bind['time']} on")
        equal(told["bound_by"]["pid"], holder.pid, "who bound it")


@isolated
def test_12_bind_before_connect_uses_the_ports_up():
    set_sysctl("ip_local_port_range", "24012 24013")
    with listening(HERE, 80), Actor("client") as client, tcp() as sock, tcp("N") as late:
        client.does("made = [tcp(), tcp()]", f"[one.bind(({HERE!r}, 0)) for one in made]",
                    f"[one.connect(({HERE!r}, 80)) for one in made]")
        code = outcome(sock.bind, (HERE, 0))
        equal(code, errno.EADDRINUSE, "a third bind to port 0")
        attempt = tried(sock, ("bind",), code).refused("range-exhausted", "no port of 24012-24013 is free",
                                                       f"most by client[{client.pid}] (2)")
        fixes(attempt, "if the socket will connect(), set IP_BIND_ADDRESS_NO_PORT before bind()")
        client.does("[linger_reset(one) for one in made]", "[one.close() for one in made]",
                    "made = [tcp('N'), tcp('N')]", f"[one.bind(({HERE!r}, 0)) for one in made]",
                    f"[one.connect(({HERE!r}, 80)) for one in made]")
        equal(outcome(late.bind, (HERE, 0)), 0, "with that option")
        tried(late, ("bind",), 0).accepted("deferred")
        with listening("127.0.0.2", 80) as other:
            equal(outcome(late.connect, other.getsockname()), 0, "it connects elsewhere, from a port in use")
            equal(late.getsockname()[1] in (24012, 24013), True, "its port")
