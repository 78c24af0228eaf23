# SPDX-License-Identifier: GPL-2.0-or-later
"""Pairs of sockets that meet on a port, made here: the kernel's answer is known, the tool must explain it."""
import contextlib
import ctypes
import errno
import os
import socket
import struct

from checks import bind, inode_of, listen, listening, make, of_socket, tcp, tcp6, tried, udp
from harness import contains, equal, kernel, run, skip
from ring import Ring

SHARED = True
BPF_RET_K = 0x06
SO_ATTACH_REUSEPORT_CBPF = 51
HERE = "127.0.0.1"
ALICE, BOB = 1000, 1001


def as_user(uid, flags=""):
    """A socket of another user, made in this process."""
    os.seteuid(uid)
    try:
        return tcp(flags)
    finally:
        os.seteuid(0)


def test_no_flags():
    with tcp() as first, tcp() as second:
        bind(first, HERE, 20000).accepted("free", "port was free").alone()
        bind(second, HERE, 20000).refused("no-reuse", "neither this socket nor the holder").total(1).culprit(
            of_socket(first))


def test_udp_without_flags():
    with udp() as first, udp() as second:
        bind(first, HERE, 20001).accepted("free").alone()
        bind(second, HERE, 20001).refused("no-reuse", "neither").total(1).culprit(of_socket(first))


def test_udp_reuseaddr():
    with udp("R") as first, udp("R") as second:
        bind(first, HERE, 20002).accepted("free").alone()
        shared = bind(second, HERE, 20002).accepted("udp-reuseaddr", "newest socket receives unicast")
        shared.total(1).names(of_socket(first))


def test_udp_reuseport():
    with udp("r") as first, udp("r") as second:
        bind(first, HERE, 20003).accepted("free").alone()
        shared = bind(second, HERE, 20003).accepted("reuseport-group", "spread between the 2 sockets")
        shared.total(1).names(of_socket(first))


def test_udp_no_common_flag():
    with udp("R") as first, udp("r") as second:
        bind(first, HERE, 20004).accepted("free").alone()
        bind(second, HERE, 20004).refused("no-common-flag", "only SO_REUSEPORT", "only SO_REUSEADDR").total(
            1).culprit(of_socket(first))


def test_wildcards_with_v6only():
    with tcp6("6") as six, tcp() as four:
        bind(six, "::", 20005).accepted("free").alone()
        bind(four, "0.0.0.0", 20005).accepted("other-family", "IPv4 only").total(1).names(
            of_socket(six), "other-family")


def test_wildcards_with_v6only_v4_first():
    with tcp() as four, tcp6("6") as six:
        bind(four, "0.0.0.0", 20006).accepted("free").alone()
        bind(six, "::", 20006).accepted("other-family").total(1).names(of_socket(four), "other-family")


def test_wildcards_without_v6only():
    with tcp6() as six, tcp() as four:
        bind(six, "::", 20007).accepted("free").alone()
        bind(four, "0.0.0.0", 20007).refused("no-reuse", ":: without IPV6_V6ONLY covers 0.0.0.0").total(
            1).culprit(of_socket(six))


def test_wildcards_without_v6only_v4_first():
    with tcp() as four, tcp6() as six:
        bind(four, "0.0.0.0", 20008).accepted("free").alone()
        bind(six, "::", 20008).refused(
            "no-reuse", ":: without IPV6_V6ONLY covers 0.0.0.0", "set IPV6_V6ONLY on this socket").total(
            1).culprit(of_socket(four))


def test_udp_wildcards():
    with udp(family=socket.AF_INET6) as six, udp() as four, udp("6", socket.AF_INET6) as only:
        bind(six, "::", 20009).accepted("free").alone()
        bind(four, "0.0.0.0", 20009).refused("no-reuse", "without IPV6_V6ONLY").total(1).culprit(of_socket(six))
        six.close()
        bind(four, "0.0.0.0", 20009).accepted("free").alone()
        bind(only, "::", 20009).accepted("other-family").total(1).names(of_socket(four), "other-family")


def test_wildcard_covers_address():
    with tcp() as wide, tcp() as narrow:
        bind(wide, "0.0.0.0", 20010).accepted("free").alone()
        bind(narrow, HERE, 20010).refused("no-reuse", "(0.0.0.0 covers 127.0.0.1)").total(1).culprit(of_socket(wide))


def test_other_address():
    with tcp() as first, tcp() as second:
        bind(first, HERE, 20011).accepted("free").alone()
        bind(second, "127.0.0.2", 20011).accepted("other-address", "127.0.0.1:20011, another address").total(
            1).names(of_socket(first), "other-address")


def test_one_of_many():
    """All sockets on the port are told, the one in the way first."""
    with tcp() as one, tcp("R") as two, tcp("r") as three, tcp() as sock:
        for holder, address in ((one, "127.0.0.2"), (two, HERE), (three, "127.0.0.3")):
            bind(holder, address, 20033)
        attempt = bind(sock, HERE, 20033).refused("no-reuse", "this socket lacks SO_REUSEADDR").total(3)
        attempt.culprit(of_socket(two))
        attempt.names(of_socket(one), "other-address").names(of_socket(three), "other-address")
        also = [line for line in attempt.lines if line.startswith("also ")]
        for holder, address in ((one, "127.0.0.2"), (three, "127.0.0.3")):
            words = f"fd {holder.fileno()}, bound to {address}:20033 (rule other-address)"
            equal(sum(words in line for line in also), 1, f"text: {words} in {also}")
        equal(len(also), 2, "text: lines for the others")


def test_specific_v6_twice():
    with tcp6() as first, tcp6() as second:
        bind(first, "::1", 20012).accepted("free").alone()
        bind(second, "::1", 20012).refused("no-reuse", "neither").total(1).culprit(of_socket(first))


def test_mapped_address():
    with tcp6() as mapped, tcp() as four:
        bind(mapped, "::ffff:127.0.0.1", 20013).accepted("free").alone()
        bind(four, HERE, 20013).refused("no-reuse", "neither").total(1).culprit(of_socket(mapped))


def test_mapped_address_last():
    with tcp() as four, tcp6() as mapped:
        bind(four, HERE, 20014).accepted("free").alone()
        bind(mapped, "::ffff:127.0.0.1", 20014).refused("no-reuse", "neither").total(1).culprit(of_socket(four))


def test_mapped_wildcard():
    """Debian's 6.1 overlooks ::ffff:0.0.0.0 (kernel.md, ten facts, 9)."""
    with tcp6() as wide, tcp6() as narrow:
        bind(wide, "::ffff:0.0.0.0", 20015).accepted("free").alone()
        second = bind(narrow, "::ffff:127.0.0.1", 20015).total(1)
        if kernel() == (6, 1):
            second.accepted("quirk-mapped-any", "should have been in the way").names(of_socket(wide))
        else:
            second.refused("no-reuse", "covers").culprit(of_socket(wide))


def test_listener():
    with listening(HERE, 20016, "R") as first, tcp("R") as second:
        bind(second, HERE, 20016).refused("listener", "while one of them listens").total(1).culprit(of_socket(first))


def test_listen_refused():
    with tcp("R") as first, tcp("R") as second:
        bind(first, HERE, 20017).accepted("free").alone()
        bind(second, HERE, 20017).accepted("reuseaddr-both", "first to listen wins").total(1).names(of_socket(first))
        listen(first).accepted("reuseaddr-both").total(1).names(of_socket(second))
        late = listen(second).refused("listener", "only one may listen").total(1).culprit(of_socket(first))
        equal(late.event["result"]["stage"], "port", "stage")


def test_no_common_flag():
    with tcp("R") as first, tcp("r") as second:
        bind(first, HERE, 20018).accepted("free").alone()
        bind(second, HERE, 20018).refused("no-common-flag", "this socket has only SO_REUSEPORT").total(1).culprit(
            of_socket(first))


def test_one_side_lacks_the_flag():
    with tcp() as bare, tcp("R") as flagged, tcp() as third:
        bind(bare, HERE, 20019).accepted("free").alone()
        bind(flagged, HERE, 20019).refused("no-reuse", "the holder lacks SO_REUSEADDR, which this socket has").total(
            1).culprit(of_socket(bare))
        bare.close()
        bind(flagged, HERE, 20019).accepted("free").alone()
        bind(third, HERE, 20019).refused("no-reuse", "this socket lacks SO_REUSEADDR, which the holder has",
                                         "set SO_REUSEADDR on this socket").total(1).culprit(of_socket(flagged))


def test_reuseport_group_of_three():
    with listening(HERE, 20020, "r") as first, listening(HERE, 20020, "r") as second, tcp("r") as third:
        group = bind(third, HERE, 20020).accepted("reuseport-group", "between the 3 sockets").total(2)
        group.names(of_socket(first)).names(of_socket(second))
        listen(third).accepted("reuseport-group", "between the 3 sockets").total(2)


def test_reuseport_of_another_uid():
    with as_user(ALICE, "r") as first, as_user(BOB, "r") as second, as_user(ALICE, "r") as third:
        equal(bind(first, HERE, 20021).accepted("free").alone().event["socket"]["uid"], ALICE, "the binder's uid")
        refused = bind(second, HERE, 20021).refused("reuseport-uid", "has 1000, this socket 1001").total(1)
        refused.culprit(dict(of_socket(first), uid=ALICE))
        equal(refused.event["socket"]["uid"], BOB, "the binder's uid")
        bind(third, HERE, 20021).accepted("reuseport-group", "both with uid 1000").total(1).names(of_socket(first))


def test_bind_zero():
    with tcp() as sock:
        bound = bind(sock, HERE, 0).accepted("auto-port", f"the kernel chose port {sock.getsockname()[1]}").alone()
        equal(bound.event["socket"]["requested"]["port"], 0, "requested port")
        equal(bound.row[4], f"{HERE}:{sock.getsockname()[1]}", "text: address")


def test_udp_bind_zero():
    with udp() as sock:
        bind(sock, HERE, 0).accepted("auto-port", f"the kernel chose port {sock.getsockname()[1]}").alone()


def test_listen_without_bind():
    with tcp() as sock:
        attempt = listen(sock).accepted("auto-port", "listen() without bind()", str(sock.getsockname()[1])).alone()
        equal(attempt.event["socket"]["requested"], None, "requested")
        equal(attempt.event["socket"]["port"], sock.getsockname()[1], "port")


def test_deferred():
    with tcp("N") as sock:
        attempt = bind(sock, HERE, 0).accepted("deferred", "IP_BIND_ADDRESS_NO_PORT").alone()
        equal(attempt.event["socket"]["port"], None, "no port yet")


def test_force_reuse():
    with listening(HERE, 20022) as first, tcp("!") as second:
        bind(second, HERE, 20022).accepted("force-reuse", "TCP_REPAIR").total(1).names(of_socket(first), "no-reuse")


def test_already_bound():
    with tcp() as sock:
        bind(sock, HERE, 20023).accepted("free").alone()
        again = bind(sock, HERE, 20024).refused("already-bound", "port 20023", agrees=None)
        equal(again.event["result"]["stage"], "state", "stage")


def test_address_not_local():
    with tcp() as sock:
        attempt = bind(sock, "192.0.2.1", 20025).refused("address-not-local", "no interface", agrees=None)
        equal(attempt.event["result"]["stage"], "address", "stage")


def test_mptcp_twice():
    if kernel() < (6, 1):
        skip("Debian's 5.10 has no MPTCP")
    with (make(protocol=socket.IPPROTO_MPTCP) as first, make(protocol=socket.IPPROTO_MPTCP) as second):
        attempt = bind(first, HERE, 20026).accepted("free").alone()
        equal(attempt.event["socket"]["protocol"], "mptcp", "protocol")
        want = dict(of_socket(first), protocol="mptcp")
        bind(second, HERE, 20026).refused("no-reuse", "neither").total(1).culprit(want)


def test_tcp_against_mptcp():
    if kernel() < (6, 1):
        skip("Debian's 5.10 has no MPTCP")
    with make("R", protocol=socket.IPPROTO_MPTCP) as first, tcp("R") as second:
        bind(first, HERE, 20027).accepted("free").alone()
        bind(second, HERE, 20027).accepted("reuseaddr-both").total(1).names(of_socket(first))


def attach_program(sock):
    """SO_ATTACH_REUSEPORT_CBPF: return 0, always the first member."""
    code = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET_K, 0, 0, 0))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
                    struct.pack("HxxxxxxP", 1, ctypes.addressof(code)))


def test_reuseport_program():
    with listening(HERE, 20028, "r") as first, tcp("r") as second:
        attach_program(second)
        bind(second, HERE, 20028).refused("reuseport-program", "before bind()", "after bind() and listen()").total(
            1).culprit(of_socket(first))


def test_reuseport_program_before_listen():
    with listening(HERE, 20029, "r") as first, tcp("r") as second:
        bind(second, HERE, 20029).accepted("reuseport-group").total(1).names(of_socket(first))
        attach_program(second)
        listen(second).refused("reuseport-program", "before listen()", "after listen()").total(1).culprit(
            of_socket(first))


def test_udp_reuseport_program():
    with udp("r") as first, udp("r") as second:
        bind(first, HERE, 20030).accepted("free").alone()
        attach_program(second)
        bind(second, HERE, 20030).refused("reuseport-program", "before bind()").total(1).culprit(of_socket(first))


@contextlib.contextmanager
def dummy(name):
    equal(run("ip", "link", "add", name, "type", "dummy").returncode, 0, "ip link add")
    try:
        yield socket.if_nametoindex(name)
    finally:
        run("ip", "link", "del", name)


def to_device(sock, name):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    return sock


def test_devices():
    with dummy("dummy7") as index, tcp() as first, tcp() as second, tcp() as third:
        to_device(first, "dummy7")
        to_device(second, "lo")
        device = {"ifindex": index, "name": "dummy7"}
        attempt = bind(first, "0.0.0.0", 20031).accepted("free").alone()
        equal(attempt.event["socket"]["device"], device, "the binder's device")
        bind(second, "0.0.0.0", 20031).accepted("other-device", "dummy7", "lo").total(1).names(
            dict(of_socket(first), device=device), "other-device")
        attempt = bind(third, "0.0.0.0", 20031).refused("no-reuse").total(2)
        equal([holder["reason"] for holder in attempt.event["holders"]], ["no-reuse"] * 2, "both are in the way")
        by_inode = {inode_of(sock): sock for sock in (first, second)}
        attempt.culprit(of_socket(by_inode[attempt.event["holders"][0]["inode"]]))
        contains(attempt.line("held by"), ", device ", "text: device")


def test_ring_bind():
    """io_uring has its own way to bind(), which no tracer of system calls sees."""
    if kernel() < (6, 11):
        skip("io_uring binds from 6.11 on")
    with Ring() as ring, tcp() as first, tcp() as second:
        equal(ring.bind(first, HERE, 20032), 0, "the ring's answer")
        tried(first, ("bind",), 0).accepted("free").alone()
        equal(ring.bind(second, HERE, 20032), -errno.EADDRINUSE, "the ring's answer")
        attempt = tried(second, ("bind",), errno.EADDRINUSE).refused("no-reuse").total(1).culprit(of_socket(first))
        equal(attempt.event["socket"]["requested"], {"address": HERE, "port": 20032}, "requested")
        equal(ring.listen(first), 0, "the ring's listen")
        tried(first, ("listen",), 0).accepted("free")
