# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest, with --icount: what tracers add to the system calls of others.

The unit is the guest instruction.  A row has, for a cycle of each kind
(see cycles.c), what the caller's own thread runs more than without a tracer,
and in parentheses what the machine runs more, the tracer's process included.
"""
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

ROUNDS = 1000
PATIENCE_S = 600
# Each on a port of its own: what a connection leaves is not in the way of who binds.
KINDS = {"bind": "7777", "connect": "7778", "send": "7779"}
OTHER_PORT = "1"
REUSETRACE = os.environ.get("REUSETRACE", "./reusetrace")
ONE_LINER = """
kprobe:inet_bind { @sock[tid] = arg0; }
kretprobe:inet_bind /@sock[tid]/ {
	$sk = ((struct socket *)@sock[tid])->sk;
	printf("%d %s %d %d %s %d %d %d\\n", pid, comm, retval, $sk->sk_protocol,
		ntop($sk->__sk_common.skc_rcv_saddr), $sk->__sk_common.skc_num,
		$sk->__sk_common.skc_reuse, $sk->__sk_common.skc_bound_dev_if);
	delete(@sock[tid]);
}
BEGIN { printf("begins\\n"); }
"""

# name: command, what tells that it is attached, and where; kernels where it runs
TRACERS = {
    "reusetrace": ([REUSETRACE, "-j"], b"ready\n", "stderr"),
    "reusetrace -P 1": ([REUSETRACE, "-j", "-P", OTHER_PORT], b"ready\n", "stderr"),
    "bindsnoop": (["stdbuf", "-oL", "bindsnoop"], b"PORT", "stdout"),
    "bindsnoop -P 1": (["stdbuf", "-oL", "bindsnoop", "-P", OTHER_PORT], b"PORT", "stdout"),
    "bindsnoop-bpfcc": (["stdbuf", "-oL", "bindsnoop-bpfcc"], b"PORT", "stdout"),
    "bpftrace": (["bpftrace", "-B", "line", "-e", ONE_LINER], b"begins", "stdout"),
}
PEERS_ON = "6.1."  # Debian 12's do not load on later kernels


class Tracer:
    """Runs while others are measured; its output is read to the end."""

    def __init__(self, argv, ready, stream):
        self.argv, self.ready, self.stream = argv, ready, stream

    def __enter__(self):
        self.complaint = tempfile.TemporaryFile()
        pipes = {"stdout": subprocess.DEVNULL, "stderr": self.complaint}
        pipes[self.stream] = subprocess.PIPE
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, **pipes,
                                        env=dict(os.environ, PYTHONUNBUFFERED="1"))
        pipe = getattr(self.process, self.stream)
        seen, end = b"", time.monotonic() + PATIENCE_S
        while self.ready not in seen:
            readable, _, _ = select.select([pipe], [], [], max(0, end - time.monotonic()))
            chunk = os.read(pipe.fileno(), 65536) if readable else b""
            if not chunk:
                self.complaint.seek(0)
                raise AssertionError(f"{self.argv}: no {self.ready!r} in {seen!r}: {self.complaint.read()!r}")
            seen += chunk
        self.reader = subprocess.Popen(["cat"], stdin=pipe, stdout=subprocess.DEVNULL)
        pipe.close()
        return self

    def idle(self):
        """Until it has done what there was: it sleeps, and its CPU time stands still."""
        was = None
        while True:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                stat = file.read().rsplit(")", 1)[1].split()
            now = (stat[0], stat[11], stat[12])
            if now == was and now[0] == "S":
                return
            was = now
            select.select([], [], [], 0.2)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.wait()


def cycle(kind, prefix=()):
    """(of the thread, of the machine)"""
    done = subprocess.run([*prefix, "./cycles", kind, str(ROUNDS), KINDS[kind]], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    return tuple(int(word) for word in done.stdout.split()[1:])


def show_headers():
    """To bcc, where the package would have; the guest's modules are on a file system of their own."""
    release = os.uname().release
    modules, headers = f"/lib/modules/{release}", f"/usr/src/linux-headers-{release}"
    if not os.path.isdir(headers):
        return
    subprocess.run(["mount", "-t", "tmpfs", "headers", modules], check=True)
    os.symlink(headers, f"{modules}/build")
    os.symlink(headers.replace("-cloud-amd64", "-common"), f"{modules}/source")


def row(name, none, took):
    print(f"trace-cost {name}:", *(f"{kind} +{took[kind][0] - none[kind][0]} (+{took[kind][1] - none[kind][1]})"
                                   for kind in KINDS), flush=True)


def main():
    show_headers()
    none = {kind: cycle(kind) for kind in KINDS}
    print("trace-cost without a tracer:", *(f"{kind} {none[kind][0]} ({none[kind][1]})" for kind in KINDS))
    for name, (argv, ready, stream) in TRACERS.items():
        program = argv[2] if argv[0] == "stdbuf" else argv[0]
        if program != REUSETRACE and (not shutil.which(program) or not os.uname().release.startswith(PEERS_ON)):
            continue
        with Tracer(argv, ready, stream) as tracer:
            took = {}
            for kind in KINDS:
                tracer.idle()
                took[kind] = cycle(kind)
            row(name, none, took)
    if shutil.which("strace"):
        prefix = ("strace", "-f", "-e", "trace=network", "-o", "/dev/null")
        row("strace", none, {kind: cycle(kind, prefix) for kind in KINDS})


sys.exit(main())
