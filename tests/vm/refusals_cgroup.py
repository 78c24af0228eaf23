# SPDX-License-Identifier: GPL-2.0-or-later
"""Binds that a BPF program on a cgroup refused or rewrote: which program, on which cgroup."""
import errno
import socket

import cgroup_bpf
from cgroup_bpf import (ALLOW, INET4_BIND, INET4_POST_BIND, INET6_BIND, INET6_POST_BIND, REFUSE, inside, refuse_ports,
                        refuse_with, to, to6)
from checks import bind, endpoint, inode_of, outcome, tcp, tcp6, udp
from harness import Tracer, contains, equal, kernel, shared, skip, wait_for
from systemd import Systemd

SHARED = True
HERE = "127.0.0.1"
PORT = 7600
NODE_PORTS = 30000, 32767


def program(number, name, cgroup):
    return {"id": number, "name": name, "cgroup": cgroup}


def refused_by(attempt, stage, rule, programs):
    attempt.refused(rule, *[f"{one['id']} ({one['name']}) on cgroup {one['cgroup']}" for one in programs], agrees=None)
    equal(attempt.event["result"]["stage"], stage, "stage")
    equal(attempt.event["facts"]["refusal"]["programs"], programs, "programs")
    return attempt


def test_bind4_program():
    with inside("/deny4", (INET4_BIND, REFUSE, "deny_all")) as (number,):
        for made in (tcp(), udp()):
            attempt = bind(made, HERE, PORT)
            equal(attempt.event["result"]["errno"], "EPERM", "errno")
            refused_by(attempt, "cgroup", "cgroup-bpf", [program(number, "deny_all", "/deny4")])


def test_bind6_program_of_a_parent():
    """The program is two levels above the socket's cgroup."""
    with inside("/deny6", (INET6_BIND, REFUSE, "deny_v6")) as (number,):
        with inside("/deny6/a/b"):
            attempt = bind(tcp6(), "::1", PORT)
            bind(tcp(), HERE, PORT).accepted("free").alone()
        cgroup_bpf.removed("/sys/fs/cgroup/deny6/a")
    refused_by(attempt, "cgroup", "cgroup-bpf", [program(number, "deny_v6", "/deny6")])


def test_one_of_two_programs():
    with inside("/two", (INET4_BIND, ALLOW, "first"), (INET4_BIND, REFUSE, "second")) as (first, second):
        attempt = bind(tcp(), HERE, PORT)
    refused_by(attempt, "cgroup", "cgroup-bpf",
               [program(first, "first", "/two"), program(second, "second", "/two")])
    contains(attempt.verdict["text"], "one of the BPF programs", "text")


def test_program_chooses_the_errno():
    """What would be the address's own refusal comes from the program, and is said to."""
    if kernel() < (5, 18):
        skip("this kernel has no bpf_set_retval()")
    for code in (errno.EADDRNOTAVAIL, errno.EACCES, errno.EINVAL):
        with inside("/errno", (INET4_BIND, refuse_with(code), "own_errno")) as (number,):
            attempt = bind(tcp(), HERE, PORT)
        equal(attempt.event["result"]["code"], code, "errno")
        refused_by(attempt, "cgroup", "cgroup-bpf", [program(number, "own_errno", "/errno")])


def rewritten(attempt, number, name, cgroup, address, port, asked=HERE):
    facts = attempt.event["facts"]["refusal"]
    equal((facts["programs"], facts["rewritten"]),
          ([program(number, name, cgroup)], {"address": address, "port": port}), "programs, rewritten")
    equal(attempt.event["socket"]["requested"], {"address": asked, "port": PORT}, "requested")
    contains(attempt.verdict["text"], f"BPF program {number} ({name}) on cgroup {cgroup} changed "
             f"{endpoint(asked, PORT)} to {endpoint(address, port)}", "text")


def test_rewritten_and_accepted():
    with inside("/move", (INET4_BIND, to("127.0.0.9", 7601), "move_it")) as (number,):
        attempt = bind(tcp(), HERE, PORT).accepted("free")
    rewritten(attempt, number, "move_it", "/move", "127.0.0.9", 7601)
    equal((attempt.event["socket"]["address"], attempt.event["socket"]["port"]), ("127.0.0.9", 7601), "effective")


def test_rewritten_of_ipv6():
    with inside("/move6", (INET6_BIND, to6("::1", 7602), "move_six")) as (number,):
        holder = tcp6("6")
        first = bind(holder, "::", PORT).accepted("free")
        second = bind(tcp6("6"), "::", PORT).refused("no-reuse")
    for attempt in (first, second):
        rewritten(attempt, number, "move_six", "/move6", "::1", 7602, asked="::")
    equal((first.event["socket"]["address"], first.event["socket"]["port"]), ("::1", 7602), "effective")


def test_rewritten_and_in_use():
    holder = tcp()
    holder.bind(("127.0.0.9", 7601))
    with inside("/move2", (INET4_BIND, to("127.0.0.9", 7601), "move_it")) as (number,):
        attempt = bind(tcp(), HERE, PORT).refused("no-reuse")
    rewritten(attempt, number, "move_it", "/move2", "127.0.0.9", 7601)


def test_rewritten_of_udp():
    """Refused and accepted: where the datagram socket really is, and what was asked for."""
    with inside("/move_udp", (INET4_BIND, to("127.0.0.9", 7603), "move_udp")) as (number,):
        holder = udp()
        first = bind(holder, HERE, PORT).accepted("free")
        second = bind(udp(), HERE, PORT).refused("no-reuse")
    for attempt in (first, second):
        rewritten(attempt, number, "move_udp", "/move_udp", "127.0.0.9", 7603)
    equal((first.event["socket"]["address"], first.event["socket"]["port"]), ("127.0.0.9", 7603), "effective")
    equal(second.event["holders"][0]["inode"], inode_of(holder), "who has it")
    with inside("/move_udp6", (INET6_BIND, to6("::1", 7604), "move_udp6")) as (number,):
        attempt = bind(udp("6", socket.AF_INET6), "::", PORT).accepted("free")
    rewritten(attempt, number, "move_udp6", "/move_udp6", "::1", 7604, asked="::")


def test_rewritten_and_not_local():
    with inside("/move3", (INET4_BIND, to("192.0.2.9", 7601), "move_away")) as (number,):
        attempt = bind(tcp(), HERE, PORT).refused("address-not-local", agrees=None)
    equal(attempt.event["result"]["stage"], "address", "stage")
    rewritten(attempt, number, "move_away", "/move3", "192.0.2.9", 7601)


def test_rewritten_into_the_filter():
    """What asks for another port is not followed, until a program gives it one of those that are."""
    with Tracer("-P", "7606") as trace:
        with inside("/into", (INET4_BIND, to(HERE, 7606), "into"),
                    (INET4_POST_BIND, refuse_ports(7606, 7606), "post_bind")), tcp() as refused:
            equal(outcome(refused.bind, (HERE, 7605)), errno.EPERM, "refused")
        with inside("/into2", (INET4_BIND, to(HERE, 7606), "into2")), tcp() as bound:
            equal(outcome(bound.bind, (HERE, 7605)), 0, "accepted")
    first, second = trace.of("bind")
    equal((first["result"]["errno"], first["result"]["stage"]), ("EPERM", "post-bind"), "the program after the port")
    equal((second["result"]["ok"], second["socket"]["port"]), (True, 7606), "where it is bound")


def test_24_program_keeps_the_nodeport_range():
    """As Cilium keeps the NodePort range for itself."""
    for attach_type, make, address in ((INET4_POST_BIND, tcp, HERE), (INET6_POST_BIND, tcp6, "::1")):
        with inside("/nodeport", (attach_type, refuse_ports(*NODE_PORTS), "post_bind")) as (number,):
            made = make()
            attempt = bind(made, address, 30539)
            equal(attempt.event["result"]["errno"], "EPERM", "errno")
            refused_by(attempt, "post-bind", "post-bind-bpf", [program(number, "post_bind", "/nodeport")])
            bind(make(), address, PORT).accepted("free").alone()


def test_port_kept_after_a_post_bind_program():
    """Up to 5.16 the refused socket keeps its port, on all addresses; later kernels take it back."""
    for attach_type, make, address in ((INET4_POST_BIND, tcp, HERE), (INET4_POST_BIND, udp, HERE),
                                       (INET6_POST_BIND, tcp6, "::1")):
        with inside("/kept", (attach_type, refuse_ports(PORT, PORT), "post_bind")):
            refused = make()
            attempt = bind(refused, address, PORT).refused("post-bind-bpf", agrees=None)
        kept = kernel() < (5, 17)
        equal(attempt.event["facts"]["refusal"]["keeps_port"], kept, "keeps_port")
        equal("the refused socket has 7600 on all addresses until it is closed" in attempt.verdict["text"], kept,
              "text")
        with make() as other:
            second = bind(other, address, PORT)
            if kept:
                second.refused("no-reuse")
                equal(second.event["holders"][0]["inode"], inode_of(refused), "who has the port")
                equal(attempt.verdict["fix"][0], "close the refused socket: until then port 7600 is in use", "fix")
            else:
                second.accepted("free").alone()
        refused.close()
        with make() as again:
            bind(again, address, PORT).accepted("free")


def test_systemd_service():
    """SocketBindDeny= is such a program; Debian 12's systemd attaches one that is pinned."""
    fd = cgroup_bpf.load(cgroup_bpf.TYPE_SOCK_ADDR, INET4_BIND, REFUSE, "sd_bind4")
    number, path = cgroup_bpf.program_id(fd), "/sys/fs/bpf/refusal"
    cgroup_bpf.pin(fd, path)
    with Systemd() as systemd:
        systemd.write("web.service", f"[Service]\nBPFProgram=bind4:{path}\nType=exec\n"
                      f"ExecStart=/usr/bin/python3 -m http.server {PORT} --bind {HERE}\n")
        systemd.reload()
        systemd.ctl("start", "web.service")
        event = wait_for(lambda: next((event for event in shared().read().events if is_of_unit(event)), None),
                         "the refusal of web.service")
    equal((event["result"]["errno"], event["result"]["stage"], event["verdict"]["rule"]),
          ("EPERM", "cgroup", "cgroup-bpf"), "errno, stage, rule")
    one = event["facts"]["refusal"]["programs"][0]
    equal((one["id"], one["name"]), (number, "sd_bind4"), "program")
    contains(event["verdict"]["fix"][0], "SocketBindDeny=, see systemctl show web.service", "fix")


def is_of_unit(event):
    return event["type"] == "bind" and event["process"]["unit"] == "web.service" and not event["result"]["ok"]
