# SPDX-License-Identifier: GPL-2.0-or-later
"""Binds to an address that no interface has, or has not yet: who has it, and each remedy by doing it."""
import ctypes
import errno
import os
import re
import socket
import subprocess

from checks import IP_FREEBIND, Attempt, bind, inode_of, next_event, outcome, tcp, tcp6, udp
from harness import CLONE_NEWNET, contains, equal, isolated, run, shared, wait_for

SHARED = True
PORT = 7720
IPV6_FREEBIND = 78
FAR, FAR6 = "192.0.2.77", "2001:db8::77"
NEITHER = "neither IP_FREEBIND nor net.ipv4.ip_nonlocal_bind is set"
NEITHER6 = "neither IPV6_FREEBIND nor net.ipv6.ip_nonlocal_bind is set"


def ip(*arguments, netns=None):
    run("ip", *(("-n", netns) if netns else ()), *arguments, check=True)


def set_net(name, value):
    with open(f"/proc/sys/net/{name}", "w") as file:
        file.write(value)


def not_local(made, address, *words, rule="address-not-local", scope=0):
    """The event's facts of interfaces."""
    where = (address, PORT, 0, scope) if made.family == socket.AF_INET6 else (address, PORT)
    equal(outcome(made.bind, where), errno.EADDRNOTAVAIL, f"bind to {address}")
    attempt = Attempt(next_event(("bind",), errno.EADDRNOTAVAIL, inode=inode_of(made)))
    attempt.refused(rule, *words, agrees=None)
    equal(attempt.event["result"]["stage"], "address", "stage")
    return attempt.event["facts"]["refusal"]["address_on"]


class Elsewhere:
    """A named network namespace with a device that has addresses."""

    def __init__(self, name, *addresses):
        self.name = name
        ip("netns", "add", name)
        ip("link", "set", "lo", "up", netns=name)
        ip("link", "add", "far0", "type", "veth", "peer", "far1", netns=name)
        ip("link", "set", "far0", "up", netns=name)
        for address in addresses:
            ip("address", "add", address, "dev", "far0", *(["nodad"] if ":" in address else []), netns=name)

    def __enter__(self):
        return os.stat(f"/run/netns/{self.name}").st_ino

    def __exit__(self, *_):
        ip("netns", "del", self.name)


def test_nowhere():
    for make, address, neither in ((tcp, FAR, NEITHER), (udp, FAR, NEITHER), (tcp6, FAR6, NEITHER6)):
        facts = not_local(make(), address, "no interface of this network namespace has this address", neither,
                          "add the address to an interface")
        equal((facts["here"], facts["there"]), (None, None), "here, there")


def test_mapped():
    """IPv4's own setting decides."""
    not_local(tcp6(), "::ffff:" + FAR, "neither IPV6_FREEBIND nor net.ipv4.ip_nonlocal_bind is set")


def test_mapped_in_a_named_netns():
    """It is IPv4's there, too."""
    with Elsewhere("cyan", FAR + "/24") as netns:
        facts = not_local(tcp6(), "::ffff:" + FAR, "but far0 of network namespace cyan has",
                          "neither IPV6_FREEBIND nor net.ipv4.ip_nonlocal_bind is set",
                          "run it in that network namespace")
        equal((facts["there"]["netns"], facts["there"]["device"]), (netns, "far0"), "there")
        ok = run("ip", "netns", "exec", "cyan", "python3", "-c",
                 f"import socket; socket.socket(socket.AF_INET6).bind(('::ffff:{FAR}', {PORT}))")
        equal(ok.returncode, 0, f"the remedy: {ok.stderr}")


@isolated
def test_remedies():
    for make, address, level, option, sysctl in ((tcp, FAR, socket.SOL_IP, IP_FREEBIND, "ipv4"),
                                                 (tcp6, FAR6, socket.IPPROTO_IPV6, IPV6_FREEBIND, "ipv6")):
        made = make()
        not_local(made, address)
        made.setsockopt(level, option, 1)
        bind(made, address, PORT).accepted("free")
        made.close()
        set_net(f"{sysctl}/ip_nonlocal_bind", "1")
        made = make()
        bind(made, address, PORT).accepted("free")
        made.close()
        set_net(f"{sysctl}/ip_nonlocal_bind", "0")
    ip("link", "set", "lo", "up")
    ip("address", "add", FAR, "dev", "lo")
    bind(tcp(), FAR, PORT).accepted("free")


def test_in_a_named_netns():
    with Elsewhere("blue", FAR + "/24", FAR6 + "/64") as netns:
        for make, address, neither in ((tcp, FAR, NEITHER), (udp, FAR, NEITHER), (tcp6, FAR6, NEITHER6)):
            facts = not_local(make(), address, "but far0 of network namespace blue has", neither,
                              "run it in that network namespace")
            equal(facts["there"], {"netns": netns, "name": "blue", "device": "far0", "pid": None, "comm": None}, "there")
        ok = run("ip", "netns", "exec", "blue", "python3", "-c",
                 f"import socket; socket.socket().bind(({FAR!r}, {PORT}))")
        equal(ok.returncode, 0, f"the remedy: {ok.stderr}")


def test_in_the_netns_of_a_process():
    """As a container has it: no name, but a process lives there."""
    with Elsewhere("red", FAR + "/24") as netns:
        process = subprocess.Popen(["ip", "netns", "exec", "red", "sleep", "1000"])
        sleeper = process.pid
        wait_for(lambda: os.path.exists(f"/proc/{sleeper}/exe") and "sleep" in os.readlink(f"/proc/{sleeper}/exe"),
                 "sleep")
        run("umount", "/run/netns/red", check=True)
        try:
            facts = not_local(tcp(), FAR, f"but far0 of network namespace {netns} (that of sleep[{sleeper}]) has")
            equal((facts["there"]["name"], facts["there"]["pid"]), (None, sleeper), "name, pid")
        finally:
            run("mount", "--bind", f"/proc/{sleeper}/ns/net", "/run/netns/red", check=True)
            process.kill()
            process.wait()


def test_of_a_socket_in_another_netns():
    """Its own network namespace is the one that is looked at first, not the tracer's."""
    with Elsewhere("green", FAR + "/24"):
        told = run("ip", "netns", "exec", "green", "python3", "-c",
                   "import socket, os; s = socket.socket(); print(os.fstat(s.fileno()).st_ino, flush=True)\n"
                   f"try: s.bind(('192.0.2.200', {PORT}))\n"
                   "except OSError as e: print(e.errno)", check=True)
        inode, code = (int(word) for word in told.stdout.split())
        equal(code, errno.EADDRNOTAVAIL, "bind")
        event = next_event(("bind",), code, inode=inode)
        facts = event["facts"]["refusal"]["address_on"]
        equal((event["verdict"]["rule"], facts["here"], facts["there"]), ("address-not-local", None, None), "facts")
        contains(event["verdict"]["text"], "nor of any other that was looked at (", "text")


@isolated
def test_interface_is_down():
    """lo has its addresses only once it was up: a new network namespace, as many a sandbox leaves it.
    Until a first address makes a table of local ones, IPv4 takes every address for a broadcast one."""
    libc = ctypes.CDLL(None, use_errno=True)
    equal(libc.unshare(CLONE_NEWNET), 0, "unshare")
    bind(tcp(), FAR, PORT).accepted("free")
    ip("link", "add", "some0", "type", "veth", "peer", "some1")
    ip("link", "set", "some0", "up")
    ip("address", "add", "10.7.7.7/24", "dev", "some0")
    for make, address in ((tcp, "127.0.0.1"), (tcp, "127.8.9.10"), (tcp6, "::1")):
        facts = not_local(make(), address, "no interface of this network namespace has this address: lo is down",
                          "ip link set lo up")
        equal((facts["here"], facts["down"], facts["there"]), (None, True, None), "here, down, there")
    ip("link", "set", "lo", "up")
    bind(tcp(), "127.8.9.10", PORT).accepted("free")
    bind(tcp6(), "::1", PORT).accepted("free")


@isolated
def test_address_of_a_vrf():
    ip("link", "add", "vrf0", "type", "vrf", "table", "10")
    ip("link", "set", "vrf0", "up")
    ip("link", "add", "port0", "type", "veth", "peer", "port1")
    ip("link", "set", "port0", "master", "vrf0")
    ip("link", "set", "port0", "up")
    ip("address", "add", FAR + "/24", "dev", "port0")
    facts = not_local(tcp(), FAR, "port0 of this network namespace has this address, but not for a socket on no device")
    equal((facts["here"], facts["other_device"]), ("port0", True), "here, other_device")
    made = tcp()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"vrf0")
    bind(made, FAR, PORT).accepted("free")


@isolated
def test_link_local_of_another_interface():
    for name in ("one", "two"):
        ip("link", "add", name, "type", "veth", "peer", name + "peer")
        ip("link", "set", name, "up")
        ip("link", "set", name + "peer", "up")
    ip("address", "add", "fe80::77/64", "dev", "one", "nodad")
    facts = not_local(tcp6(), "fe80::77", "one of this network namespace has this address, but not for a socket on",
                      scope=socket.if_nametoindex("two"))
    equal((facts["here"], facts["other_device"]), ("one", True), "here, other_device")
    made = tcp6()
    equal(outcome(made.bind, ("fe80::77", PORT, 0, socket.if_nametoindex("one"))), 0, "on the right one")


@isolated
def test_loopback_on_another_device():
    """IPv6 looks at the device for addresses of the host itself, as for those of a link; IPv4 does not."""
    ip("link", "add", "one", "type", "veth", "peer", "two")
    ip("link", "set", "one", "up")
    for device, is_local in ((b"one", False), (b"lo", True)):
        four, six = tcp(), tcp6()
        for made in (four, six):
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
        with four:
            bind(four, "127.0.0.1", PORT).accepted("free")
        if is_local:
            bind(six, "::1", PORT).accepted("free")
        else:
            facts = not_local(six, "::1", "lo of this network namespace has this address, but not for a socket on "
                              f"interface {socket.if_nametoindex('one')}")
            equal((facts["here"], facts["other_device"], facts["down"]), ("lo", True, False), "here, other_device, down")


def flags_of(address, netns=None):
    """Of an IPv6 address: "tentative", "dadfailed"."""
    shown = run("ip", *(("-n", netns) if netns else ()), "-6", "-o", "address", "show", check=True).stdout.decode()
    found = [line for line in shown.splitlines() if f" {address}/" in line]
    equal(len(found), 1, f"lines with {address} in {shown}")
    return set(re.findall(r"tentative|dadfailed|optimistic|nodad", found[0]))


@isolated
def test_tentative():
    """Without a carrier duplicate address detection cannot begin."""
    ip("link", "add", "slow0", "type", "veth", "peer", "slow1")
    ip("link", "set", "slow0", "up")
    ip("address", "add", FAR6 + "/64", "dev", "slow0")
    equal(flags_of(FAR6), {"tentative"}, "flags")
    made = tcp6()
    facts = not_local(made, FAR6, "slow0 has the address, but it is tentative", "wait for the address to become valid",
                      "set IPV6_FREEBIND", "with nodad", "optimistic while net.ipv6.conf.slow0.optimistic_dad is 1",
                      rule="address-tentative")
    equal((facts["here"], facts["duplicate"]), ("slow0", False), "here, duplicate")
    made.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    bind(made, FAR6, PORT).accepted("free")
    made.close()
    ip("address", "add", "2001:db8::78/64", "dev", "slow0", "nodad")
    bind(tcp6(), "2001:db8::78", PORT).accepted("free")
    ip("link", "set", "slow1", "up")
    wait_for(lambda: not flags_of(FAR6), "the end of duplicate address detection")
    bind(tcp6(), FAR6, PORT).accepted("free")


@isolated
def test_many_in_one_batch():
    """What is found of an address is true of each refusal; of what nobody looked at nothing is claimed."""
    ip("link", "add", "slow0", "type", "veth", "peer", "slow1")
    ip("link", "set", "slow0", "up")
    ip("address", "add", FAR6 + "/64", "dev", "slow0")
    trace = shared()
    same, other = [tcp6() for _ in range(20)], [tcp() for _ in range(20)]
    trace.pause()
    for made in same:
        equal(outcome(made.bind, (FAR6, PORT)), errno.EADDRNOTAVAIL, "a tentative address")
    for last, made in enumerate(other):
        equal(outcome(made.bind, (f"192.0.2.{last + 1}", PORT)), errno.EADDRNOTAVAIL, "an address that nobody has")
    trace.resume()
    for made in same:
        attempt = Attempt(next_event(("bind",), errno.EADDRNOTAVAIL, inode=inode_of(made)))
        attempt.refused("address-tentative", "slow0 has the address, but it is tentative", agrees=None)
    for made in other:  # each tracer looks at as many as it has the time for
        event = next_event(("bind",), errno.EADDRNOTAVAIL, inode=inode_of(made))
        looked = event["facts"]["refusal"]["address_on"] is not None
        equal((event["verdict"]["rule"], event["verdict"]["agrees"]), ("address-not-local", None), "rule, agrees")
        contains(event["verdict"]["text"], NEITHER if looked else "its interfaces were not looked at", "why")
        equal("no interface" in event["verdict"]["text"], looked, "what is claimed")


@isolated
def test_optimistic():
    """Counts as valid while it is tentative, once its detection runs."""
    ip("link", "add", "slow0", "type", "veth", "peer", "slow1")
    set_net("ipv6/conf/slow0/optimistic_dad", "1")
    set_net("ipv6/conf/slow0/dad_transmits", "600")
    ip("link", "set", "slow1", "up")
    ip("link", "set", "slow0", "up")
    ip("address", "add", FAR6 + "/64", "dev", "slow0", "optimistic")
    contains(flags_of(FAR6), "optimistic", "flags")
    bind(tcp6(), FAR6, PORT).accepted("free")


@isolated
def test_duplicate():
    ip("link", "add", "dup0", "type", "veth", "peer", "dup1")
    run("ip", "netns", "add", "other", check=True)
    try:
        ip("link", "set", "dup1", "netns", "other")
        ip("address", "add", FAR6 + "/64", "dev", "dup1", "nodad", netns="other")
        ip("link", "set", "dup1", "up", netns="other")
        ip("link", "set", "dup0", "up")
        ip("address", "add", FAR6 + "/64", "dev", "dup0")
        wait_for(lambda: "dadfailed" in flags_of(FAR6), "the other host's answer")
        facts = not_local(tcp6(), FAR6, "dup0 has the address, but IPv6 duplicate address detection failed",
                          "choose an address that no other host has", rule="address-tentative")
        equal((facts["here"], facts["duplicate"]), ("dup0", True), "here, duplicate")
    finally:
        ip("netns", "del", "other")
