# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports held in containers: by runc, in this network namespace or in one of its own; in a sandbox of
bubblewrap; for a container from outside of it."""
import contextlib
import json
import os
import shutil
import subprocess
import tempfile

from checks import bind, outcome, tcp
from harness import Tracer, check_refused, contains, equal, run, shared, start, wait_for

SHARED = True

ID = "0123456789abcdef" * 4
HOLD = """import socket, sys
holder = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("held", flush=True)
import signal
signal.pause()
"""


def hold(port):
    return ["/usr/bin/python3", "-c", HOLD, str(port)]


def bundle(directory, command, group, share_network):
    """What runc runs: this root, with a cgroup of that name."""
    rootfs = directory + "/rootfs"
    os.mkdir(rootfs)
    equal(run("mount", "--bind", "/", rootfs).returncode, 0, "bind mount")
    equal(run("runc", "spec", cwd=directory).returncode, 0, "runc spec")
    with open(directory + "/config.json") as file:
        spec = json.load(file)
    spec["process"].update(args=command, terminal=False, cwd="/")
    spec["root"]["readonly"] = False
    if group:
        spec["linux"]["cgroupsPath"] = group
    if share_network:
        spec["linux"]["namespaces"] = [row for row in spec["linux"]["namespaces"] if row["type"] != "network"]
    with open(directory + "/config.json", "w") as file:
        json.dump(spec, file)


@contextlib.contextmanager
def container(command, name=ID, group="/docker/" + ID, share_network=True):
    """A running container that has printed its first line."""
    directory = tempfile.mkdtemp()
    bundle(directory, command, group, share_network)
    process = start("runc", "run", name, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        equal(process.stdout.readline(), b"held\n", "what the container says")
        yield json.loads(run("runc", "state", name, check=True).stdout)["pid"]
    finally:
        run("runc", "kill", name, "KILL")
        process.wait()
        run("runc", "delete", "--force", name)
        equal(run("umount", directory + "/rootfs").returncode, 0, "umount")
        shutil.rmtree(directory)


def refused(port, pid):
    """A refused bind of this process and the line of its culprit, which that process holds."""
    with tcp() as sock:
        attempt = bind(sock, "127.0.0.1", port).refused("no-reuse")
    check_refused(attempt.event, "no-reuse", pid)
    return attempt.event, attempt.line("held by")


def refusals(port):
    return (event for event in shared().read().events if event["type"] == "bind" and not event["result"]["ok"]
            and event["socket"]["port"] == port)


def test_holder_in_a_container():
    with container(hold(7200)) as pid:
        event, line = refused(7200, pid)
    culprit = event["holders"][0]
    equal([process["container"] for process in culprit["processes"]], [ID], "container")
    equal(culprit["container"], ID, "where the socket was made")
    equal(event["process"]["container"], None, "the binder's")
    contains(line, f"python3[{pid}] fd 3 (pid 1 in its namespace), listening on 127.0.0.1:7200", "text")
    contains(line, ", container 0123456789ab", "text")


def test_container_with_a_network_of_its_own():
    """The same port in both is no conflict; a second bind inside of it is, and is known by the id, too."""
    with container(hold(7201), share_network=False) as pid:
        with tcp() as sock:
            bind(sock, "127.0.0.1", 7201).accepted("free").alone()
        inside = run("runc", "exec", ID, "/usr/bin/python3", "-c",
                     "import socket; socket.socket().bind((\"127.0.0.1\", 7201))")
        contains(inside.stderr, b"Address already in use", "a bind inside")
        event = wait_for(lambda: next(refusals(7201), None), "the refusal inside")
    check_refused(event, "no-reuse", pid)
    equal((event["process"]["container"], event["process"]["cgroup"]), (ID, "/docker/" + ID), "the binder's")
    equal(event["socket"]["netns"] != os.stat("/proc/self/ns/net").st_ino, True, "another network namespace")
    equal(event["process"]["nspid"] != event["process"]["pid"], True, "the pid inside is another one")
    equal(event["holders"][0]["processes"][0]["container"], ID, "the holder's container")


def test_trace_one_container():
    with Tracer("-c", "/docker/" + ID) as trace:
        with tcp() as sock:
            sock.bind(("127.0.0.1", 7202))
        with container(hold(7202)):
            pass
    equal([(bind["process"]["container"], bind["socket"]["port"]) for bind in trace.of("bind")], [(ID, 7202)], "binds")


def test_names_are_asked_for_only_on_request():
    """A cgroup of any name is a container only to the runtime that made it."""
    with container(hold(7206), name="shop", group="/shop") as pid:
        event, line = refused(7206, pid)
        equal((event["holders"][0]["processes"][0]["container"], "container" in line), (None, False), "not asked")
        with Tracer("--containers", "-P", "7206") as trace, tcp() as sock:
            equal(outcome(sock.bind, ("127.0.0.1", 7206)), 98, "EADDRINUSE")
    culprit = check_refused(trace.one("bind"), "no-reuse", pid)["holders"][0]
    equal(culprit["processes"][0]["container"], "shop", "asked")


def test_bubblewrap_is_told_by_its_process():
    """A sandbox has no cgroup and no id: its process is named as the machine counts."""
    sandbox = start("bwrap", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-pid",
                    "--die-with-parent", *hold(7203), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        equal(sandbox.stdout.readline(), b"held\n", "what the sandbox says")
        event, line = refused(7203, None)
    finally:
        sandbox.kill()
        sandbox.wait()
    process, = event["holders"][0]["processes"]
    equal((process["comm"], process["container"], process["unit"]), ("python3", None, None), "the holder")
    contains(line, f"python3[{process['pid']}] fd 3 (pid {process['nspid']} in its namespace), listening on", "text")
    equal("container" in line, False, "a container is not made up")


@contextlib.contextmanager
def helper(name, port, *words):
    """The interpreter under a helper's name, since no runtime that has it is here."""
    directory = tempfile.mkdtemp()
    program = f"{directory}/{name}"
    shutil.copy(os.path.realpath("/usr/bin/python3"), program)
    process = subprocess.Popen([program, "-c", HOLD, str(port), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        equal(process.stdout.readline(), b"held\n", "what it says")
        yield process.pid
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


def test_docker_proxy_and_conmon_say_whom_they_serve():
    with helper("docker-proxy", 7204, "-proto", "tcp", "-host-ip", "127.0.0.1", "-host-port", "7204",
                "-container-ip", "172.17.0.2", "-container-port", "80") as pid:
        event, line = refused(7204, pid)
    equal(event["holders"][0]["processes"][0]["target"], "172.17.0.2:80", "target")
    contains(line, ", forwards to 172.17.0.2:80", "text")
    with helper("conmon", 7205, "-n", "web") as pid:
        _, line = refused(7205, pid)
    contains(line, ", watches a container", "text")


def test_rootless_forwarder():
    """Its command line says nothing of the container: that it forwards is all there is to tell."""
    with helper("rootlessport", 7207) as pid:
        event, line = refused(7207, pid)
    process, = event["holders"][0]["processes"]
    equal(("target" in process, "serves" in process, process["container"]), (False, False, None), "whom it serves")
    contains(line, ", forwards to a container", "text")
