# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel that was booted with lockdown=confidentiality: run this alone, in its own boot."""
import os

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
