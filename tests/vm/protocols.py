# SPDX-License-Identifier: GPL-2.0-or-later
"""Protocols besides TCP and UDP: who has the port, the identifier, or no port at all."""
import contextlib
import json
import os
import socket

from checks import inode_of, outcome
from harness import REUSETRACE, Tracer, check_accepted, check_refused, contains, equal, run, skip, wait_for

HERE = "127.0.0.1"
IPPROTO_SCTP, IPPROTO_MPTCP = 132, 262
SO_REUSEPORT = 15


def allow_ping():
    with open("/proc/sys/net/ipv4/ping_group_range", "w") as file:
        file.write("0 0")


def ping(family=socket.AF_INET, reuse=True):
    protocol = socket.IPPROTO_ICMPV6 if family == socket.AF_INET6 else socket.IPPROTO_ICMP
    made = socket.socket(family, socket.SOCK_DGRAM, protocol)
    if not reuse:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    return made


def sctp(*options, family=socket.AF_INET, kind=socket.SOCK_STREAM):
    made = socket.socket(family, kind, IPPROTO_SCTP)
    for option in options:
        made.setsockopt(socket.SOL_SOCKET, option, 1)
    return made


def mptcp():
    try:
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)
    except OSError:
        skip("this kernel is built without MPTCP")


def load_sctp():
    """A module that is there must load."""
    done, modules = run("modprobe", "sctp"), f"/lib/modules/{os.uname().release}/modules.dep"
    if done.returncode:
        with open(modules) as file:
            equal("/sctp.ko" in file.read(), False, f"modprobe sctp: {done.stderr.decode()}; the module is there")
        skip("this kernel is built without SCTP: no module sctp (CONFIG_IP_SCTP)")


def of(trace, sock, *types):
    """The events of one socket of this process."""
    inode = inode_of(sock)
    return [event for event in trace.of(*types or ("bind", "listen")) if event["socket"]["inode"] == inode]


def check_culprit(event, rule, sock, protocol):
    """Refused because of this socket of this process, and nothing else."""
    culprit = check_refused(event, rule, os.getpid())["holders"][0]
    equal((culprit["inode"], culprit["protocol"], culprit["kind"]), (inode_of(sock), protocol, "process"), "culprit")
    equal(culprit["processes"][0]["fd"], sock.fileno(), "its descriptor")
    return culprit


def test_ping_identifiers():
    allow_ping()
    with Tracer("--proto", "ping") as trace, Tracer("--proto", "ping", "-x", json=False) as text, \
            ping() as first, ping() as sharer, ping(reuse=False) as lonely, ping(socket.AF_INET6) as six, \
            ping(reuse=False) as strict, ping() as late, ping() as chosen, socket.socket() as other:
        answers = [outcome(sock.bind, (host, number)) for sock, host, number in (
            (first, HERE, 700), (sharer, "127.0.0.2", 700), (lonely, HERE, 700), (six, "::1", 700),
            (strict, HERE, 701), (late, "127.0.0.3", 701), (chosen, HERE, 0), (other, HERE, 700))]
        equal(answers, [0, 0, 98, 0, 0, 98, 0, 0], "what the kernel says")
        check_pings(trace.stop(), first, sharer, lonely, six, strict, late, chosen)
        equal(of(trace, other), [], "TCP was not asked for")
        text.stop()
    rows = [line for line in text.text.splitlines() if " ping " in line and "EADDRINUSE" in line]
    equal(len(rows), 2, "rows of text")
    contains(text.text, "SO_REUSEADDR", "why")


def check_pings(trace, first, sharer, lonely, six, strict, late, chosen):
    check_accepted(of(trace, first)[0], "free")
    shared = check_accepted(of(trace, sharer)[0], "ping-reuse")
    equal([holder["inode"] for holder in shared["holders"]], [inode_of(first)], "shared with")
    refused = of(trace, lonely)[0]
    check_refused(refused, "no-reuse", os.getpid())
    equal({holder["inode"] for holder in refused["holders"]}, {inode_of(first), inode_of(sharer)}, "in its way")
    equal(len(check_accepted(of(trace, six)[0], "ping-reuse")["holders"]), 2, "of both families")
    check_culprit(of(trace, late)[0], "no-reuse", strict, "ping")
    check_accepted(of(trace, chosen)[0], "auto-port")


def test_raw_has_no_port():
    with Tracer("--proto", "raw,tcp") as trace, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as raw, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as again, \
            socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as away, socket.socket() as tcp:
        equal([outcome(sock.bind, (host, 7600)) for sock, host in (
            (raw, HERE), (again, HERE), (away, "192.0.2.1"), (tcp, HERE))], [0, 0, 99, 0], "what the kernel says")
        trace.stop()
        for sock in (raw, again):
            event = check_accepted(of(trace, sock)[0], "no-port")
            equal((event["socket"]["protocol"], event["socket"]["port"], event["holders"]), ("raw", None, []), "raw")
        event = of(trace, away)[0]
        equal((event["result"]["errno"], event["verdict"]["rule"]), ("EADDRNOTAVAIL", "address-not-local"), "away")
        check_accepted(of(trace, tcp)[0], "free")


def test_sctp_must_be_loaded():
    if not run("modprobe", "-r", "sctp").returncode and "sctp_get_port_local" not in open("/proc/kallsyms").read():
        with Tracer("--proto", "sctp", wait_ready=False) as trace:
            trace.wait()
        equal((trace.status, trace.text), (2, ""), "status, output")
        contains(trace.stderr, "'sctp': not loaded: modprobe sctp", "what to do")
    else:
        skip("sctp cannot be taken out of this kernel")


def test_sctp_ports():
    load_sctp()
    with Tracer("--proto", "sctp") as trace, Tracer("--proto", "sctp", "-x", json=False) as text, \
            sctp() as first, sctp() as second, sctp(socket.SO_REUSEADDR) as willing, \
            sctp(socket.SO_REUSEADDR) as bound, sctp(socket.SO_REUSEADDR) as late, sctp() as apart, \
            socket.socket() as tcp, sctp(kind=socket.SOCK_SEQPACKET) as chosen:
        first.bind((HERE, 7700))
        first.listen()
        answers = [outcome(sock.bind, (host, port)) for sock, host, port in (
            (second, "0.0.0.0", 7700), (willing, HERE, 7700), (apart, "127.0.0.2", 7700), (tcp, HERE, 7700),
            (chosen, HERE, 0), (bound, HERE, 7701), (late, HERE, 7701))]
        equal(answers, [98, 98, 0, 0, 0, 0, 0], "what the kernel says")
        late.listen()
        equal(outcome(bound.listen), 98, "a second listener")
        trace.stop()
        check_accepted(of(trace, first, "bind")[0], "free")
        check_accepted(of(trace, first, "listen")[0], "free")
        culprit = check_culprit(of(trace, second)[0], "no-reuse", first, "sctp")
        equal((culprit["state"], culprit["address"], culprit["port"]), ("listen", HERE, 7700), "culprit")
        check_culprit(of(trace, willing)[0], "no-reuse", first, "sctp")
        check_accepted(of(trace, apart)[0], "free")
        equal(of(trace, tcp), [], "TCP ports are others")
        check_accepted(of(trace, chosen)[0], "auto-port")
        check_culprit(of(trace, bound, "listen")[0], "listener", late, "sctp")
        text.stop()
        contains(text.text, f"held by  python3[{os.getpid()}] fd {first.fileno()}, listening on {HERE}:7700", "text")


def test_sctp_reuseport_and_its_remedy():
    """What the fix says is carried out, and the kernel agrees."""
    load_sctp()
    with Tracer("--proto", "sctp") as trace, sctp(socket.SO_REUSEADDR) as held, sctp() as refused, \
            sctp(socket.SO_REUSEADDR) as fixed, sctp(SO_REUSEPORT) as one, sctp(SO_REUSEPORT) as two:
        held.bind((HERE, 7710))
        equal(outcome(refused.bind, (HERE, 7710)), 98, "without SO_REUSEADDR")
        equal(outcome(fixed.bind, (HERE, 7710)), 0, "with it")
        one.bind((HERE, 7711))
        equal(outcome(two.bind, (HERE, 7711)), 0, "SO_REUSEPORT on both")
        trace.stop()
        event = of(trace, refused)[0]
        check_culprit(event, "no-reuse", held, "sctp")
        contains("; ".join(event["verdict"]["fix"]), "set SO_REUSEADDR on this socket", "fix")
        equal(of(trace, fixed)[0]["result"]["ok"], True, "the fix")


def test_subflow_of_a_listening_mptcp_socket():
    with mptcp() as held, socket.socket() as refused, \
            Tracer("--proto", "mptcp,tcp") as trace, Tracer("-x", json=False) as text:
        held.bind((HERE, 7800))
        held.listen()
        equal(outcome(refused.bind, (HERE, 7800)), 98, "EADDRINUSE")
        trace.stop()
        text.stop()
        culprit = check_culprit(of(trace, refused)[0], "no-reuse", held, "mptcp")
        equal(culprit["facts"]["subflow"], True, "a subflow")
    contains(text.text, "listening on 127.0.0.1:7800 as a subflow of its MPTCP socket", "text")


def subflow_of(address):
    """The local port of a connection from this address, once there is one."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in list(file)[1:]]
    host = socket.inet_aton(address)[::-1].hex().upper()
    ports = [int(row[1].split(":")[1], 16) for row in rows if row[1].startswith(host) and row[3] == "01"]
    return ports[0] if ports else None


@contextlib.contextmanager
def second_address():
    """One that MPTCP sockets made from now on open one more connection from (mptcp_pm_data_reset)."""
    made = (("address", "add", "10.9.9.9/32", "dev", "lo"), ("mptcp", "limits", "set", "subflows", "2"),
            ("mptcp", "endpoint", "add", "10.9.9.9", "subflow"))
    try:
        for words in made:
            equal(run("ip", *words).returncode, 0, f"ip {words}")
        yield "10.9.9.9"
    finally:
        run("ip", "mptcp", "endpoint", "flush")
        run("ip", "address", "del", "10.9.9.9/32", "dev", "lo")


def test_joined_subflow_of_a_client():
    """A port that nobody asked for: the kernel opened one more connection from another address."""
    mptcp().close()
    with second_address() as address, mptcp() as server, mptcp() as client, socket.socket() as refused:
        server.bind((HERE, 7801))
        server.listen()
        client.connect((HERE, 7801))
        child, _ = server.accept()
        with child, Tracer("--proto", "tcp,mptcp") as trace:
            for one, other in ((child, client), (client, child)):
                one.send(b"established")
                other.recv(20)
            port = wait_for(lambda: subflow_of(address), "the second subflow")
            equal(outcome(refused.bind, (address, port)), 98, "EADDRINUSE")
            trace.stop()
            culprit = check_culprit(of(trace, refused)[0], "outgoing-connection", client, "mptcp")
            listed = json.loads(run(REUSETRACE, "ls", "-j", str(port)).stdout.splitlines()[0])["holders"][0]
            equal((listed["kind"], [process["pid"] for process in listed["processes"]]), ("process", [os.getpid()]), "ls")
    equal((culprit["facts"]["subflow"], culprit["address"]), (True, "10.9.9.9"), "the second subflow")
