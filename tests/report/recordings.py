# SPDX-License-Identifier: GPL-2.0-or-later
"""Recordings that were never made, for the page to show."""
import json

BEGAN_NS = 1795341600 * 10**9  # 2026-11-22T10:00:00Z
BOOT_NS = BEGAN_NS - 1000 * 10**9
OPTIONS = ("reuseaddr", "reuseport", "force_reuse", "v6only", "freebind", "transparent", "bind_address_no_port")
POLICY = {"orphan_uid": "kept", "closed_group_ok": True}
HOSTILE = ("<img src=x>", "</script><b>", "&lt;\"'\u202e\x1b[31m")
HOSTILE_EXE = "/tmp/</script><script>document.title='taken'</script><!--"


class Recording:
    """start, what is added and end, in lines; times in seconds since the start."""

    def __init__(self):
        self.lines, self.last = [], 0
        self.add("start", 0, host="box", kernel="6.12", version="0.1", boot_unix_nano=str(BOOT_NS), policy=POLICY,
                 probes=[], filters=[])

    def add(self, kind, at, **members):
        unix_ns = BEGAN_NS + round(at * 10**9)
        self.last = max(self.last, at)
        self.lines.append(json.dumps({"schema": "reusetrace/1", "type": kind, "time_unix_nano": str(unix_ns),
                                      "seq": len(self.lines) + 1, **members}))

    def text(self):
        self.add("end", self.last + 1, records={}, lost={})
        return "".join(line + "\n" for line in self.lines)


def process(pid, comm, exe="/usr/bin/server"):
    return {"pid": pid, "tid": pid, "comm": comm, "exe": exe, "uid": 1000}


def sock(number, port, state="bound", flags=("reuseaddr",), address="127.0.0.1", protocol="tcp"):
    return {"id": f"s{number}", "inode": 1000 + number, "protocol": protocol, "family": "ipv4", "netns": 4026531840,
            "uid": 1000, "address": address, "port": port, "state": state,
            "requested": {"address": address, "port": port}, "options": {name: name in flags for name in OPTIONS}}


def facts(listening=False, chosen=False):
    return {"explicit_port": not listening and not chosen, "listening": listening, "asked": True,
            "range": [32768, 60999], "unprivileged_start": 1024, "bucket": {"present": False},
            "socket": {"port_chosen": chosen}}


def holder(held, owner):
    return {**held, "kind": "process", "processes": [{**owner, "fd": 3}], "facts": {"compared": True, "place": 0}}


def attempt(recording, at, kind, who, asking, code=0, holders=()):
    recording.add(kind, at, process=who, socket=asking, facts=facts(kind == "listen"),
                  result={"ok": not code, "code": code, "stage": "port" if code else None},
                  holders=list(holders), holders_total=len(holders))


def serve(recording, at, who, asking):
    attempt(recording, at, "bind", who, asking)
    attempt(recording, at, "listen", who, {**asking, "state": "listen"})


def release(recording, at, who, asking):
    recording.add("release", at, process=who, socket=asking, released="port")


def restart():
    """One port: a server, a second one that is refused, a restart after 3.2 s; names that try to be markup."""
    story = Recording()
    first, second, third = process(100, "python3"), process(200, "python3"), process(300, "python3")
    held = sock(1, 8080, "listen")
    serve(story, 1, first, sock(1, 8080))
    attempt(story, 2, "bind", second, sock(2, 8080), 98, [{**holder(held, first), "facts": {"compared": True}}])
    release(story, 3, first, held)
    serve(story, 6.2, third, sock(3, 8080))
    for number, comm in enumerate(HOSTILE):
        serve(story, 7, process(400 + number, comm, HOSTILE_EXE), sock(10 + number, 9000 + number))
    one = sock(20, 5353, flags=("reuseport",), protocol="udp")
    attempt(story, 8, "bind", process(500, "one"), one)
    attempt(story, 9, "bind", process(501, "two"), {**one, "id": "s21", "inode": 1021},
            holders=[{**holder(one, process(500, "one")), "facts": {"place": 0}}])
    story.add("autobind", 9.5, process=process(600, "client"), socket=sock(30, 45000), facts=facts(chosen=True),
              result={"ok": True})
    return story.text()


def many(count):
    """About as many events, of which each tenth is refused, on 400 ports."""
    story, number = Recording(), 0
    while len(story.lines) < count:
        port, at, who = 10000 + number % 400, number * 0.01, process(1000 + number, f"w{number}")
        serve(story, at, who, sock(number + 1, port))
        release(story, at + 3, who, sock(number + 1, port, "listen"))
        if number % 3 == 0:
            attempt(story, at + 1, "bind", process(5, "late"), sock(100000 + number, port), 98,
                    [holder(sock(number + 1, port, "listen"), who)])
        number += 1
    return story.text()
