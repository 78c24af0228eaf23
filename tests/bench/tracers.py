# SPDX-License-Identifier: GPL-2.0-or-later
"""In the guest: the tracers that are compared, and how one is run while something is measured."""
import os
import select
import shutil
import subprocess
import tempfile
import time

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

# name: command, what tells that it is attached, and where
TRACERS = {
    "reusetrace": ([REUSETRACE], b"ready\n", "stderr"),
    "reusetrace -j": ([REUSETRACE, "-j"], b"ready\n", "stderr"),
    "reusetrace -P 1": ([REUSETRACE, "-P", OTHER_PORT], b"ready\n", "stderr"),
    "bindsnoop": (["stdbuf", "-oL", "bindsnoop"], b"PORT", "stdout"),
    "bindsnoop -P 1": (["stdbuf", "-oL", "bindsnoop", "-P", OTHER_PORT], b"PORT", "stdout"),
    "bindsnoop-bpfcc": (["stdbuf", "-oL", "bindsnoop-bpfcc"], b"PORT", "stdout"),
    "bpftrace": (["bpftrace", "-B", "line", "-e", ONE_LINER], b"begins", "stdout"),
}

# What no tracer that hooks these functions can cost less than, where it comes to all of them: they do nothing.
CALLS = ("kretfunc:__sys_setsockopt", "kretfunc:__sys_bind", "kretfunc:__sys_listen", "kfunc:inet_put_port")
DECISIONS = (
    "kfunc:security_socket_bind", "kretfunc:security_socket_bind",
    "kfunc:security_socket_listen", "kretfunc:security_socket_listen",
    *(f"kretfunc:{module}_socket_{call}" for module in ("apparmor", "tomoyo", "bpf_lsm") for call in ("bind", "listen")),
    "kfunc:inet_csk_get_port", "kretfunc:inet_csk_get_port", "kfunc:inet_csk_update_fastreuse",
    "kretfunc:inet_csk_bind_conflict", "kretfunc:inet_bhash2_addr_any_conflict", "kretfunc:inet_bind_conflict",
)


def empty(hooks):
    program = "".join(f"{hook} {{ }}\n" for hook in hooks) + 'BEGIN { printf("begins\\n"); }'
    return ["bpftrace", "-B", "line", "-e", program], b"begins", "stdout"


FLOORS = {
    "four empty hooks": empty(CALLS),
    "empty hooks": empty(CALLS + DECISIONS),
}
PEERS_ON = "6.1."  # Debian 12's do not load on later kernels


def program_of(argv):
    return argv[2] if argv[0] == "stdbuf" else argv[0]


def available(tracers=None):
    """The names of those that are installed here and load on this kernel."""
    old = os.uname().release.startswith(PEERS_ON)
    return [name for name, (argv, _, _) in (tracers or TRACERS).items()
            if program_of(argv) == REUSETRACE or (old and shutil.which(program_of(argv)))]


def show_headers():
    """To bcc, where the package would have; the guest's modules are on a file system of their own."""
    release = os.uname().release
    modules, headers = f"/lib/modules/{release}", f"/usr/src/linux-headers-{release}"
    if not os.path.isdir(headers):
        return
    subprocess.run(["mount", "-t", "tmpfs", "headers", modules], check=True)
    os.symlink(headers, f"{modules}/build")
    os.symlink(headers.replace("-cloud-amd64", "-common"), f"{modules}/source")


class Tracer:
    """Runs while others are measured; its output is read to the end.

    Then `count` is how many lines it wrote, and `said` what it said at its end on stderr, if that was read.
    """

    def __init__(self, name):
        self.argv, self.ready, self.stream = (TRACERS | FLOORS)[name]

    def __enter__(self):
        self.complaint = tempfile.TemporaryFile()
        pipes = {"stdout": subprocess.PIPE, "stderr": self.complaint}
        pipes[self.stream] = subprocess.PIPE
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, **pipes,
                                        env=dict(os.environ, PYTHONUNBUFFERED="1"))
        self.began = time.monotonic()
        self.wait_until_attached(getattr(self.process, self.stream))
        self.start_s = time.monotonic() - self.began
        self.reader = subprocess.Popen(["sed", "-n", "$="], stdin=self.process.stdout, stdout=subprocess.PIPE)
        self.process.stdout.close()
        return self

    def wait_until_attached(self, pipe):
        """However long by this clock, which jumps while the guest waits for its disk: the machine has a limit."""
        seen = b""
        while self.ready not in seen:
            chunk = os.read(pipe.fileno(), 65536)
            if not chunk:
                self.complaint.seek(0)
                raise AssertionError(f"{self.argv}: no {self.ready!r} in {seen!r}: {self.complaint.read()!r}")
            seen += chunk

    def stat(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()

    def cpu_s(self):
        """As the scheduler has it: what it ran, not how often a tick found it running."""
        with open(f"/proc/{self.process.pid}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def idle(self):
        """Until it has done what there was: it sleeps, and its CPU time stands still."""
        was = None
        while True:
            stat = self.stat()
            now = (stat[0], stat[11], stat[12])
            if now == was and now[0] == "S":
                return
            was = now
            select.select([], [], [], 0.2)

    def __exit__(self, *_):
        self.process.terminate()
        self.count = int(self.reader.communicate()[0] or 0)
        self.said = self.process.stderr.read() if self.process.stderr else b""
        self.process.wait()
        self.complaint.close()
