# SPDX-License-Identifier: GPL-2.0-or-later
"""--deliveries: which member of a shared port really got each connection or datagram.

All that is sent is sent under one JSON and one text tracer; what the sockets
themselves then had is what must have been told.
"""
import collections
import contextlib
import functools
import os
import select
import socket
import subprocess

from bpf import program_names
from checks import arrived, inode_of, linger_reset, listener_inodes, sockets_of, tcp, udp
from harness import Tracer, contains, end, equal, start_server, wait_for

HERE, THERE, ANY = "127.0.0.1", "127.0.0.2", "0.0.0.0"
HOOKS = ("queue_add", "hashdance", "hashdance_in", "datagram_in", "datagram")
KEEPERS = {"e_queue_add", "e_hashdance", "e_datagram"}
CONNECTIONS = 200
GROUP = "224.0.0.251"


def connect(address, port):
    client = socket.create_connection((address, port))
    linger_reset(client)
    return client


def take(listeners, *addresses):
    """A connection to each address, accepted before the next: the peers of each listener, by inode."""
    peers = {inode_of(listener): [] for listener in listeners}
    for address in addresses:
        with connect(*address):
            ready = select.select(listeners, [], [], 60)[0]
            equal(len(ready), 1, "listeners that have a connection")
            connection, peer = ready[0].accept()
            connection.close()
            peers[inode_of(ready[0])].append(peer)
    return peers


def received(socks, count):
    """So many datagrams, each where it arrived, by inode."""
    return dict(zip(map(inode_of, socks), arrived(socks, count, lambda sock: sock.recv(64))))


def counts(lists):
    return {inode: len(list_) for inode, list_ in lists.items()}


def netcat(port, count):
    """One process that accepts one connection after the other, and says what each one sends."""
    return start_server(port, "nc", "-k", "-l", HERE, str(port), count=count, stdout=subprocess.PIPE)


def whose(servers, line):
    """The pid of the one that says the line."""
    ready = select.select([server.stdout for server in servers], [], [], 60)[0]
    equal([output.readline() for output in ready], [line], "what netcat says")
    return next(server.pid for server in servers if server.stdout is ready[0])


def netcat_twice():
    servers = [netcat(32000, 1), netcat(32000, 2)]
    inodes = {inode: server.pid for server in servers for inode, _ in sockets_of(server.pid)
              if inode in listener_inodes(32000)}
    got = collections.Counter()
    for number in range(CONNECTIONS):
        with socket.create_connection((HERE, 32000)) as client:
            client.sendall(b"%d\n" % number)
            got[whose(servers, b"%d\n" % number)] += 1
    end(*servers)
    return inodes, got


def group_of_listeners():
    with tcp("r") as one, tcp("r") as two:
        for sock in (one, two):
            sock.bind((HERE, 32001))
            sock.listen(256)
        return take((one, two), *[(HERE, 32001)] * 64)


def specific_before_wildcard():
    with tcp("r") as wide, tcp("r") as narrow:
        for sock, address in ((wide, ANY), (narrow, HERE)):
            sock.bind((address, 32004))
            sock.listen(16)
        return counts(take((wide, narrow), *[(address, 32004) for address in (HERE, THERE, HERE, HERE)]))


def newest_datagram_socket():
    with udp("R") as older, udp("R") as newer, udp() as client:
        for sock, port in ((older, 32005), (newer, 32005), (client, 0)):
            sock.bind((HERE, port))
        for number in range(20):
            client.sendto(b"%d" % number, (HERE, 32005))
        return counts(received((older, newer), 20)), client.getsockname()


def datagram_group_of_version_6():
    with contextlib.ExitStack() as stack:
        members = [stack.enter_context(udp("r", socket.AF_INET6)) for _ in range(3)]
        for sock in members:
            sock.bind(("::1", 32006))
        for _ in range(60):
            with udp("", socket.AF_INET6) as client:
                client.sendto(b"x", ("::1", 32006))
        return counts(received(members, 60))


def multicast():
    with udp("R") as one, udp("R") as two, udp() as client:
        for sock in (one, two):
            sock.bind((ANY, 32007))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            socket.inet_aton(GROUP) + socket.inet_aton(HERE))
        client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
        for _ in range(5):
            client.sendto(b"x", (GROUP, 32007))
        return counts(received((one, two), 10))


def apart():
    """Other addresses: a port, but nothing that is shared."""
    with tcp() as one, tcp() as two:
        for sock, address in ((one, HERE), (two, THERE)):
            sock.bind((address, 32008))
            sock.listen(4)
        return list(counts(take((one, two), (HERE, 32008), (THERE, 32008))).values())


def one_datagram():
    with udp("R") as one, udp("R") as two, udp() as client:
        for sock, address, port in ((one, ANY, 32009), (two, ANY, 32009), (client, HERE, 0)):
            sock.bind((address, port))
        client.sendto(b"x", (HERE, 32009))
        return list(received((one, two), 1).values()), client.getsockname()[1]


STIMULI = (netcat_twice, group_of_listeners, specific_before_wildcard, newest_datagram_socket,
           datagram_group_of_version_6, multicast, apart, one_datagram)


@functools.lru_cache(maxsize=None)
def recorded():
    """The traces of it all: JSON, text, what each stimulus returned, and the programs that were loaded."""
    done = {}
    with tcp("r") as one, tcp("r") as two, udp("R") as first, udp("R") as last, udp() as client:
        for sock, port in ((one, 32002), (two, 32002), (first, 32003), (last, 32003)):
            sock.bind((HERE, port))
        one.listen(64)
        two.listen(64)
        with Tracer("--deliveries") as trace, Tracer("--deliveries", "-H", "-P", "32000-32099", json=False) as text:
            done["programs"] = program_names()
            done["elders"] = counts(take((one, two), *[(HERE, 32002)] * 16))
            client.sendto(b"x", (HERE, 32003))
            done["elder datagrams"] = counts(received((first, last), 1))
            for stimulus in STIMULI:
                done[stimulus] = stimulus()
    return trace, text, done


def deliveries(trace, port):
    return [event for event in trace.of("delivery") if event["socket"]["port"] == port]


def check(port, want):
    """Events and totals of a port are what its members themselves had: {inode: count}."""
    trace = recorded()[0]
    events, numbers = deliveries(trace, port), collections.defaultdict(list)
    for event in events:
        numbers[event["socket"]["inode"]].append(event["delivery"]["number"])
    equal(dict(numbers), {inode: list(range(1, count + 1)) for inode, count in want.items() if count}, "events")
    totals = {total["inode"]: total["count"] for total in trace.end["deliveries"] if total["port"] == port}
    equal(totals, want, "totals")
    equal(sum(trace.end["lost"].values()), 0, "lost")
    return events


def test_netcat_twice():
    trace, text, done = recorded()
    inodes, got = done[netcat_twice]
    equal((sum(got.values()), len(got)), (CONNECTIONS, 2), f"each accepted some: {got}")
    events = check(32000, {inode: got[pid] for inode, pid in inodes.items()})
    equal(collections.Counter((event["process"]["pid"], event["process"]["comm"]) for event in events),
          {(pid, "nc"): count for pid, count in got.items()}, "by process")
    contains(text.stderr, f"deliveries to tcp port 32000: {CONNECTIONS}\n", "text: total")
    for pid, count in got.items():
        contains(text.stderr, f"{count:10}  nc[{pid}] fd 3, {HERE}:32000\n", "text: member")
    equal(sum("32000" in row and " delivery " in row for row in text.text.splitlines()), CONNECTIONS, "rows")


def test_who_got_whose_connection():
    peers = recorded()[2][group_of_listeners]
    equal(sum(map(len, peers.values())), 64, "all were accepted")
    events = check(32001, {inode: len(list_) for inode, list_ in peers.items()})
    told = {(event["socket"]["inode"], event["socket"]["peer"]["address"], event["socket"]["peer"]["port"])
            for event in events}
    equal(told, {(inode, *peer) for inode, list_ in peers.items() for peer in list_}, "connections")
    equal({event["process"]["pid"] for event in events}, {os.getpid()}, "process")


def test_shared_before_the_trace():
    done = recorded()[2]
    elders, datagrams = done["elders"], done["elder datagrams"]
    equal((sum(elders.values()), list(datagrams.values())), (16, [0, 1]), "what the kernel did")
    check(32002, elders)
    check(32003, datagrams)


def test_specific_before_wildcard():
    members = recorded()[2][specific_before_wildcard]
    equal(list(members.values()), [1, 3], "what the kernel did")
    events = check(32004, members)
    equal([(event["socket"]["address"], event["delivery"]["to"]) for event in events],
          [(HERE, {"address": HERE, "port": 32004}), (ANY, {"address": THERE, "port": 32004}),
           *[(HERE, {"address": HERE, "port": 32004})] * 2], "sent to")


def test_newest_datagram_socket():
    members, sender = recorded()[2][newest_datagram_socket]
    equal(list(members.values()), [0, 20], "what the kernel did")
    events = check(32005, members)
    equal([event["socket"]["peer"] for event in events], [dict(zip(("address", "port"), sender))] * 20, "senders")


def test_datagram_group_of_version_6():
    want = recorded()[2][datagram_group_of_version_6]
    equal((sum(want.values()), len(want)), (60, 3), "what the kernel did")
    events = check(32006, want)
    equal({event["delivery"]["to"]["address"] for event in events}, {"::1"}, "sent to")


def test_multicast_goes_to_all():
    want = recorded()[2][multicast]
    equal(list(want.values()), [5, 5], "what the kernel did")
    events = check(32007, want)
    equal({event["delivery"]["to"]["address"] for event in events}, {GROUP}, "sent to")


def test_other_addresses_are_not_shared():
    equal(recorded()[2][apart], [1, 1], "what the kernel did")
    check(32008, {})


def test_row():
    _, text, done = recorded()
    got, port = done[one_datagram]
    equal(got, [[], [b"x"]], "what the kernel did")
    rows = [line.split(None, 1)[1] for line in text.text.splitlines() if ":32009 " in line and " delivery " in line]
    with open("/proc/self/comm") as file:
        comm = file.read().strip()
    equal(rows, [f"{os.getpid():<5} {comm:<8} udp   {ANY + ':32009':<18} ...R....  delivery   from {HERE}:{port} to "
                 f"{HERE}:32009"], "rows")
    contains(text.stderr, "deliveries to udp port 32009: 1\n", "totals")


def test_hooks_only_on_request():
    """The kernel's own list of programs."""
    trace, _, done = recorded()
    probes = {(probe["name"], probe["how"]) for probe in trace.one("start")["probes"]}
    way, entry, leave = "f", "fentry", "fexit"
    hooks = {"f_" + hook for hook in HOOKS}
    if ("inet_twsk_kill", "kprobe") in probes:
        way, entry, leave = "k", "kprobe", "kretprobe"
        hooks = {"k_" + hook for hook in HOOKS} | KEEPERS
    equal(hooks & set(done["programs"]), hooks, "programs with --deliveries")
    want = {("inet_csk_reqsk_queue_add", leave), ("__udp_enqueue_schedule_skb", entry),
            ("__udp_enqueue_schedule_skb", leave)}
    equal(want & probes, want, "probes")
    equal(hooks & set(program_names()), set(), "programs afterwards")
    with Tracer("-v") as plain:
        wait_for(lambda: f"{way}_tw_end" in program_names(), "programs of a trace")
        equal(hooks & set(program_names()), set(), "programs without --deliveries")
    equal("deliveries" in plain.end, False, "totals")
    equal({"inet_csk_reqsk_queue_add", "__udp_enqueue_schedule_skb"}
          & {probe["name"] for probe in plain.one("start")["probes"]}, set(), "probes")
