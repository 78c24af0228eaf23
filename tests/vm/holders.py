# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has the port: older than the trace, in several processes, gone, or out of sight."""
import os
import signal
import socket

from checks import Attempt, bind, inode_of, listener_inodes, listening, next_event, of_socket, outcome, tcp, udp
from harness import contains, equal, in_child, new_netns, shared, wait_for

SHARED = True
HERE = "127.0.0.1"
BOUND, LISTENING, DATAGRAM, FORKED = 22000, 22001, 22002, 22003
elders = {}


def before_session():
    """Sockets that are older than the trace."""
    elders[BOUND] = tcp("R")
    elders[BOUND].bind((HERE, BOUND))
    elders[LISTENING] = listening(HERE, LISTENING, "R")
    elders[DATAGRAM] = udp("r")
    elders[DATAGRAM].bind((HERE, DATAGRAM))
    elders[FORKED] = listening(HERE, FORKED)


def check_elder(attempt, port, *words):
    elder = elders[port]
    holder = attempt.total(1).event["holders"][0]
    attempt.names(of_socket(elder))
    equal((holder["since"], holder["bound_by"]), (None, None), "since, bound_by")
    start = shared().events[0]
    equal(start["type"], "start", "the first event")
    line = attempt.line("shared with" if attempt.event["result"]["ok"] else "held by")
    contains(line, "since before ", "text")
    for word in words:
        contains(line, word, "text")


def test_elder_bound():
    with tcp("R") as shares, tcp() as sock:
        check_elder(bind(shares, HERE, BOUND).accepted("reuseaddr-both"), BOUND, "bound to 127.0.0.1:22000")
        shares.close()
        check_elder(bind(sock, HERE, BOUND).refused("no-reuse"), BOUND, "bound to 127.0.0.1:22000")


def test_elder_listening():
    with tcp("R") as sock:
        check_elder(bind(sock, HERE, LISTENING).refused("listener"), LISTENING, "listening on 127.0.0.1:22001")


def test_elder_datagram():
    with udp() as sock:
        check_elder(bind(sock, HERE, DATAGRAM).refused("no-reuse", "lacks SO_REUSEPORT"), DATAGRAM)


def test_elders_are_told():
    """holder events, bound and not listening ones included."""
    told = {event["socket"]["inode"]: event for event in shared().read().events if event["type"] == "holder"}
    for port, elder in elders.items():
        event = told[inode_of(elder)]
        want = of_socket(elder)
        got = [event["socket"][key] for key in ("address", "port", "state")]
        equal(got, [want[key] for key in ("address", "port", "state")], "address, port, state")
        equal((event["process"]["pid"], event["fd"]), (os.getpid(), elder.fileno()), f"who has {port}")


def forked_keeper(keep):
    """A child that has only this descriptor, and the way to end it."""
    ready, told = os.pipe()
    pid = os.fork()
    if not pid:
        for fd in map(int, os.listdir("/proc/self/fd")):
            if fd not in (keep.fileno(), told) and fd > 2:
                close_quietly(fd)
        os.write(told, b"x")
        signal.pause()
        os._exit(0)
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    return pid


def close_quietly(fd):
    try:
        os.close(fd)
    except OSError:
        pass


def end_keeper(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_bound_holder():
    with tcp() as first, tcp() as second:
        bind(first, "0.0.0.0", 22010).accepted("free").alone()
        attempt = bind(second, HERE, 22010).refused("no-reuse").total(1).culprit(of_socket(first))
        contains(attempt.line("held by"), "bound to 0.0.0.0:22010 since ", "text")
        holder = attempt.event["holders"][0]
        equal((holder["state"], holder["bound_by"]["pid"]), ("bound", os.getpid()), "state, bound_by")
        equal(holder["since"] is not None and holder["since"][:10] == attempt.event["time"][:10], True, "since")


def test_two_processes():
    with listening(HERE, 22011) as first, tcp() as second:
        keepers = sorted([forked_keeper(first), forked_keeper(first)])
        want = of_socket(first, [(pid, first.fileno()) for pid in keepers])
        first.close()
        attempt = bind(second, HERE, 22011).refused(
            "no-reuse", f"stop {keepers[0]} (python3), {keepers[1]} (python3)").total(1).culprit(want)
        contains(attempt.line("held by"), f"(also {keepers[1]})", "text")
        for keeper in keepers:
            end_keeper(keeper)


def test_only_the_child_holds():
    """The process that bound it has closed it: the one that has it is named."""
    first = tcp()
    bind(first, HERE, 22012).accepted("free").alone()
    want = of_socket(first)
    keeper = forked_keeper(first)
    want["processes"] = [(keeper, first.fileno())]
    first.close()
    with tcp() as second:
        attempt = bind(second, HERE, 22012).refused("no-reuse").total(1).culprit(want)
        equal(attempt.event["holders"][0]["bound_by"]["pid"], os.getpid(), "bound_by")
    end_keeper(keeper)


def test_elder_in_two_processes():
    elder = elders[FORKED]
    keeper = forked_keeper(elder)
    both = [(pid, elder.fileno()) for pid in sorted([os.getpid(), keeper])]
    with tcp() as sock:
        bind(sock, HERE, FORKED).refused("no-reuse").total(1).culprit(of_socket(elder, both))
    end_keeper(keeper)


def test_two_descriptors():
    with listening(HERE, 22013) as first, first.dup() as copy, tcp() as second:
        fds = sorted([first.fileno(), copy.fileno()])
        both = [(os.getpid(), fd) for fd in fds]
        attempt = bind(second, HERE, 22013).refused("no-reuse").total(1).culprit(of_socket(first, both))
        equal("also" in attempt.line("held by"), False, "text: no other process has it")


def test_holder_gone():
    """It ends between the refusal and the look-up."""
    session = shared()
    child = os.fork()
    if not child:
        with socket.create_server((HERE, 22014)):
            signal.pause()
        os._exit(0)
    inode, = wait_for(lambda: listener_inodes(22014), "the child's listener")
    with tcp("R") as sock:
        session.read()
        session.pause()
        code = outcome(sock.bind, (HERE, 22014))
        end_keeper(child)
        session.resume()
        attempt = Attempt(next_event(("bind",), code, inode=inode_of(sock))).refused("listener").total(1)
    holder = attempt.event["holders"][0]
    equal([holder[key] for key in ("inode", "kind", "state", "processes", "culprit")],
          [inode, "gone", "listen", [], True], "the holder")
    equal(holder["bound_by"]["pid"], child, "bound_by")
    equal(holder["released_after_ns"] > 0, True, "released after the attempt")
    line = attempt.line("held by")
    contains(line, f"[{child}], gone (released ", "text")
    contains(line, " after the attempt)", "text")


def test_release_after_refusal():
    """When the holder goes soon after a refusal, that is told with the release."""
    with tcp() as first, tcp() as second:
        bind(first, HERE, 22015).accepted("free")
        refused = bind(second, HERE, 22015).refused("no-reuse").culprit(of_socket(first))
        first.close()
        released = wait_for(lambda: [event for event in shared().read().events if event["type"] == "release"
                                     and event["socket"]["port"] == 22015], "release")
        equal((len(released), released[0]["after_attempt"], released[0]["delta_ns"] > 0),
              (1, refused.event["seq"], True), "release")
        rows = wait_for(lambda: [row for row, *_ in shared().read().text if " released " in row
                                 and f" {HERE}:22015 " in row], "the release in the text")
        equal(len(rows), 1, "rows")
        contains(rows[0], f" after python3[{os.getpid()}] was refused", "text")
        bind(second, HERE, 22015).accepted("free").alone()


def test_other_netns():
    """A port of another network namespace is another port."""
    with tcp() as here:
        bind(here, HERE, 22016).accepted("free").alone()
        own = os.stat("/proc/self/ns/net").st_ino

        def elsewhere():
            with tcp() as there:
                attempt = bind(there, HERE, 22016).accepted("free").alone()
                equal(attempt.event["socket"]["netns"], os.stat("/proc/self/ns/net").st_ino, "netns")
                equal(attempt.event["socket"]["netns"] != own, True, "another netns")

        in_child(elsewhere, new_netns)
        with tcp() as second:
            attempt = bind(second, HERE, 22016).refused("no-reuse").total(1).culprit(of_socket(here))
            equal(attempt.event["holders"][0]["netns"], own, "the holder's netns")


def test_user_of_the_holder():
    os.seteuid(1000)
    first = tcp()
    os.seteuid(0)
    with first, tcp() as second:
        bind(first, HERE, 22017).accepted("free").alone()
        attempt = bind(second, HERE, 22017).refused("no-reuse").total(1)
        attempt.culprit(dict(of_socket(first), uid=1000))
        contains(attempt.line("held by"), ", uid 1000", "text")
