# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked for is shown; what is not never reaches the ring buffer."""
import contextlib
import os
import shutil
import socket
import tempfile

from bpf import Ring
from children import bind, enter_netns, in_child, move_to_cgroup, set_comm
from harness import Tracer, contains, equal, kernel, run, skip, start, wait_for

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
CGROUP = "/sys/fs/cgroup/filtered"


@contextlib.contextmanager
def netns(name):
    run("ip", "netns", "add", name, check=True)
    run("ip", "-n", name, "link", "set", "lo", "up", check=True)
    try:
        yield f"/run/netns/{name}"
    finally:
        run("ip", "netns", "delete", name, check=True)


@contextlib.contextmanager
def cgroup(path):
    os.mkdir(path)
    try:
        yield path
    finally:
        os.rmdir(path)


def ports(trace, kind="bind"):
    return [event["socket"]["port"] for event in trace.of(kind)]


@contextlib.contextmanager
def counted(*args):
    """A tracer whose own counts, ring and events must tell the same."""
    with Tracer(*args) as trace:
        ring = Ring(trace.process.pid)
        yield trace
        produced = ring.quiet()
        trace.stop()
    records = trace.end["records"]
    equal(sum(trace.end["lost"].values()), 0, "lost")
    equal(records["bytes"], produced, "bytes counted and the ring's producer position")
    equal(records["reserved"], records["sent"], "records reserved and sent")
    equal(records["sent"], len(trace.of("bind", "listen", "autobind", "release")), "records sent and printed")


def as_process(comm=b"wanted", uid=0, ns=None, group=None, then=None):
    """A process like that, which then does something."""
    def body():
        if ns:
            enter_netns(ns)
        if group:
            move_to_cgroup(group)
        os.setuid(uid)
        set_comm(comm)
        return then()
    in_child(body)


def test_port_shows_the_refused_bind_alone():
    with socket.create_server(("127.0.0.1", 8080)), netns("one-port") as ns, counted("-P", "8080") as trace:
        equal(bind(8080), 98, "EADDRINUSE")
        for port in (80, 808, 8079, 8081, 18080, 8080 ^ 0xff):
            bind(port)
            bind(port, kind=UDP)
        one_port_range(ns)
    refused, chosen = trace.of("bind")
    equal((refused["result"]["errno"], refused["socket"]["requested"]["port"]), ("EADDRINUSE", 8080), "refused")
    equal((chosen["socket"]["requested"]["port"], chosen["socket"]["port"]), (0, 8080), "resulting port")
    equal(ports(trace, "holder"), [8080], "holders before the trace")
    equal(trace.end["records"]["sent"], 3, "the two and one release")


def one_port_range(ns):
    """bind(0) where only 8080 can come of it."""
    def body():
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
            file.write("8080 8080")
        return bind(0)
    as_process(ns=ns, then=body)


def test_list_name_user_family_and_protocol():
    def case(port=7000, address="127.0.0.1", kind=TCP, **process):
        as_process(**{"uid": 1000, **process}, then=lambda: bind(port, address, kind))

    with counted("-P", "7000,7010-7012,7020", "-n", "wanted", "-u", "alice", "-4", "--proto", "tcp",
                 "-N", str(os.getpid())) as trace, netns("other") as other:
        for port in (7000, 7010, 7011, 7012, 7020):
            case(port)
        for port in (6999, 7001, 7009, 7013, 7019, 7021):
            case(port)
        for comm in (b"wante", b"wantedd", b"Wanted", b"xwanted"):
            case(comm=comm)
        case(uid=0)
        case(uid=1001)
        case(address="::1")
        case(kind=UDP)
        case(ns=other)
    equal(ports(trace), [7000, 7010, 7011, 7012, 7020], "binds")
    equal({event["process"]["uid"] for event in trace.of("bind")}, {1000}, "uid")
    equal(trace.end["records"]["sent"], 10, "each bind and its release")


def test_namespace_cgroup_and_version_6():
    def case(port, address="::", kind=UDP, **process):
        as_process(**process, then=lambda: bind(port, address, kind))

    with netns("wanted") as ns, cgroup("/sys/fs/cgroup/neighbour") as neighbour:
        with counted("-N", "wanted", "-c", CGROUP, "-6", "--proto", "udp,mptcp") as trace:
            with cgroup(CGROUP), cgroup(CGROUP + "/below") as below:
                case(7000, ns=ns, group=CGROUP)
                case(7001, ns=ns, group=below)
                case(7002, group=CGROUP)
                case(7003, ns=ns, group=neighbour)
                case(7004, ns=ns)
                case(7005, ns=ns, group=CGROUP, address="0.0.0.0")
                case(7006, ns=ns, group=CGROUP, kind=TCP)
            case(7007, ns=ns)
            with cgroup(CGROUP), cgroup(CGROUP + "x") as longer:
                case(7008, ns=ns, group=CGROUP)
                case(7009, ns=ns, group=longer)
    equal(ports(trace), [7000, 7001, 7008], "binds")
    equal({event["process"]["cgroup"] for event in trace.of("bind")}, {"/filtered", "/filtered/below"}, "cgroups")


def test_existing_cgroup_and_path_of_namespace():
    def case(port, **process):
        as_process(**process, then=lambda: bind(port, "0.0.0.0"))

    with netns("wanted") as ns, cgroup(CGROUP):
        with counted("-N", ns, "-c", "/sys/fs/cgroup//filtered/") as trace:
            case(7000, ns=ns, group=CGROUP)
            case(7001, ns=ns)
            case(7002, group=CGROUP)
    equal(ports(trace), [7000], "binds")


def test_failed():
    with socket.create_server(("127.0.0.1", 7000)) as server, counted("-x", "-N", str(inode_of_netns())) as trace:
        for port in (7000, 7001, 7002, 7000, 7003):
            bind(port)
        server.listen()
    equal([(event["type"], event["socket"]["port"]) for event in trace.events[1:-1]], [("bind", 7000)] * 2, "events")


def inode_of_netns():
    return os.stat("/proc/self/ns/net").st_ino


def test_limit_and_output():
    directory = tempfile.mkdtemp()
    path = directory + "/out.ndjson"
    with Tracer("--limit", "3", "-o", path, "-n", "wanted") as trace:
        as_process(then=lambda: any(bind(port) for port in range(7000, 7010)))
        trace.wait()
    equal((trace.status, trace.text), (0, ""), "status, stdout")
    with open(path) as file:
        lines = file.read().splitlines()
    shutil.rmtree(directory)
    shown = [line for line in lines if '"type":"bind"' in line or '"type":"release"' in line]
    equal((len(lines), len(shown)), (3 + 2, 3), "lines: start, three, end")
    contains(lines[-1], '"type":"end"', "last line")


def test_duration_and_summary():
    with socket.create_server(("127.0.0.1", 7000)):
        with Tracer("-d", "1.5", "--summary", "-H", "--time=none", "-n", "wanted", json=False) as trace:
            as_process(then=lambda: bind(7001) or bind(7000) != 98)
            trace.wait()
    equal(trace.status, 0, "status")
    rows = [line.split() for line in trace.text.splitlines() if not line.startswith(" ")]
    equal([row[3] for row in rows], ["127.0.0.1:7001", "127.0.0.1:7000"], "rows without time and titles")
    counts = [line.split() for line in trace.stderr.splitlines() if line.startswith(("accepted", "refused"))]
    equal(counts, [["accepted", "1", "free"], ["refused", "1", "no-reuse"]], "summary")


def test_bindsnoop_shows_nothing():
    """The peer, told the same port, does not see the refused bind."""
    if kernel() != (6, 1):
        skip("bindsnoop is Debian 12's and made for its kernel")
    with open("/tmp/bindsnoop", "w+") as out, socket.create_server(("127.0.0.1", 8080)):
        snoop = start("stdbuf", "-oL", "bindsnoop", "-P", "8080", stdout=out)
        shown = lambda: open(out.name).read().count("8080")
        with Tracer("-P", "8080") as trace:
            wait_for(lambda: bind(8080, "127.0.0.2") == 0 and shown(), "bindsnoop")
            as_process(b"refused", then=lambda: bind(8080) != 98)
            before = shown()
            wait_for(lambda: bind(8080, "127.0.0.2") == 0 and shown() > before, "bindsnoop")
        snoop.terminate()
        snoop.wait()
        out.seek(0)
        equal("refused" in out.read(), False, "shown by bindsnoop")
    trace.one("bind", process__comm="refused", result__errno="EADDRINUSE")
