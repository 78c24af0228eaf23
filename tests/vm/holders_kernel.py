# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports that the kernel has for itself: tunnels and the NFS server."""
import contextlib
import os
import socket
import tempfile

from checks import bind, of_socket, tcp, udp
from harness import contains, equal, isolated, run, shared, skip, wait_for

SHARED = True
ANY = "0.0.0.0"
ELDER_VXLAN = 22100


def ip(*words):
    done = run("ip", *words)
    equal(done.returncode, 0, f"ip {' '.join(words)}: {done.stderr.decode()}")


def bound_udp(port):
    with open("/proc/net/udp") as file:
        return any(int(line.split()[1].rsplit(":", 1)[1], 16) == port for line in list(file)[1:])


def ifindex(name):
    return socket.if_nametoindex(name)


def before_session():
    """A tunnel that is older than the trace."""
    ip("link", "add", "vxold", "type", "vxlan", "id", "7", "dstport", str(ELDER_VXLAN), "local", "127.0.0.1")
    ip("link", "set", "vxold", "up")
    wait_for(lambda: bound_udp(ELDER_VXLAN), "the tunnel's socket")


def check_kernel(attempt, function, module, devices, binder=None):
    """The culprit is the kernel's, named by what it calls when data comes and by its devices."""
    holder = attempt.event["holders"][0]
    equal([holder[key] for key in ("kind", "culprit", "processes", "receivers")], ["kernel", True, [], []], "holder")
    equal(holder["kernel"], {"function": function, "module": module, "devices": devices}, "what it is for")
    line = attempt.line("held by")
    names = "".join(f", device {device['name']}" for device in devices)
    contains(line, f"the kernel ({function} [{module}]{names})", "text")
    if binder:
        equal(holder["bound_by"]["comm"], binder, "who made the kernel bind it")
        contains(line, f", for {binder}[{holder['bound_by']['pid']}]", "text: who made the kernel bind it")
    else:
        equal(holder["bound_by"], None, "bound_by")


def check_down_helps(attempt, device, port):
    """The remedy is true: with the device down the same bind passes."""
    fix = f"set {device} down (ip link set {device} down) or give it another port"
    equal(fix in attempt.event["verdict"]["fix"], True, f"fix: {attempt.event['verdict']['fix']}")
    ip("link", "set", device, "down")
    with udp() as sock:
        bind(sock, ANY, port).accepted("free")


def test_vxlan_of_before():
    device = {"ifindex": ifindex("vxold"), "name": "vxold"}
    with udp("R") as sock:
        attempt = bind(sock, ANY, ELDER_VXLAN).refused("no-reuse").total(1)
        check_kernel(attempt, "vxlan_rcv", "vxlan", [device])
        contains(attempt.line("held by"), "since before ", "text")


@isolated
def test_vxlan():
    ip("link", "add", "vx1", "type", "vxlan", "id", "9", "dstport", "22101", "local", "127.0.0.1")
    ip("link", "set", "vx1", "up")
    with udp() as sock:
        attempt = bind(sock, ANY, 22101).refused("no-reuse").total(1)
        check_kernel(attempt, "vxlan_rcv", "vxlan", [{"ifindex": ifindex("vx1"), "name": "vx1"}], "ip")
    check_down_helps(attempt, "vx1", 22101)


@isolated
def test_vxlan_two_devices():
    """Two tunnels of one port share a socket."""
    for number in (3, 4):
        ip("link", "add", f"vx{number}", "type", "vxlan", "id", str(number), "dstport", "22102", "local", "127.0.0.1")
        ip("link", "set", f"vx{number}", "up")
    with udp() as sock:
        attempt = bind(sock, ANY, 22102).refused("no-reuse").total(1)
        names = sorted(device["name"] for device in attempt.event["holders"][0]["kernel"]["devices"])
        equal(names, ["vx3", "vx4"], "devices")


@isolated
def test_wireguard():
    with open("/tmp/wg.key", "wb") as file:
        file.write(run("wg", "genkey").stdout)
    ip("link", "add", "wg9", "type", "wireguard")
    done = run("wg", "set", "wg9", "listen-port", "22103", "private-key", "/tmp/wg.key")
    equal(done.returncode, 0, f"wg set: {done.stderr.decode()}")
    ip("link", "set", "wg9", "up")
    with udp() as sock:
        attempt = bind(sock, ANY, 22103).refused("no-reuse")
        check_kernel(attempt, "wg_receive", "wireguard", [{"ifindex": ifindex("wg9"), "name": "wg9"}], "ip")
    check_down_helps(attempt, "wg9", 22103)


@isolated
def test_42_wireguard_cannot_come_up():
    """The other way round (peers.md 42): the kernel's own bind is refused, and who is in the way is named."""
    with open("/tmp/wg.key", "wb") as file:
        file.write(run("wg", "genkey").stdout)
    with udp() as holder:
        bind(holder, ANY, 22104).accepted("free")
        ip("link", "add", "wg8", "type", "wireguard")
        run("wg", "set", "wg8", "listen-port", "22104", "private-key", "/tmp/wg.key")
        done = run("ip", "link", "set", "wg8", "up")
        equal(done.returncode != 0, True, "wireguard comes up on a port that is taken")
        events = wait_for(lambda: [event for event in shared().read().events if event["type"] == "bind"
                                   and event["socket"]["port"] == 22104 and not event["result"]["ok"]], "its bind")
        equal((events[0]["process"]["comm"], events[0]["facts"]["kernel_call"]), ("ip", True), "who, how")
        equal((events[0]["verdict"]["rule"], events[0]["holders"][0]["culprit"]), ("no-reuse", True), "rule, culprit")
        want = of_socket(holder)
        equal([(one["pid"], one["fd"]) for one in events[0]["holders"][0]["processes"]], want["processes"], "holder")


@contextlib.contextmanager
def portlist():
    """Of the NFS server of this network namespace, which has no thread yet; it takes one order.
    Without version 3 it needs no rpcbind to register with."""
    if run("modprobe", "nfsd").returncode:
        skip("this kernel has no nfsd")
    directory = tempfile.mkdtemp(prefix="nfsd-")
    run("mount", "-t", "nfsd", "nfsd", directory, check=True)
    with open(f"{directory}/versions", "w") as file:
        file.write("-2 -3 +4\n")
    fd = os.open(f"{directory}/portlist", os.O_RDWR)
    try:
        yield fd
    finally:
        os.close(fd)
        run("umount", directory, check=True)
        os.rmdir(directory)


@isolated
def test_nfsd():
    with portlist() as orders, tcp("R") as sock:
        os.write(orders, b"tcp 22105\n")
        attempt = bind(sock, ANY, 22105)
        holder = attempt.event["holders"][0]
        equal((attempt.event["result"]["errno"], holder["kind"], holder["culprit"]), ("EADDRINUSE", "kernel", True),
              "the kernel's")
        equal(holder["kernel"], {"function": "svc_tcp_listen_data_ready", "module": "sunrpc", "devices": []}, "kernel")
        contains(attempt.line("held by"), "the kernel (svc_tcp_listen_data_ready [sunrpc]), for python3[", "text")


@isolated
def test_nfsd_takes_over():
    """A socket that a process made and nfsd took: no process has a descriptor, and the kernel did not make it."""
    with portlist() as orders, tcp("R") as sock:
        with tcp("R") as given:
            bind(given, ANY, 22106).accepted("free")
            given.listen()
            os.write(orders, b"%d\n" % given.fileno())
        attempt = bind(sock, ANY, 22106).refused("listener").total(1)
        holder = attempt.event["holders"][0]
        equal((holder["kind"], holder["kernel"]["module"], holder["processes"]), ("kernel", "sunrpc", []), "holder")
        equal(holder["bound_by"]["pid"], os.getpid(), "bound_by")
