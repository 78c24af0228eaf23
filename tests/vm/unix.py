# SPDX-License-Identifier: GPL-2.0-or-later
"""AF_UNIX: who has the path or the name, or that nobody has it."""
import ctypes
import errno
import json
import os
import signal
import socket
import struct
import sys
import tempfile

from checks import Attempt, inode_of, next_event, outcome, program_of
from harness import Tracer, contains, end, equal, in_child, run, shared, skip, start, wait_for
from namespaces import child_of
from refusals_lsm import (LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF, active, before_session, landlock_version,
                          system_call)
from replay import judged_again

SESSION_ARGS = ("--proto", "unix")
MAKE_SOCK = 1 << 9  # LANDLOCK_ACCESS_FS_MAKE_SOCK
STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
# path: listens until it is ended
SERVER = """
import signal, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1])
sock.listen()
signal.pause()
"""
# relative path: binds it from its own directory, and ends
RELATIVE = """
import os, socket, sys
os.chdir(sys.argv[1])
try:
    socket.socket(socket.AF_UNIX).bind(sys.argv[2])
except OSError as error:
    sys.exit(error.errno)
"""


# directory: mounts over it, listens there, binds there again, and stays
MOUNTED = """
import signal, socket, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "none", sys.argv[1]], check=True)
sock = socket.socket(socket.AF_UNIX)
sock.bind(sys.argv[1] + "/sock")
sock.listen()
try:
    socket.socket(socket.AF_UNIX).bind(sys.argv[1] + "/sock")
except OSError:
    signal.pause()
"""
NOBODY = 65534


def unix(kind=STREAM):
    return socket.socket(socket.AF_UNIX, kind)


def refused(path, kind=STREAM, code=errno.EADDRINUSE):
    """A bind to what cannot be had: the attempt, its JSON and text compared."""
    with unix(kind) as sock:
        equal(outcome(sock.bind, path), code, "errno")
        attempt = Attempt(next_event(("bind",), code, pid=os.getpid(), inode=inode_of(sock)))
    shown = path.decode() if isinstance(path, bytes) else path
    shown = shown.replace("\0", "@")
    equal((attempt.event["socket"]["protocol"], attempt.event["socket"]["family"]), ("unix", "unix"), "protocol")
    equal(attempt.event["socket"]["path"], shown, "socket.path")
    equal((attempt.row[3], attempt.row[4]), ("unix", shown), "text: protocol, path")
    return attempt


def held(attempt, rule, place, *owners):
    """The first holder, in JSON and text."""
    attempt.refused(rule)
    holder = attempt.event["holders"][0]
    equal((holder["culprit"], holder["kind"]), (True, "process"), "culprit, kind")
    equal([(process["pid"], process["fd"]) for process in holder["processes"]], list(owners), "processes")
    pid, fd = owners[0]
    line = attempt.line("held by")
    contains(line, f"{program_of(pid)[0]}[{pid}] fd {fd}", "text: who")
    contains(line, f", {place}", "text: where")
    return holder


def server(path):
    process = start(sys.executable, "-c", SERVER, path)
    wait_for(lambda: outcome(connect, path) == 0, f"the server on {path}")
    return process


def connect(path):
    with unix() as sock:
        sock.connect(path)


def test_live_listener():
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/live"
        process = server(path)
        attempt = refused(path)
        held(attempt, "path-listener", f"listening on {path}, uid 0", (process.pid, 3))
        equal(attempt.verdict["text"], f"{path} exists and python3[{process.pid}] listens on it", "why")
        equal(attempt.verdict["fix"], [f"stop {process.pid} (python3), then remove {path}", "bind another path"], "fix")
        facts = attempt.event["facts"]["unix"]
        equal((facts["at_path"], facts["fault"], facts["directory"], facts["abstract"], facts["bound"]),
              ("socket", None, directory, False, False), "facts")
        equal({attempt.event["socket"]["type"], attempt.event["holders"][0]["type"]}, {"stream"}, "types")
        end(process)
        attempt = refused(path).refused("path-stale")
        equal(attempt.verdict["text"], f"{path} is a stale socket file: nobody listens on it any more", "why")
        equal((attempt.verdict["fix"], attempt.event["holders"]), ([f"remove {path}, which nobody listens on (unlink() before bind())"], []), "fix, holders")
        os.unlink(path)
        with unix() as sock:
            equal(outcome(sock.bind, path), 0, "the remedy")


def test_bound_and_not_listening():
    with tempfile.TemporaryDirectory() as directory, unix() as sock:
        path = f"{directory}/bound"
        sock.bind(path)
        attempt = refused(path)
        held(attempt, "path-bound", f"bound to {path}", (os.getpid(), sock.fileno()))
        contains(attempt.verdict["text"], " is bound to it, though it does not listen", "why")
        equal(attempt.verdict["fix"], [f"close fd {sock.fileno()} of this same process first, then remove {path}",
                                       "bind another path"], "fix")


def test_datagrams():
    with tempfile.TemporaryDirectory() as directory, unix(DATAGRAM) as sock:
        path = f"{directory}/datagrams"
        sock.bind(path)
        attempt = refused(path, DATAGRAM)
        held(attempt, "path-listener", f"bound to {path}", (os.getpid(), sock.fileno()))
        contains(attempt.verdict["text"], " receives on it", "why")


def test_only_a_connection_is_left():
    with tempfile.TemporaryDirectory() as directory, unix() as client:
        path = f"{directory}/left"
        with unix() as listener:
            listener.bind(path)
            listener.listen()
            client.connect(path)
            accepted = listener.accept()[0]
        attempt = refused(path).refused("path-stale")
        contains(attempt.verdict["text"], "only a connection of ", "why")
        equal(attempt.event["holders"][0]["processes"][0]["fd"], accepted.fileno(), "the connection")
        contains(attempt.line("on path"), f"fd {accepted.fileno()}, connected {path}", "text")
        accepted.close()


def test_listener_in_flight():
    """No process has a descriptor of it: it is in the queue of a socket pair."""
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/flight"
        one, two = socket.socketpair(socket.AF_UNIX)
        with unix() as listener:
            listener.bind(path)
            listener.listen()
            inode = inode_of(listener)
            socket.send_fds(one, [b"x"], [listener.fileno()])
        attempt = refused(path).refused("path-listener")
        equal([(holder["inode"], holder["processes"]) for holder in attempt.event["holders"]], [(inode, [])], "holder")
        one.close()
        two.close()


def test_something_else_is_there():
    with tempfile.TemporaryDirectory() as directory:
        names = {"file": "a regular file", "directory": "a directory", "symlink": "a symbolic link",
                 "other": "a pipe or device"}
        open(f"{directory}/file", "w").close()
        os.mkdir(f"{directory}/directory")
        os.symlink("/nowhere", f"{directory}/symlink")
        os.mkfifo(f"{directory}/other")
        for name, words in names.items():
            path = f"{directory}/{name}"
            attempt = refused(path).refused("path-no-socket")
            equal(attempt.verdict["text"], f"{path} is {words}: bind() makes a new file and replaces none", "why")
            equal(attempt.event["facts"]["unix"]["at_path"], name, "facts")
            wanted = f"bind a path in {path}" if name == "directory" else f"move {path} away"
            equal(attempt.verdict["fix"][0], wanted, "fix")


def test_abstract_name():
    name = f"\0reusetrace-{os.getpid()}"
    with unix() as sock, unix(DATAGRAM) as other:
        sock.bind(name)
        sock.listen()
        attempt = refused(name)
        shown = name.replace("\0", "@")
        held(attempt, "name-taken", f"listening on {shown}", (os.getpid(), sock.fileno()))
        contains(attempt.verdict["text"], f" has the abstract name {shown} in this network namespace", "why")
        equal(outcome(other.bind, name), 0, "another type has names of its own")


def test_relative_path_of_a_process_that_is_gone():
    with tempfile.TemporaryDirectory() as directory:
        process = server(f"{directory}/sock")
        done = start(sys.executable, "-c", RELATIVE, directory, "sock")
        equal(done.wait(60), errno.EADDRINUSE, "its errno")
        attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=done.pid)).refused("path-listener")
        equal(attempt.event["socket"]["path"], "sock", "as it was given")
        equal(attempt.event["holders"][0]["processes"][0]["pid"], process.pid, "who listens")
        end(process)


def as_nobody(directory, path):
    """A bind by another user, without capabilities: its pid and errno."""
    done = start(sys.executable, "-c", RELATIVE, directory, path, user=NOBODY, group=NOBODY, extra_groups=[])
    return done.pid, done.wait(60)


def test_directories_on_the_way():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        open(f"{directory}/file", "w").close()
        path = f"{directory}/none/sock"
        attempt = refused(path, code=errno.ENOENT).refused("path-missing")
        equal(attempt.verdict["text"], f"{path} cannot be made: there is no directory {directory}/none", "why")
        equal((attempt.verdict["fix"], attempt.event["result"]["stage"]),
              ([f"make the directory {directory}/none"], "address"), "fix, stage")
        path = f"{directory}/file/sock"
        attempt = refused(path, code=errno.ENOTDIR).refused("path-no-directory")
        equal(attempt.verdict["text"], f"{path} cannot be made: {directory}/file is no directory", "why")


def test_permission():
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        os.mkdir(f"{directory}/closed", 0o700)
        for path, words in (
                (f"{directory}/sock", f"may not make files in {directory} (mode 0755, owner uid 0)"),
                (f"{directory}/closed/sock", f"may not enter {directory}/closed (mode 0700, owner uid 0)"),
                ("sock", f"may not make files in {directory} (mode 0755, owner uid 0)")):
            pid, code = as_nobody(directory, path)
            equal(code, errno.EACCES, "its errno")
            attempt = Attempt(next_event(("bind",), errno.EACCES, pid=pid)).refused("path-permission")
            equal(attempt.verdict["text"], f"{path} cannot be made: uid {NOBODY} {words}", "why")
        os.chmod(directory, 0o777)
        equal(as_nobody(directory, "sock")[1], 0, "the remedy")


def test_security_module():
    """The modes would do: Landlock lets this process make no socket files."""
    if not landlock_version():
        skip("this kernel has no Landlock, or was booted without it")

    def restricted():
        rules = struct.pack("=Q", MAKE_SOCK)
        ruleset = system_call(LANDLOCK_CREATE_RULESET, rules, ctypes.c_size_t(len(rules)), 0)
        system_call(LANDLOCK_RESTRICT_SELF, ruleset, 0)
        path = f"{directory}/sock"
        attempt = refused(path, code=errno.EACCES).refused("path-permission", agrees=None)
        equal(attempt.verdict["text"], f"EACCES: the modes on the way to {path} let uid 0 make it; an access list or "
              f"one of the security modules {','.join(active())} does not", "why")

    with tempfile.TemporaryDirectory() as directory:
        in_child(restricted)


def test_read_only_file_system():
    with tempfile.TemporaryDirectory() as directory:
        equal(run("mount", "-t", "tmpfs", "-o", "ro", "none", directory).returncode, 0, "mount")
        path = f"{directory}/sock"
        attempt = refused(path, code=errno.EROFS).refused("path-read-only")
        equal(attempt.verdict["text"], f"{path} cannot be made: the file system of {directory} is read-only", "why")
        run("umount", directory)


def test_too_long():
    """libc's and Python's own checks are not in the way of a struct sockaddr_un that is too long."""
    with unix() as sock:
        address = struct.pack("H", socket.AF_UNIX) + b"/tmp/" + b"x" * 104
        libc = ctypes.CDLL(None, use_errno=True)
        equal((libc.bind(sock.fileno(), address, len(address)), ctypes.get_errno()), (-1, errno.EINVAL), "bind")
        attempt = Attempt(next_event(("bind",), errno.EINVAL, pid=os.getpid(), inode=inode_of(sock)))
        equal((attempt.verdict["rule"], attempt.event["facts"]["refusal"]["addrlen"]), ("path-too-long", 111), "rule")
        contains(attempt.verdict["text"], "an address of 111 bytes was passed", "why")


def test_another_file_of_the_same_name():
    """The listener's file was removed and another socket's is there now: who listened does not have the path."""
    with tempfile.TemporaryDirectory() as directory, unix() as old:
        path = f"{directory}/sock"
        old.bind(path)
        old.listen()
        os.unlink(path)
        with unix() as new:
            new.bind(path)
        attempt = refused(path).refused("path-stale")
        equal(attempt.event["holders"], [], "holders")
        os.rename(path, f"{directory}/stale")
        with unix() as new:
            new.bind(f"{directory}/was")
            new.listen()
            os.rename(f"{directory}/was", path)
            held(refused(path), "path-listener", "listening on ", (os.getpid(), new.fileno()))


def test_another_mount_namespace():
    """The path is looked at where the process that asked sees it, not where the tracer does."""
    with tempfile.TemporaryDirectory() as directory:
        process = start("unshare", "-m", sys.executable, "-c", MOUNTED, directory)
        event = next_event(("bind",), errno.EADDRINUSE, pid=process.pid, stage="port")
        equal(os.listdir(directory), [], "what is here")
        attempt = Attempt(event)
        held(attempt, "path-listener", f"listening on {directory}/sock", (process.pid, 3))
        end(process)


def test_abstract_name_elsewhere():
    """A network namespace has names of its own."""
    name = f"\0elsewhere-{os.getpid()}"
    with unix() as sock:
        sock.bind(name)
        sock.listen()
        code = "import socket, sys; socket.socket(socket.AF_UNIX).bind(chr(0) + sys.argv[1])"
        done = start("unshare", "-n", sys.executable, "-c", code, name[1:])
        equal(done.wait(60), 0, "its bind")
        event = next_event(("bind",), 0, pid=done.pid)
        equal((event["verdict"]["rule"], event["socket"]["path"]), ("free", "@" + name[1:]), "rule, path")


def bind_anew(trace, address):
    """Refused, and taken anew before anybody can look it up: the event of the refusal."""
    with unix() as old, unix() as sock:
        old.bind(address)
        old.listen()
        trace.pause()
        equal(outcome(sock.bind, address), errno.EADDRINUSE, "errno")
        if address[0] == "/":
            os.unlink(address)
        else:
            old.close()
        sock.bind(address)
        sock.listen()
        trace.resume()
        attempt = Attempt(next_event(("bind",), errno.EADDRINUSE, pid=os.getpid(), inode=inode_of(sock)))
    return attempt.refused("path-gone", agrees=None)


def test_replaced_since():
    """Whoever has it when it is looked up took it later: nobody is accused, least of all who asked."""
    with tempfile.TemporaryDirectory() as directory:
        path, name = f"{directory}/anew", f"\0anew-{os.getpid()}"
        for address, words in (
                (path, f"{path} existed, and was replaced before it was looked up: what is there now came later"),
                (name, f"another socket had the abstract name @{name[1:]}; "
                       "it was given up and taken anew before it was looked up")):
            attempt = bind_anew(shared(), address)
            equal((attempt.verdict["text"], attempt.verdict["fix"], attempt.event["holders"]), (words, [], []), "why, fix, holders")
            equal(attempt.event["facts"]["unix"]["replaced"], True, "facts")


def test_many_connections():
    """What was accepted has the listener's path, too: what serves comes first, and the rest is counted."""
    with tempfile.TemporaryDirectory() as directory, unix() as listener:
        path = f"{directory}/many"
        listener.bind(path)
        listener.listen(128)
        inode, kept = inode_of(listener), []
        for _ in range(70):
            kept.append(unix())
            kept[-1].connect(path)
            kept.append(listener.accept()[0])
        attempt = refused(path).refused("path-listener")
        holders = attempt.event["holders"]
        equal((len(holders), attempt.event["holders_total"], attempt.event["truncated"]), (64, 71, True), "how many")
        equal(holders[0]["inode"], inode, "the first")
        equal({holder["reason"] for holder in holders[1:]}, {None}, "connections are in nobody's way")
        for sock in kept:
            sock.close()


def bind_from(directory, sock, name):
    """A path is kept as it was given."""
    here = os.getcwd()
    os.chdir(directory)
    sock.bind(name)
    sock.listen()
    os.chdir(here)


def test_tracer_of_another_pid_namespace():
    """It does not see who listens, and does not say that nobody does; the kernel's table names listeners."""
    with tempfile.TemporaryDirectory() as directory, unix() as listener, unix() as relative:
        bind_from(directory, listener, f"{directory}/named")
        bind_from(directory, relative, "relative")
        with Tracer("--proto", "unix", prefix=("unshare", "--pid", "--fork", "--kill-child")) as trace:
            for name in ("named", "relative"):
                with unix() as sock:
                    equal(outcome(sock.bind, f"{directory}/{name}"), errno.EADDRINUSE, "errno")
            os.kill(child_of(trace.process.pid), signal.SIGINT)
            trace.wait()
    binds = {os.path.basename(bind["socket"]["path"]): bind for bind in trace.of("bind")
             if bind["socket"]["path"].startswith(directory)}
    equal([(binds[name]["verdict"]["rule"], binds[name]["verdict"]["agrees"]) for name in ("named", "relative")],
          [("path-listener", True), ("path-socket", True)], "rules")
    equal([holder["processes"] for holder in binds["named"]["holders"]], [[]], "holder")
    equal(binds["named"]["verdict"]["fix"], ["bind another path"], "fix")
    equal(binds["relative"]["verdict"]["fix"],
          [f"look who listens on {directory}/relative (ss -xlp, as root on the host); remove it if nobody does",
           "bind another path"], "fix")


def test_capabilities_of_a_user_namespace():
    """They do not reach the files of users that it does not have."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        done = start("unshare", "-U", "-r", sys.executable, "-c", RELATIVE, directory, "sock", user=NOBODY,
                     group=NOBODY, extra_groups=[])
        equal(done.wait(60), errno.EACCES, "its errno")
        attempt = Attempt(next_event(("bind",), errno.EACCES, pid=done.pid)).refused("path-permission")
        contains(attempt.verdict["text"], f"may not make files in {directory} (mode 0755, owner uid 0)", "why")


def test_bound_twice():
    with tempfile.TemporaryDirectory() as directory, unix() as sock:
        sock.bind(f"{directory}/one")
        equal(outcome(sock.bind, f"{directory}/two"), errno.EINVAL, "errno")
        attempt = Attempt(next_event(("bind",), errno.EINVAL, stage="state", inode=inode_of(sock)))
        equal((attempt.verdict["rule"], attempt.event["result"]["stage"]), ("already-bound", "state"), "rule, stage")
        text = "this socket has a name already: a socket binds only once"
        if os.path.exists(f"{directory}/two"):  # up to 5.13 a refused call leaves its file
            text += f"; the kernel made {directory}/two before it looked at that, and left it there"
        equal(attempt.verdict["text"], text, "why")
        equal(attempt.event["facts"]["unix"]["at_path"], "socket" if "left" in text else "none", "facts")


def test_names_are_escaped():
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/\x1b[31m\u00e9"
        with unix() as sock, unix() as second:
            sock.bind(path)
            sock.listen()
            equal(outcome(second.bind, path), errno.EADDRINUSE, "errno")
            event = next_event(("bind",), errno.EADDRINUSE, pid=os.getpid(), inode=inode_of(second))
        equal(event["socket"]["path"], path, "JSON")
        row = wait_for(lambda: [row for row, *_ in shared().read().text[1:] if f"{directory}/" in row], "the row")[0]
        contains(row, f"{directory}/\\x1b[31m\u00e9", "text")


def test_name_that_is_not_utf8():
    """JSON cannot hold it: a recording of it is not judged again to the byte."""
    with tempfile.TemporaryDirectory() as directory, Tracer("--proto", "unix") as trace, unix() as sock:
        sock.bind(directory.encode() + b"/\xff")
    equal(trace.one("bind")["socket"]["path"], f"{directory}/\ufffd", "JSON")


def test_accepted():
    with tempfile.TemporaryDirectory() as directory, unix() as one, unix() as two, unix() as three:
        path, name = f"{directory}/accepted", f"\0accepted-{os.getpid()}"
        with socket.socket() as inet:
            inet.bind(("127.0.0.1", 0))
        for sock, address, words in ((one, path, "nothing was at the path"), (two, name, "the name was free"),
                                     (three, "", "the kernel chose an abstract name")):
            sock.bind(address)
            attempt = Attempt(next_event(("bind",), 0, pid=os.getpid(), inode=inode_of(sock)))
            equal(attempt.event["socket"]["path"], address.replace("\0", "@") or None, "path")
            equal((attempt.verdict["rule"], attempt.verdict["text"]), ("free", words), "why")
    protocols = {event["socket"]["protocol"] for event in shared().read().events if "socket" in event}
    equal(protocols, {"unix"}, "protocols of --proto unix")


def test_nothing_of_it_without_the_option():
    """By default none of its hooks is attached, and no such bind is told."""
    with tempfile.TemporaryDirectory() as directory, Tracer() as trace, unix() as sock:
        path = f"{directory}/unseen"
        sock.bind(path)
        with unix() as second:
            equal(outcome(second.bind, path), errno.EADDRINUSE, "errno")
        with socket.socket() as inet:
            inet.bind(("127.0.0.1", 0))
    equal(attached(trace.one("start")), 0, "hooks")
    equal({event["socket"]["protocol"] for event in trace.of("bind", "holder")} - {"udp"}, {"tcp"}, "protocols")
    start_event = next(event for event in shared().read().events if event["type"] == "start")
    equal(attached(start_event), 3, "hooks with --proto unix")


def attached(start_event):
    """Attach points of security_socket_bind() and of the returns of __sys_bind() beyond those of every trace."""
    names = [probe["name"] for probe in start_event["probes"] if probe["how"] != "missing"]
    return names.count("security_socket_bind") - 2 + names.count("__sys_bind") - 1


def refusals_in(path):
    with open(path, encoding="utf-8") as file:
        return sum('"type":"bind"' in line and '"ok":false' in line for line in file)


def test_recording_is_judged_again():
    with tempfile.TemporaryDirectory() as directory:
        path, recording = f"{directory}/sock", f"{directory}/recording"
        with Tracer("--proto", "unix", "-o", recording), unix() as sock, unix() as named:
            sock.bind(path)
            sock.listen()
            named.bind("\0again")
            for tried in (path, "\0again", directory, f"{directory}/none/sock", f"{path}/sock"):
                with unix() as second:
                    outcome(second.bind, tried)
            wait_for(lambda: refusals_in(recording) == 5, "the recording")
        lines = judged_again(recording)
        rules = {json.loads(line)["verdict"]["rule"] for line in lines if '"type":"bind"' in line}
        equal(rules, {"free", "path-listener", "name-taken", "path-no-socket", "path-missing", "path-no-directory"},
              "rules")
