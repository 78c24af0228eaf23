# SPDX-License-Identifier: GPL-2.0-or-later
"""Situations 13 to 15, 17 and 18: a port held on behalf of someone else."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

from checks import tcp
from harness import contains, equal, run, start
from situations import ALICE, ANY, HERE, Actor, blames, fixes, refused_with_us

SHARED = True
CONTAINER = "0123456789abcdef" * 4
BOUND = """
import signal, socket, sys
sock = socket.socket()
sock.bind((sys.argv[1], int(sys.argv[2])))
print("bound", flush=True)
signal.pause()
"""


@contextlib.contextmanager
def keeper(*argv):
    """A process that has bound its socket, and does not listen."""
    process = start(*argv, stdout=subprocess.PIPE)
    try:
        equal(process.stdout.readline(), b"bound\n", "what it says")
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def helper_of_a_runtime(name, address, port, *words):
    """The interpreter under a helper's name, since the guest has no runtime that has it."""
    with tempfile.TemporaryDirectory() as directory:
        program = shutil.copy(os.path.realpath("/usr/bin/python3"), f"{directory}/{name}")
        with keeper(program, "-Sc", BOUND, address, str(port), *words) as pid:
            yield pid


def test_13_docker_proxy_left_behind():
    with helper_of_a_runtime("docker-proxy", HERE, 24013, "-proto", "tcp", "-host-ip", HERE, "-host-port", "24013",
                             "-container-ip", "172.17.0.7", "-container-port", "6379") as pid, tcp("R") as sock:
        attempt = refused_with_us(sock, HERE, 24013).refused("no-reuse")
        holder = blames(attempt, pid, state="bound")
    equal(holder["processes"][0]["target"], "172.17.0.7:6379", "the container that it proxies for")
    contains(attempt.line("held by"), ", forwards to 172.17.0.7:6379", "text")
    fixes(attempt, f"stop {pid} (docker-proxy)")


def test_14_holder_that_netstat_does_not_show():
    """Bound and not listening, in another pid namespace."""
    with keeper("unshare", "-p", "-f", "--mount-proc", "--kill-child", sys.executable, "-S", "-c", BOUND, HERE,
                "24014"), tcp("R") as sock:
        equal(run("ss", "-Htlnp", "sport = :24014").stdout, b"", "ss -tl shows nothing")
        attempt = refused_with_us(sock, HERE, 24014).refused("no-reuse")
        pid = attempt.event["holders"][0]["processes"][0]["pid"]
        holder = blames(attempt, pid, state="bound")
    equal(holder["netns"], attempt.event["socket"]["netns"], "the same network namespace")
    contains(attempt.line("held by"), f"python3[{pid}] fd 3 (pid 1 in its namespace), bound to", "text")


def test_15_conmon_parks_a_bound_socket():
    with helper_of_a_runtime("conmon", ANY, 24015, "-c", CONTAINER, "-n", "web") as pid, tcp("R") as sock:
        attempt = refused_with_us(sock, HERE, 24015).refused("no-reuse", "(0.0.0.0 covers 127.0.0.1)")
        process, = blames(attempt, pid, state="bound")["processes"]
    equal((process["serves"], process["container_name"]), (CONTAINER, "web"), "which container")
    contains(attempt.line("held by"), f"conmon[{pid}] fd 3, bound to 0.0.0.0:24015", "text")
    contains(attempt.line("held by"), f", watches container web ({CONTAINER[:12]})", "text")


def test_17_kube_proxy_holds_it_itself():
    with Actor("kube-proxy") as proxy:
        proxy.listens("::", 24017, "R", "tcp6", "six")
        attempt = proxy.refused(ANY, 24017, "R").refused("listener", "(:: without IPV6_V6ONLY covers 0.0.0.0)")
        holder = blames(attempt, proxy.pid)
        equal((holder["family"], holder["address"], holder["processes"][0]["relation"]), ("ipv6", "::", "self"),
              "its own other socket")
        for words in (", listening on [::]:24017 since ", ", in this same process"):
            contains(attempt.line("held by"), words, "text")
        fixes(attempt, "of this same process first")


def test_18_stale_session_of_sshd_listens():
    with Actor("sshd", uid=ALICE) as stale, Actor("sshd", uid=ALICE) as session:
        stale.listens(HERE, 24018, "R")
        attempt = session.refused(HERE, 24018, "R").refused("listener")
        holder = blames(attempt, stale.pid)
        equal((holder["uid"], holder["since"] is not None), (ALICE, True), "whose, since when")
        for words in (f"sshd[{stale.pid}] fd ", f", listening on {HERE}:24018 since ", f", uid {ALICE}"):
            contains(attempt.line("held by"), words, "text")
        fixes(attempt, f"stop {stale.pid} (sshd)")
