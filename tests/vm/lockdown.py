# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that was booted with lockdown=confidentiality: run this alone, in its own boot."""
import json
import os
import socket

from harness import REUSETRACE, contains, equal, run, skip

SECURITY = "/sys/kernel/security"


def refused():
    with open("/proc/cmdline") as file:
        if "lockdown=confidentiality" not in file.read():
            skip("not booted with lockdown=confidentiality")
    result = run(REUSETRACE)
    line = result.stderr.decode()
    equal((result.returncode, result.stdout, line.count("\n")), (3, b"", 1), f"status, stdout, lines of {line!r}")
    contains(line, "lockdown", "message")


def test_before_securityfs_is_mounted():
    if os.path.exists(SECURITY + "/lockdown"):
        skip("securityfs is mounted already")
    refused()


def test_lockdown():
    if not os.path.exists(SECURITY + "/lockdown"):
        run("mount", "-t", "securityfs", "security", SECURITY, check=True)
    refused()


def test_ls_and_why_answer():
    """From sock_diag and /proc: who has the port, and what does not depend on the options that they do not show."""
    if not os.path.exists(SECURITY + "/lockdown"):
        skip("securityfs is not mounted")
    refused()
    with socket.create_server(("127.0.0.1", 24201)) as server:
        listed, none, shared = (run(REUSETRACE, *words) for words in
                                (("ls", "-j", "24201"), ("why", "-j", "127.0.0.1:24201"),
                                 ("why", "-j", "--reuseport", "127.0.0.1:24201")))
        for done, status in ((listed, 0), (none, 10), (shared, 3)):
            line = done.stderr.decode()
            equal((done.returncode, line.count("\n")), (status, 1), line)
            contains(line, "lockdown", "what refuses")
            contains(line, "reuse flags", "what is not known")
        holder = json.loads(listed.stdout)["holders"][0]
        equal((holder["state"], holder["options"], [process["fd"] for process in holder["processes"]]),
              ("listen", None, [server.fileno()]), "holder")
        equal([json.loads(answer)["result"]["ok"] for answer in none.stdout.splitlines()], [False, False, None, None],
              "none, R, r, Rr")
