# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 19 to 23, 26 and 39: addresses that overlap, that may not be used, or that are not there yet."""
import contextlib
import errno
import os
import subprocess
import tempfile

from checks import Attempt, next_event, outcome, tcp, udp
from harness import contains, equal, isolated, start
from holders_kernel import ip
from servers import nginx_config
from situations import ANY, HERE, WWW_DATA, Actor, blames, fixes, refused_with_us

SHARED = True
STUB = "127.0.0.53"


def add_dummy(name, address):
    ip("link", "add", name, "type", "dummy")
    ip("link", "set", name, "up")
    ip("address", "add", address, "dev", name)


@contextlib.contextmanager
def dummy(name, address):
    add_dummy(name, address)
    try:
        yield
    finally:
        ip("link", "del", name)


def test_19_wildcard_meets_the_stub_resolver():
    with dummy("eth9", "192.168.1.10/24"), Actor("systemd-resolve") as resolver:
        for kind, make, state in (("udp", udp, "bound"), ("tcp", tcp, "listen")):
            resolver.does(f"{kind}_sock = {kind}()", f"{kind}_sock.setsockopt(1, socket.SO_BINDTODEVICE, b'lo')",
                          f"{kind}_sock.bind(({STUB!r}, 53))")
            if kind == "tcp":
                resolver.does("tcp_sock.listen()")
            with make() as wide, make() as narrow:
                attempt = refused_with_us(wide, ANY, 53).refused("no-reuse", f"(0.0.0.0 covers {STUB}")
                holder = blames(attempt, resolver.pid, state=state)
                equal((holder["device"]["name"], holder["address"]), ("lo", STUB), "device, address")
                for words in (f" to {STUB}:53 " if kind == "udp" else f" on {STUB}:53 ", ", device lo"):
                    contains(attempt.line("held by"), words, "text")
                fixes(attempt, f"bind one address instead of 0.0.0.0 (only {STUB}")
                equal(outcome(narrow.bind, ("192.168.1.10", 53)), 0, "the remedy is true")


@isolated
def test_20_wildcard_although_the_configuration_names_an_interface():
    add_dummy("virbr0", "192.168.122.1/24")
    add_dummy("wlan0", "192.168.1.10/24")
    with Actor("dnsmasq") as libvirt, Actor("pihole-FTL") as pihole:
        libvirt.binds("192.168.122.1", 53, make="udp")
        attempt = pihole.refused(ANY, 53, make="udp").refused("no-reuse", "(0.0.0.0 covers 192.168.122.1)")
        equal(attempt.event["socket"]["requested"], {"address": ANY, "port": 53}, "what it asked for")
        equal(attempt.row[4], f"{ANY}:53", "text: what it asked for")
        equal(blames(attempt, libvirt.pid, state="bound")["address"], "192.168.122.1", "the holder's address")
        fixes(attempt, "bind one address instead of 0.0.0.0 (only 192.168.122.1 is taken)")


@isolated
def test_21_dual_stack_listener_has_ipv4_too():
    with Actor("xray") as xray, tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        xray.listens("::", 24021, "R", "tcp6")
        path = nginx_config(directory, "conf", 24021)
        nginx = start("nginx", "-c", path)
        attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=nginx.pid, port=24021))
        attempt.refused("listener", f"(:: without IPV6_V6ONLY covers {HERE})")
        holder = blames(attempt, xray.pid)
        equal((holder["address"], holder["options"]["v6only"]), ("::", False), "the holder")
        fixes(attempt, "set IPV6_V6ONLY on ")
        nginx.terminate()
        nginx.wait(60)


def test_22_listen_fails_on_a_mapped_address():
    with Actor("nc") as first, Actor("lws") as second:
        first.binds("::ffff:127.0.0.1", 24022, "R", "tcp6")
        second.binds(HERE, 24022, "R")
        second.attempt(24022).accepted("reuseaddr-both")
        first.does("sock.listen()")
        equal(second.tries("sock.listen()"), errno.EADDRINUSE, "listen()")
        attempt = second.attempt(24022, errno.EADDRINUSE, "listen").refused("listener", "only one may listen")
        equal(attempt.event["result"]["stage"], "port", "stage")
        equal(blames(attempt, first.pid)["address"], "::ffff:127.0.0.1", "the holder's address")


@isolated
def test_23_a_check_before_the_start_meets_a_parked_socket():
    add_dummy("kube-ipvs0", "10.96.0.10/32")
    with Actor("kube-proxy") as proxy, Actor("nginx-ingress") as controller:
        proxy.binds("10.96.0.10", 80)
        attempt = controller.refused(ANY, 80, "R").refused("no-reuse", "(0.0.0.0 covers 10.96.0.10)")
        equal((attempt.event["process"]["pid"], attempt.event["process"]["comm"]), (controller.pid, "nginx-ingress"),
              "who asked")
        blames(attempt, proxy.pid, state="bound")
        fixes(attempt, "bind one address instead of 0.0.0.0 (only 10.96.0.10 is taken)")


@isolated
def test_26_nginx_without_privilege_on_port_80():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        path = nginx_config(directory, "conf", 80)
        nginx = start("nginx", "-c", path, user=WWW_DATA, group=WWW_DATA, extra_groups=[], stderr=subprocess.PIPE)
        contains(nginx.communicate(timeout=60)[1].decode(), "(13: Permission denied)", "its own words")
        netns = os.stat("/proc/self/ns/net").st_ino
        event = next_event(("bind",), errno.EACCES, pid=nginx.pid, port=80, stage="privilege")
    attempt = Attempt(event).refused("privileged-port", f"port 80 is below 1024 (net.ipv4.ip_unprivileged_port_start "
                                     f"of network namespace {netns})", "lacks CAP_NET_BIND_SERVICE", agrees=None)
    equal((event["process"]["comm"], event["process"]["uid"], event["holders"]), ("nginx", WWW_DATA, []),
          "who; nobody is in the way")
    fixes(attempt, "grant CAP_NET_BIND_SERVICE", "use port 1024 or higher")


@isolated
def test_39_address_that_comes_later():
    with Actor("technitium") as server:
        attempt = server.refused("192.168.1.2", 24039, "R", code=errno.EADDRNOTAVAIL)
        attempt.refused("address-not-local", "no interface of this network namespace has this address", agrees=None)
        equal((attempt.event["result"]["stage"], attempt.event["holders"]), ("address", []), "stage, holders")
        fixes(attempt, "IP_FREEBIND")
        server.binds("192.168.1.2", 24039, "F", name="free")
        server.attempt(24039).accepted("free")
        server.does("free.close()")
        add_dummy("eth8", "192.168.1.2/24")
        server.binds("192.168.1.2", 24039, "R")
        server.attempt(24039).accepted("free")
