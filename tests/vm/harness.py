# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios share: a tracer to drive, conditions to wait for, a runner.

A scenario is a function whose name begins with test_.  It raises to fail and
calls skip() to be skipped, always with a reason.  Scenarios run in one guest,
one after the other, as root; nothing here sleeps, it waits for conditions.
"""
import ctypes
import functools
import importlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import traceback

from conditions import PATIENCE_S, Skip, contains, equal, wait_for  # noqa: F401

REUSETRACE = os.environ.get("REUSETRACE", "./reusetrace")
READY_PATIENCE_S = 300  # billions of instructions, most of them the verifier's: minutes where the host is busy
SANITIZERS = ("Sanitizer", "runtime error:")  # of a program that was built with them
CLONE_NEWNET = 0x40000000
SESSION = []
BEFORE_SESSION = []
AFTER_SESSION = []


def skip(reason):
    raise Skip(reason)


def kernel():
    """(6, 12) on 6.12.107+deb13-cloud-amd64."""
    return tuple(int(part) for part in os.uname().release.split(".")[:2])


class Tracer:
    """A running reusetrace.  JSON unless json=False; args are its own.

    with Tracer("-P", "8080") as trace:
        ...stimulus...
    trace.events -> list of objects, trace.text -> stdout, trace.stderr, trace.status
    """

    def __init__(self, *args, json=True, prefix=(), command=(), wait_ready=True, env=None, stdout=None):
        self.json = json
        self.args = [*prefix, REUSETRACE, *(["-j"] if json else []), *args]
        self.output = None
        if command:
            self.output = tempfile.mktemp(prefix="trace-")
            self.args += ["-o", self.output, "--", *command]
        self.wait_ready = wait_ready
        self.env = dict(os.environ, TZ="UTC", **(env or {}))
        self.stdout = stdout
        self.events, self.text, self.stderr, self.status = [], "", "", None

    def __enter__(self):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=self.stdout or self.out,
                                        stderr=self.err, env=self.env)
        if self.wait_ready:
            self.await_ready()
        return self

    def await_ready(self):
        wait_for(lambda: "ready\n" in self.read_stderr() or self.process.poll() is not None, "ready", READY_PATIENCE_S)
        if self.process.poll() is not None and "ready\n" not in self.read_stderr():
            raise AssertionError(f"{self.args} exited {self.process.returncode}: {self.read_stderr()}")

    def read_stderr(self):
        with open(self.err.name, errors="replace") as file:
            return file.read()

    def read_out(self):
        """Its standard output until now."""
        with open(f"/proc/self/fd/{self.out.fileno()}", "rb") as file:
            return file.read()

    def wait(self):
        """Until it ends by itself (COMMAND, --limit, -d)."""
        self.process.wait(PATIENCE_S)
        return self.collect()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait()

    def collect(self):
        self.status = self.process.returncode
        self.stderr = self.read_stderr()
        if any(part in self.stderr for part in SANITIZERS):
            raise AssertionError(f"{self.args}: {self.stderr}")
        self.out.seek(0)
        raw = self.out.read()
        if self.output:
            with open(self.output, "rb") as file:
                raw = file.read()
            os.unlink(self.output)
            self.output = None
        self.text = raw.decode("utf-8")
        if self.json:
            self.events = [json.loads(line) for line in self.text.splitlines()]
        return self

    def __exit__(self, kind, value, trace):
        if kind and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        elif not kind and self.status is None:
            self.stop()
        return False

    def of(self, *types, **match):
        """Events of these types; match compares dotted paths written with __: result__errno="EADDRINUSE"."""
        found = []
        for event in self.events:
            if event["type"] in types and all(lookup(event, path) == want for path, want in match.items()):
                found.append(event)
        return found

    def one(self, *types, **match):
        found = self.of(*types, **match)
        if len(found) != 1:
            shown = "\n".join(json.dumps(event)[:600] for event in self.of(*types))
            raise AssertionError(f"{len(found)} of {types} {match}, want 1; all of these types:\n{shown}")
        return found[0]

    @property
    def end(self):
        return self.one("end")


def lookup(event, path):
    value = event
    for key in path.split("__"):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def check_refused(event, rule, culprit_pid=None, errno="EADDRINUSE"):
    """A refusal that is explained: rule, culprit and agreement."""
    equal(event["result"]["errno"], errno, "errno")
    equal((event["verdict"]["rule"], event["verdict"]["agrees"]), (rule, True), "rule, agrees")
    if culprit_pid is not None:
        culprit = event["holders"][0]
        equal(culprit["culprit"], True, "first holder is the culprit")
        equal([p["pid"] for p in culprit["processes"]], [culprit_pid], "culprit's processes")
    return event


def check_accepted(event, rule):
    equal(event["result"]["ok"], True, "accepted")
    equal((event["verdict"]["rule"], event["verdict"]["agrees"]), (rule, True), "rule, agrees")
    return event


def listens(port, count=1):
    """How many sockets listen on a TCP port here, by /proc/net/tcp and tcp6."""
    found = 0
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name) as file:
            for line in list(file)[1:]:
                fields = line.split()
                found += fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port
    return found >= count


def start(*argv, **options):
    options.setdefault("stdout", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.DEVNULL)
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options)


def start_server(port, *argv, count=1, **options):
    """A process that is running and listening."""
    process = start(*argv, **options)
    wait_for(lambda: listens(port, count) or process.poll() is not None, f"{argv[0]} on {port}")
    if process.poll() is not None:
        raise AssertionError(f"{argv} ended with {process.returncode}")
    return process


def http_server(port):
    return start_server(port, "python3", "-m", "http.server", str(port), "--bind", "127.0.0.1")


def end(*processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(PATIENCE_S)


def run(*argv, **options):
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, **options)


def in_child(scenario, prepare=lambda: None):
    """Runs a scenario in a child; its failure is this one's."""
    for session in SESSION:
        session.read()
    done, result = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            prepare()
            scenario()
            text = "ok"
        except Skip as reason:
            text = f"skip {reason}"
        except BaseException:
            text = traceback.format_exc()
        os.write(result, text.encode())
        os._exit(0)
    os.close(result)
    with open(done, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(pid, 0)
    if text.startswith("skip "):
        skip(text.removeprefix("skip "))
    if text != "ok":
        raise AssertionError(f"in the child: {text}")


def new_netns():
    libc = ctypes.CDLL(None, use_errno=True)
    equal(libc.unshare(CLONE_NEWNET), 0, "unshare")
    equal(run("ip", "link", "set", "lo", "up").returncode, 0, "lo up")


def isolated(scenario):
    """The scenario has a network namespace of its own, sysctls and all."""
    @functools.wraps(scenario)
    def wrapped():
        in_child(scenario, new_netns)
    return wrapped


def set_sysctl(name, value):
    with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
        file.write(value)


class Follower:
    """The whole lines of a file that grows."""

    def __init__(self, path):
        self.path, self.at, self.rest = path, 0, b""

    def lines(self):
        with open(self.path, "rb") as file:
            file.seek(self.at)
            new = file.read()
        self.at += len(new)
        *whole, self.rest = (self.rest + new).split(b"\n")
        return [line.decode() for line in whole]


class Session:
    """A JSON and a text tracer, in their default mode unless there are arguments, that many scenarios share:
    starting one takes seconds under emulation."""

    def __init__(self, *args):
        self.directory = tempfile.mkdtemp(prefix="session-")
        paths = [os.path.join(self.directory, name) for name in ("json", "text")]
        self.tracers = [Tracer("-o", paths[0], *args, wait_ready=False),
                        Tracer("-o", paths[1], *args, json=False, wait_ready=False)]
        for tracer in self.tracers:
            tracer.__enter__()
        for tracer in self.tracers:
            tracer.await_ready()
        self.files = [Follower(path) for path in paths]
        self.events, self.text, self.taken = [], [], set()

    def read(self):
        """What came since the last time: events, and blocks of text (a row and the lines under it)."""
        self.events += [json.loads(line) for line in self.files[0].lines()]
        for line in self.files[1].lines():
            if line.startswith(" "):
                self.text[-1].append(line)
            else:
                self.text.append([line])
        return self

    def stop(self):
        self.signal(signal.SIGINT)
        for tracer in self.tracers:
            tracer.wait()
            equal((tracer.status, "lost" in tracer.stderr), (0, False), f"end of {tracer.args}: {tracer.stderr}")
        while AFTER_SESSION:
            AFTER_SESSION.pop(0)(self.files[0].path)
        shutil.rmtree(self.directory)

    def pause(self):
        """Nothing is read until resume(): what happens meanwhile is over when it is looked up."""
        self.signal(signal.SIGSTOP)
        wait_for(lambda: all(process_state(tracer.process.pid) == "T" for tracer in self.tracers), "SIGSTOP")

    def resume(self):
        self.signal(signal.SIGCONT)

    def signal(self, number):
        for tracer in self.tracers:
            os.kill(tracer.process.pid, number)  # Popen takes them for dead in a child of this process


def process_state(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def shared(*args):
    """The session of this run."""
    if not SESSION:
        while BEFORE_SESSION:
            BEFORE_SESSION.pop(0)()
        SESSION.append(Session(*args))
    return SESSION[0]


def end_shared():
    while SESSION:
        SESSION.pop().stop()


def run_scenario(name, scenario):
    """ok, not ok or skip."""
    began, detail, word = time.monotonic(), "", "ok"
    try:
        scenario()
    except Skip as reason:
        word, detail = "skip", str(reason)
    except Exception:
        word, detail = "not ok", traceback.format_exc()
    print(f"{word} {name} {time.monotonic() - began:.1f}s {detail}", flush=True)
    return word


def wanted(module, name, only):
    of_module = [test for test in only if test.startswith(module + ".")]
    return not of_module or f"{module}.{name}" in of_module


def run_scenarios(names, only=()):
    """TAP-like lines; the last one counts.  Status 0 if nothing failed.

    A module with SHARED = True uses the session, and its before_session() runs
    before that starts; after_session() is given its whole recording.  The other
    modules come last, undisturbed by it; one with SESSION_ARGS has a session of
    its own with these arguments.
    """
    modules = sorted(map(importlib.import_module, names), key=lambda module: not hasattr(module, "SHARED"))
    words = []
    BEFORE_SESSION.extend(module.before_session for module in modules if hasattr(module, "before_session"))
    AFTER_SESSION.extend(module.after_session for module in modules if hasattr(module, "after_session"))
    for module in [*modules, None]:
        if SESSION and not hasattr(module, "SHARED"):
            words.append(run_scenario("session", end_shared))
        for name, scenario in list(vars(module).items()) if module else ():
            if name.startswith("test_") and wanted(module.__name__, name, only):
                if hasattr(module, "SHARED") or hasattr(module, "SESSION_ARGS"):
                    shared(*getattr(module, "SESSION_ARGS", ()))
                words.append(run_scenario(f"{module.__name__}.{name}", scenario))
    print(f"{words.count('ok')} passed, {words.count('not ok')} failed, {words.count('skip')} skipped", flush=True)
    return "not ok" in words
