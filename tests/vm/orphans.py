# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that no process has any more, in each state on the way to their end."""
import os

from checks import bind, endpoint, tcp
from connections import connected, tcp_states
from harness import contains, equal, isolated, run, wait_for

SHARED = True
HERE = "127.0.0.1"
FIN_WAIT1, LAST_ACK, CLOSING = "04", "09", "0B"


def silence(port):
    """What comes from this port is lost: nobody acknowledges the end of its connections."""
    run("nft", "add table ip t; add chain ip t i { type filter hook input priority 0; };"
        f"add rule ip t i tcp sport {port} drop", check=True)


def orphaned(port, client, state, name):
    """The server's connection is the orphan in the way, of a socket that has the option as of one without."""
    wait_for(lambda: tcp_states(port) == [state], name)
    for flags in ("", "R"):
        with tcp(flags) as sock:
            attempt = bind(sock, HERE, port).refused("orphan", "no process has it").total(1)
    holder = attempt.event["holders"][0]
    equal([holder[key] for key in ("kind", "state", "address", "port", "processes", "culprit", "reason")],
          ["orphan", name, HERE, port, [], True, "orphan"], "the orphan")
    equal(holder["peer"], dict(zip(("address", "port"), client)), "its peer")
    equal(holder["bound_by"]["pid"], os.getpid(), "whose it was")
    line = attempt.line("held by")
    contains(line, "that no process has", "text")
    contains(line, f"{HERE}:{port} -> {endpoint(*client)}", "text: peer")
    equal(tcp_states(port), [state], "it is in that state still")


@isolated
def test_fin_wait1():
    """The server closed, and its FIN is not acknowledged."""
    server, accepted, client = connected(22400)
    with client:
        silence(22400)
        server.close()
        accepted.close()
        orphaned(22400, client.getsockname(), FIN_WAIT1, "fin-wait-1")


@isolated
def test_last_ack():
    """The client closed first; the server's own FIN is not acknowledged."""
    server, accepted, client = connected(22401)
    peer = client.getsockname()
    client.close()
    equal(accepted.recv(1), b"", "the client's end")
    silence(22401)
    server.close()
    accepted.close()
    orphaned(22401, peer, LAST_ACK, "last-ack")


@isolated
def test_closing():
    """Both closed at once: the client's FIN came before it acknowledged the server's."""
    server, accepted, client = connected(22402)
    peer = client.getsockname()
    silence(22402)
    server.close()
    accepted.close()
    wait_for(lambda: tcp_states(22402) == [FIN_WAIT1], "fin-wait-1")
    client.close()
    orphaned(22402, peer, CLOSING, "closing")
