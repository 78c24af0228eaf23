# SPDX-License-Identifier: GPL-2.0-or-later
"""AF_UNIX: who has a path by another spelling, for a unit or on its way; and who else refuses."""
import contextlib
import ctypes
import errno
import fcntl
import os
import socket
import struct
import tempfile

from checks import Attempt, inode_of, next_event, outcome
from harness import contains, end, equal, in_child, kernel, run, skip
from holders_hidden import send
from refusals_lsm import PROFILE, attach_to, before_session, change_profile, needs, profile
from ring import Ring
from systemd import Systemd
from unix import NOBODY, held, refused, server, unix

SESSION_ARGS = ("--proto", "unix")


def test_bound_by_io_uring():
    """It binds without the system call; what it bound, and what it was refused, is told all the same."""
    if kernel() < (6, 11):
        skip("io_uring binds from 6.11 on")
    with tempfile.TemporaryDirectory() as directory, Ring() as ring, unix() as first, unix() as second:
        path = f"{directory}/ring"
        packed = struct.pack("H", socket.AF_UNIX) + path.encode() + b"\0"
        equal(ring.bind_to(first, packed), 0, "the ring's answer")
        event = next_event(("bind",), 0, pid=os.getpid(), inode=inode_of(first))
        equal((event["verdict"]["rule"], event["socket"]["path"]), ("free", path), "rule, path")
        equal(ring.bind_to(second, packed), -errno.EADDRINUSE, "the ring's answer")
        attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=os.getpid(), inode=inode_of(second)))
        equal(attempt.event["socket"]["path"], path, "path")
        held(attempt, "path-bound", f"bound to {path}", (os.getpid(), first.fileno()))


def refused_by(module, path, *words, code=errno.EACCES):
    """A bind of this process that a security module refused before the path was looked at."""
    attempt = refused(path, code=code).refused(
        "lsm", f"{errno.errorcode[code]} by the security module {module} ", *words, agrees=None)
    equal((attempt.event["result"]["stage"], attempt.event["holders"]), ("lsm", []), "stage, holders")
    equal(attempt.event["facts"]["refusal"]["lsm"]["module"], module, "module")


def test_apparmor():
    """Sockets of this family are none of the profile's, whether somebody has the path or nobody does."""
    needs("apparmor")
    with tempfile.TemporaryDirectory() as directory, unix() as sock:
        sock.bind(f"{directory}/taken")
        sock.listen()
        with profile("file", "capability", "signal", "network inet stream"):
            def confined():
                made = [unix(), unix()]
                change_profile()
                for one, path in zip(made, (f"{directory}/free", f"{directory}/taken")):
                    equal(outcome(one.bind, path), errno.EACCES, "bind")
                    attempt = Attempt(next_event(("bind",), errno.EACCES, pid=os.getpid(), inode=inode_of(one)))
                    attempt.refused("lsm", "EACCES by the security module apparmor ",
                                    f"(the process's label there is {PROFILE} (enforce)) before the path was looked at",
                                    "allow it in the AppArmor profile: network unix stream,", agrees=None)
                    equal((attempt.event["result"]["stage"], attempt.event["socket"]["path"],
                           attempt.event["holders"]), ("lsm", path, []), "stage, path, holders")

            in_child(confined)


def test_bpf_program():
    needs("bpf")
    with tempfile.TemporaryDirectory() as directory:
        def watched():
            link = attach_to("socket_bind", "no_paths")
            for path, sought in ((f"{directory}/sock", "path"), (f"\0name-{os.getpid()}", "name")):
                refused_by("bpf", path, f"before the {sought} was looked at", "bpftool prog list", code=errno.EPERM)
            os.close(link)
            with unix() as sock:
                equal(outcome(sock.bind, f"{directory}/sock"), 0, "without it")

        in_child(watched)


def test_socket_unit():
    """systemd listens for a service, which then has the descriptor as well."""
    with tempfile.TemporaryDirectory() as directory, Systemd() as systemd:
        os.chmod(directory, 0o755)
        path = f"{directory}/web"
        systemd.write("web.socket", f"[Socket]\nListenStream={path}\nFileDescriptorName=http\n")
        systemd.write("web.service", "[Service]\nExecStart=/bin/sleep infinity\n")
        systemd.reload()
        systemd.ctl("start", "web.socket")
        attempt = refused(path).refused("path-listener", "take the socket that systemd passes")
        equal(f"stop {systemd.init}" in "; ".join(attempt.verdict["fix"]), False, "systemd is not to be stopped")
        holder = attempt.event["holders"][0]
        equal([process["pid"] for process in holder["processes"]], [systemd.init], "who holds it")
        contains(attempt.line("held by"), f"systemd[{systemd.init}] fd ", "text")
        systemd.ctl("start", "web.service")
        service = systemd.pid("web.service")
        attempt = refused(path).refused("path-listener")
        equal({process["pid"]: (process["unit"], process.get("passed_as"))
               for process in attempt.event["holders"][0]["processes"]},
              {systemd.init: ("init.scope", None), service: ("web.service", "http")}, "who holds it")


def test_other_spellings():
    """The file decides, not the text that was passed for it."""
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(f"{directory}/real")
        os.symlink("real", f"{directory}/link")
        process = server(f"{directory}/real/sock")
        here = os.getcwd()
        os.chdir(f"{directory}/real")
        try:
            for path in ("sock", "./sock", "../link/sock", f"{directory}//real/./sock", f"{directory}/link/sock",
                         f"{directory}/link/../real/sock"):
                held(refused(path), "path-listener", f"listening on {path}", (process.pid, 3))
        finally:
            os.chdir(here)
        end(process)


def test_groups_of_a_process():
    """in_group_p(): the group on files and all of the others, however many, but not the real one."""
    group, many = 64000, list(range(1000, 3000))

    def asking(groups, real, words):
        os.setgroups(groups)
        os.setresgid(real, NOBODY, 0)
        os.seteuid(NOBODY)
        code = outcome(unix().bind, path)
        os.seteuid(0)
        equal(code, errno.EACCES, "bind")
        attempt = Attempt(next_event(("bind",), code, pid=os.getpid())).refused("path-permission")
        equal(attempt.verdict["text"], f"{path} cannot be made: uid {NOBODY} {words}", "why")

    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        outer, inner = f"{directory}/of-group", f"{directory}/of-group/inner"
        for made, mode in ((outer, 0o710), (inner, 0o755)):
            os.mkdir(made)
            os.chmod(made, mode)
        os.chown(outer, 0, group)
        path = f"{inner}/sock"
        in_child(lambda: asking([*many, group], NOBODY, f"may not make files in {inner} (mode 0755, owner uid 0)"))
        in_child(lambda: asking(many, group, f"may not enter {outer} (mode 0710, owner uid 0)"))


AUTOFS_IOC_CATATONIC = 0x9362
libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def unanswered(directory):
    """Whoever enters what is not there waits for it to be mounted, except for the group of this process."""
    os.setpgid(0, 0)
    asked, told = os.pipe()
    options = f"fd={told},pgrp={os.getpgrp()},minproto=5,maxproto=5,indirect"
    if libc.mount(b"auto", directory.encode(), b"autofs", 0, options.encode()):
        equal(ctypes.get_errno(), errno.ENODEV, "mount")
        skip("this kernel has no autofs")
    top = os.open(directory, os.O_RDONLY)
    try:
        yield asked
    finally:
        fcntl.ioctl(top, AUTOFS_IOC_CATATONIC)
        os.close(top)
        run("umount", "-l", directory, check=True)


def test_directory_that_hangs():
    """Who asked is refused at once.  Who looks there afterwards waits, and tells of the refusal all the same."""
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as other:
        def asking():
            with unanswered(directory) as asked:
                attempt = refused(f"{directory}/none/sock", code=errno.ENOENT).refused("path-refused", agrees=None)
                equal((attempt.event["facts"]["unix"]["at_path"], attempt.event["facts"]["unix"]["fault"]),
                      (None, None), "what was found")
                equal(os.read(asked, 4096) != b"", True, "the tracer looked there")
            attempt = refused(f"{other}/none/sock", code=errno.ENOENT).refused("path-missing")
            equal(attempt.verdict["fix"], [f"make the directory {other}/none"], "fix")

        in_child(asking)


def test_abstract_name_in_flight():
    """No process has a descriptor of who has the name: it is in a queue."""
    name = f"\0flight-{os.getpid()}"
    ends = socket.socketpair(socket.AF_UNIX)
    with unix() as listener:
        listener.bind(name)
        listener.listen()
        inode = inode_of(listener)
        send(ends[0], listener)
    attempt = refused(name).refused("name-taken")
    equal([(holder["inode"], holder["processes"], holder["culprit"]) for holder in attempt.event["holders"]],
          [(inode, [], True)], "holder")
    equal(attempt.verdict["text"], f"another socket has the abstract name @{name[1:]} in this network namespace", "why")
    equal(attempt.verdict["fix"], ["bind another name"], "fix")
    for one in ends:
        one.close()
    with unix() as sock:
        equal(outcome(sock.bind, name), 0, "once the queue is gone")
