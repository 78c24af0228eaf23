# SPDX-License-Identifier: GPL-2.0-or-later
"""The story that this tool exists for, on real programs."""
import sys

from harness import (Tracer, check_accepted, check_refused, contains, end, equal, run, start_server)

HTTP = (sys.executable, "-m", "http.server", "8080", "--bind", "127.0.0.1")


def test_http_server_twice():
    with Tracer("-P", "8080") as trace, Tracer("-P", "8080", json=False) as text:
        first = start_server(8080, *HTTP)
        second = run(*HTTP)
        end(first)
    contains(second.stderr.decode(), "Address already in use", "the server's own words")
    refused = check_refused(trace.one("bind", result__ok=False), "listener", first.pid)
    equal(refused["holders"][0]["processes"][0]["fd"], 3, "culprit's fd")
    contains(text.text, f"held by  python3[{first.pid}] fd 3, listening on 127.0.0.1:8080", "text")
    contains(text.text, "...R....", "flags")
    contains(text.text, "(rule listener)", "rule in text")


def test_netcat_twice():
    nc = ("nc", "-l", "127.0.0.1", "8080")
    with Tracer("-P", "8080") as trace, Tracer("-P", "8080", json=False) as text:
        first = start_server(8080, *nc)
        second = start_server(8080, *nc, count=2)
        end(first, second)
    shared = check_accepted(trace.one("bind", process__pid=second.pid), "reuseport-group")
    equal([p["pid"] for p in shared["holders"][0]["processes"]], [first.pid], "the other member")
    contains(text.text, f"shared with  nc[{first.pid}]", "text")
    contains(text.text, "spread", "who answers")
