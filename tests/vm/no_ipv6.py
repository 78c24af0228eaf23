# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that was booted without IPv6: run this alone, in its own boot."""
import errno
import json
import os
import socket

from children import bind
from harness import REUSETRACE, Tracer, check_refused, contains, equal, run, skip

PORT = 7085
HERE = "127.0.0.1"


def without_ipv6():
    """No socket of it can be made."""
    with open("/proc/cmdline") as file:
        if "ipv6.disable=1" not in file.read():
            skip("not booted with ipv6.disable=1")
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError as error:
        equal(error.errno, errno.EAFNOSUPPORT, "why there is no IPv6 socket")
        return
    raise AssertionError("a socket of IPv6, with ipv6.disable=1")


def test_trace():
    without_ipv6()
    with socket.create_server((HERE, PORT)), Tracer("-P", f"{PORT},{PORT + 1}") as trace:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            equal(bind(PORT + 1, kind=kind), 0, "a bind")
        equal(bind(PORT), errno.EADDRINUSE, "a bind of a port that is taken")
    equal((trace.status, trace.stderr), (0, "ready\n"), "status, stderr")
    check_refused(trace.one("bind", result__ok=False), "no-reuse", os.getpid())
    free = trace.of("bind", result__ok=True)
    equal([(event["socket"]["protocol"], event["verdict"]["rule"]) for event in free],
          [("tcp", "free"), ("udp", "free")], "the others")


def test_ls_and_why():
    without_ipv6()
    with socket.create_server((HERE, PORT)):
        listed = run(REUSETRACE, "ls", "-j", str(PORT))
        equal((listed.returncode, listed.stderr), (0, b""), "ls: status, stderr")
        rows = [json.loads(line)["socket"] for line in listed.stdout.splitlines() if b'"holder"' in line]
        equal([(row["family"], row["address"], row["port"]) for row in rows], [("ipv4", HERE, PORT)], "ls")
        asked = run(REUSETRACE, "why", f"{HERE}:{PORT}")
        equal((asked.returncode, asked.stderr), (10, b""), "why: status, stderr")
        contains(asked.stdout.decode(), f"[{os.getpid()}]", "why: who has it")
    for address in (f"{HERE}:{PORT}", str(PORT)):
        asked = run(REUSETRACE, "why", address)
        equal((asked.returncode, asked.stderr), (0, b""), f"why {address}: status, stderr; {asked.stdout}")
    for arguments in ((f"[::1]:{PORT}",), ("--v6only", str(PORT))):
        asked = run(REUSETRACE, "why", *arguments)
        equal((asked.returncode, asked.stdout), (2, b""), f"why {arguments}: status, stdout")
        contains(asked.stderr.decode(), "IPv6", "why not")
