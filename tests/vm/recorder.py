# SPDX-License-Identifier: GPL-2.0-or-later
"""The flight recorder: what it committed is there after SIGKILL, within its bound, and can be asked meanwhile."""
import contextlib
import glob
import json
import os
import shutil
import sqlite3
import tempfile
import time

from checks import errno_of
from harness import REUSETRACE, Tracer, contains, end, equal, http_server, listens, run, start, wait_for
from systemd import Systemd

HERE = "127.0.0.1"
BINDLOOP = "/payload/bindloop"
KILLS = int(os.environ.get("RECORDER_KILLS", "2"))
BOUND = 8 << 20
SERVICE = "reusetrace-record.service"
UNIT = f"/payload/{SERVICE}"


def recorder(database, *options):
    return Tracer("record", "--db", database, "--max-size", "8M", "-j", *options, json=False)


@contextlib.contextmanager
def directory(options="size=64M"):
    """A tmpfs of its own."""
    path = tempfile.mkdtemp(prefix="recorder-")
    equal(run("mount", "-t", "tmpfs", "-o", options, "tmpfs", path).returncode, 0, "mount")
    try:
        yield path
    finally:
        equal(run("umount", "-l", path).returncode, 0, "umount")  # a recorder that failed may be left
        os.rmdir(path)


def acknowledged(trace):
    """The seq up to which it said that all is on disk."""
    trace.out.flush()
    with open(f"/proc/self/fd/{trace.out.fileno()}") as file:
        lines = [line for line in file.read().split("\n")[:-1]]
    return json.loads(lines[-1])["seq"] if lines else 0


def ask(database, question, *values):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute(question, values).fetchall()


def size(database):
    return sum(os.stat(name).st_size for name in glob.glob(database + "*"))


def history(database, *args):
    return run(REUSETRACE, "history", "--db", database, *args, env=dict(os.environ, TZ="UTC"))


def read(path):
    with open(path) as file:
        return file.read()


def story(port, database):
    """Served, refused, released, served by another process: their pids."""
    old = http_server(port)
    equal(errno_of(port), 98, "EADDRINUSE")
    wait_for(lambda: ask(database, "SELECT 1 FROM event WHERE port = ? AND json LIKE '%EADDRINUSE%'", port),
             "the refusal, told while its holder lives")
    end(old)
    new = http_server(port)
    end(new)
    return old.pid, new.pid


def test_history_while_it_records():
    with directory() as path:
        database = f"{path}/events.db"
        with recorder(database) as trace:
            old, new = story(7300, database)
            wait_for(lambda: ask(database, "SELECT 1 FROM event WHERE port = 7300 AND type = 'release' AND json LIKE ?",
                                 f'%"pid":{new},%'), "the last release")
            wait_for(lambda: ask(database, "SELECT 1 FROM event WHERE port = 7300 AND type = 'finding'"),
                     "that this process, which was refused, lives on")
            check_second_writer(database)
            check_history(database, old, new)
            check_views(database, old, new)
        equal((trace.status, "lost" in trace.stderr), (0, False), trace.stderr)
        check_replay(database)


def check_second_writer(database):
    second = run(REUSETRACE, "record", "--db", database)
    equal((second.returncode, second.stderr.decode()), (1, f"reusetrace: {database}: another recorder writes it\n"),
          "the second one")


def check_history(database, old, new):
    shown = history(database, "7300")
    equal((shown.returncode, shown.stderr), (0, b""), "history")
    text = shown.stdout.decode()
    for words in (f" {old} ", " listening\n", "EADDRINUSE\n", f"held by  python3[{old}] fd ", "because  ",
                  " released", " gap        port 7300 had no listener for ", f"python3[{old}] had it, bound again after "):
        contains(text, words, "history")
    rows = [line.split()[1] for line in text.splitlines()[1:] if line[0] != " "]
    equal(rows[0], str(old), "the first row")
    contains(rows, str(new), "the new server")
    equal(history(database, "7300/udp").stderr.decode(),
          f"reusetrace: nothing of that is recorded in {database}\n", "another protocol")
    equal(history(database, "127.0.0.2:7300").stdout, b"", "another address")
    equal(history(database, "7300", "--since", "1h").stdout, shown.stdout, "--since")
    events = [json.loads(line) for line in history(database, "-j", "-x", "7300").stdout.splitlines()]
    equal([(e["type"], e["result"]["errno"], e["verdict"]["rule"], e["verdict"]["agrees"]) for e in events[1:]
           if e["type"] != "finding"],
          [("bind", "EADDRINUSE", "no-reuse", True)], "-j -x")
    missing = run(REUSETRACE, "history", "--db", "/nowhere/events.db", "80")
    equal((missing.returncode, missing.stderr.count(b"\n")), (1, 1), missing.stderr)


def check_views(database, old, new):
    equal(ask(database, "SELECT errno, rule, holder_pid, holder_comm FROM refusal WHERE port = 7300"),
          [("EADDRINUSE", "no-reuse", old, "python3")], "refusal")
    equal(ask(database, "SELECT pid, before_pid, takeover FROM gap WHERE port = 7300"), [(new, old, None)], "gap")
    equal(ask(database, "SELECT pid, older, since < until FROM tenure WHERE port = 7300 ORDER BY since"),
          [(old, 0, 1), (new, 0, 1)], "tenure")
    equal(ask(database, "SELECT seq >= (SELECT max(seq) FROM event) FROM state"), [(1,)], "the published seq")


def check_replay(database):
    """The objects as they were recorded, judged again."""
    replayed = run(REUSETRACE, "replay", "-j", database)
    equal((replayed.returncode, replayed.stderr), (0, b""), "replay")
    again = {e["seq"]: e for e in map(json.loads, replayed.stdout.splitlines()) if e.get("verdict")}
    first = {e["seq"]: e for e in (json.loads(line) for line, in ask(database, "SELECT json FROM event")) if e.get("verdict")}
    equal(set(again), set(first), "the same attempts")
    equal([seq for seq in first if again[seq]["verdict"] != first[seq]["verdict"]], [], "verdicts")


def check_killed(database, last):
    """All of the newest run up to last, but for what made room when no older run was left."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        equal(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "integrity")
        (run_id, older), = connection.execute("SELECT max(run), max(run) <> min(run) FROM event").fetchall()
        (first, count, seen), = connection.execute("SELECT min(seq), count(*), max(seq) FROM event"
                                                   " WHERE run = ? AND seq <= ?", (run_id, last)).fetchall()
    equal((count, seen), (last - first + 1, last), f"events {first} to {last} of run {run_id}")
    equal(first == 2 or not older, True, f"run {run_id} begins with {first}, older ones are there")


@contextlib.contextmanager
def loaded(database):
    """A recorder, and somebody who binds all the time."""
    trace = recorder(database)
    load = None
    try:
        trace.__enter__()
        before = acknowledged(trace)
        load = start(BINDLOOP, "-1", "1", "1000000", "7400")
        yield trace, before
    finally:
        for process in filter(None, (getattr(trace, "process", None), load)):
            process.kill()
            process.wait()


def kill_one(database, more):
    """Under load, behind that many more acknowledged events; how many were and the largest size seen."""
    sizes = []

    def is_loaded():
        sizes.append(size(database))
        return acknowledged(trace) > before + more

    with loaded(database) as (trace, before):
        wait_for(is_loaded, "commits")
    sizes.append(size(database))
    equal(max(sizes) <= BOUND, True, f"{max(sizes)} bytes, while it ran and when it was dead")
    check_killed(database, acknowledged(trace))
    equal(size(database) <= BOUND, True, f"{size(database)} bytes, once opened")
    return acknowledged(trace), max(sizes)


def lengthen(database):
    """As if it had been recorded for long: over and over the same, until there is no room left (a quarter is the log's)."""
    columns = "run, seq, time_ns, type, protocol, address, port, pid, comm, ok, rule, json"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        while os.stat(database).st_size < BOUND * 3 // 4:
            with connection:
                connection.execute(f"INSERT INTO event ({columns}) SELECT {columns} FROM event LIMIT 100")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return connection.execute("SELECT count(*) FROM event").fetchall()[0][0]


def test_killed_under_load():
    """RECORDER_KILLS=200 of `make recorder-kills` takes most of an hour.  From the second on, all is at the bound."""
    with directory() as path:
        database = f"{path}/events.db"
        killed = [kill_one(database, 50)]
        before = lengthen(database)
        for n in range(1, KILLS):
            killed.append(kill_one(database, 50 + 37 * n % 150))
            if n % 20 == 19 or n == KILLS - 1:
                print(f"# killed {n + 1} times, {sum(seq for seq, _ in killed)} events acknowledged, "
                      f"at most {max(most for _, most in killed)} of {BOUND} bytes", flush=True)
        equal(ask(database, "SELECT max(run) FROM event"), [(KILLS,)], "runs")
        (left,), = ask(database, "SELECT count(*) FROM event WHERE run = 1")
        equal(left < before, True, f"the oldest made room: {left} of {before} are left")


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4096)


@contextlib.contextmanager
def clock_back(seconds):
    """The wall clock is set back for a while."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() - seconds)
    try:
        yield
    finally:
        time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)


def test_disk_that_takes_nothing():
    """Read-only at first, full later: a line each, and what happened meanwhile is recorded once it is over.
    When it tries again is no matter of the wall clock."""
    with directory("size=12M") as path:
        database = f"{path}/events.db"
        line = f"reusetrace: {database}: %s; the trace goes on, events wait in memory\n"
        read_only, full = line % "Read-only file system", line % "No space left on device"
        again = f"reusetrace: {database}: recording again, 0 events were dropped\n"
        equal(run("mount", "-o", "remount,ro", path).returncode, 0, "remount")
        with recorder(database) as trace:
            equal(errno_of(7301), 0, "a bind")
            wait_for(lambda: read_only in trace.read_stderr(), read_only)
            with clock_back(3600):
                equal(run("mount", "-o", "remount,rw", path).returncode, 0, "remount")
                wait_for(lambda: again in trace.read_stderr(), again)
            check_bound(database, 7301)
            fill(f"{path}/filler")
            wait_for(lambda: errno_of(7302) or full in trace.read_stderr(), full)
            os.unlink(f"{path}/filler")
            wait_for(lambda: trace.read_stderr().count(again) == 2, again)
            check_bound(database, 7302)
        equal((trace.status, trace.stderr), (0, f"ready\n{read_only}{again}{full}{again}"), "what it said")
        equal(ask(database, "SELECT max(seq) - min(seq) + 1 - count(*) FROM event"), [(0,)], "events that are missing")


def check_bound(database, port):
    rows = ask(database, "SELECT DISTINCT ok, rule FROM event WHERE port = ? AND type = 'bind'", port)
    equal(rows, [(1, "free")], f"the bind of {port}")


def test_service():
    """The unit that is shipped, with all its protections, and the program where it is here."""
    database = "/var/lib/reusetrace/events.db"
    with Systemd() as systemd:
        shutil.copy(UNIT, systemd.directory)
        os.makedirs(f"{systemd.directory}/{SERVICE}.d")
        said = f"{systemd.directory}/said"
        systemd.write(f"{SERVICE}.d/here.conf", f"[Service]\nStandardError=file:{said}\nExecStart=\n"
                      f"ExecStart={os.path.abspath(REUSETRACE)} record --max-size 64M --max-age 30d\n")
        systemd.write("holder.service", f"[Service]\nType=exec\nExecStart=/bin/nc -l {HERE} 7303\n")
        systemd.reload()
        systemd.ctl("start", SERVICE)
        wait_for(lambda: read(said).endswith("ready\n") or systemd.show(SERVICE, "SubState") != "running", "the service")
        equal((read(said), systemd.show(SERVICE, "ExecMainStatus")), ("ready\n", "0"), "what it said")
        systemd.ctl("start", "holder.service")
        wait_for(lambda: listens(7303), "the holder")
        equal(errno_of(7303), 98, "EADDRINUSE")
        rows = wait_for(lambda: ask(database, "SELECT refusal.rule, holder_comm, tenure.unit FROM refusal JOIN tenure USING (port)"
                                              " WHERE port = 7303"), "the refusal")
        equal(rows, [("no-reuse", "nc", "holder.service")], "the refusal")
        equal(systemd.show(SERVICE, "ActiveState"), "active", "state")
        systemd.ctl("stop", "holder.service")
        systemd.ctl("stop", SERVICE)
        equal(systemd.show(SERVICE, "Result"), "success", "result")
    equal((os.stat(database).st_mode & 0o777, os.stat(os.path.dirname(database)).st_mode & 0o777), (0o640, 0o750), "modes")
    contains(run(REUSETRACE, "history", "7303").stdout.decode(), "EADDRINUSE", "history")
