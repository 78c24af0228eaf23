# SPDX-License-Identifier: GPL-2.0-or-later
"""A real systemd that manages the guest's services, beside the process 1 that the guest already has.

It is process 1 of a pid namespace of its own, and shares everything else:
network, files, /run and the cgroup tree, in which its units are where they
always are ("/system.slice/nginx.service").  Units are read from one directory
only, so nothing starts that a scenario did not ask for:

    with Systemd() as systemd:
        systemd.write("web.service", "[Service]\\nExecStart=/usr/sbin/nginx ...\\n")
        systemd.take("nginx.service")            # the one that the package installed
        systemd.ctl("start", "web.service")
        systemd.pid("web.service")               # its main process, as the guest counts

Debian 12's is built without BPF_FRAMEWORK and ignores SocketBindDeny=; it
does attach a pinned program: BPFProgram=bind4:/sys/fs/bpf/NAME.
"""
import os
import shutil
import signal
import tempfile

from harness import PATIENCE_S, run, start, wait_for

PROGRAM = "/lib/systemd/systemd"
INSTALLED = "/lib/systemd/system"
CGROUPS = "/sys/fs/cgroup"
TARGET = "scenario.target"
# What units with default dependencies pull in.
EMPTY = ("sysinit.target", "basic.target", "sockets.target", "shutdown.target", "network.target", TARGET)


class Systemd:
    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="units-", dir="/run")
        os.chmod(self.directory, 0o755)
        for unit in EMPTY:
            self.write(unit, "[Unit]\nDefaultDependencies=no\n")
        self.before = set(cgroups())
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.process = start("unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                             PROGRAM, "--system", f"--unit={TARGET}", "--log-target=console", "--show-status=0",
                             stdout=self.log, stderr=self.log,
                             env=dict(os.environ, container="scenario", SYSTEMD_UNIT_PATH=self.directory))
        try:
            self.init = wait_for(self.find_init, "process 1 of the namespace")
            wait_for(lambda: self.try_ctl("is-active", TARGET).returncode == 0, TARGET)
        except AssertionError as error:
            self.log.seek(0)
            raise AssertionError(f"{error}; it said: {self.log.read()}") from error
        return self

    def find_init(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            children = file.read().split()
        return int(children[0]) if children else None

    def write(self, unit, text):
        with open(os.path.join(self.directory, unit), "w") as file:
            file.write(text)

    def take(self, unit, *drop_ins):
        """The unit that a package installed, with more lines of one's own."""
        shutil.copy(os.path.join(INSTALLED, unit), self.directory)
        if drop_ins:
            os.makedirs(os.path.join(self.directory, unit + ".d"))
            self.write(unit + ".d/scenario.conf", "\n".join(drop_ins) + "\n")

    def try_ctl(self, *argv):
        return run("nsenter", "-t", str(self.init), "-p", "-m", "systemctl", *argv)

    def ctl(self, *argv):
        """systemctl; what it printed.  It must succeed."""
        done = self.try_ctl(*argv)
        if done.returncode:
            raise AssertionError(f"systemctl {argv}: {done.stderr.decode()}{done.stdout.decode()}")
        return done.stdout.decode().strip()

    def reload(self):
        self.ctl("daemon-reload")

    def show(self, unit, name):
        return self.ctl("show", "--value", "-p", name, unit)

    def pid(self, unit):
        """MainPID as the guest's process 1 counts: systemd counts in its own namespace."""
        return self.host_pid(int(self.show(unit, "MainPID")), self.show(unit, "ControlGroup"))

    def host_pid(self, inner, group):
        pids = processes_under(CGROUPS + group)
        for pid in pids:
            with open(f"/proc/{pid}/status") as file:
                ids = next(line.split()[1:] for line in file if line.startswith("NSpid:"))
            if int(ids[-1]) == inner:
                return pid
        raise AssertionError(f"no process {inner} among {pids} of {group}")

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)
        self.log.close()
        for group in sorted(set(cgroups()) - self.before, reverse=True):
            wait_for(lambda: removed(group), f"{group} to be empty")
        shutil.rmtree(self.directory)
        shutil.rmtree("/run/systemd", ignore_errors=True)
        return False


def cgroups():
    return [directory for directory, _, _ in os.walk(CGROUPS)]


def processes_under(group):
    """Those of sub-groups too, into which a manager of its own units moves itself."""
    pids = []
    for directory, _, _ in os.walk(group):
        with open(os.path.join(directory, "cgroup.procs")) as file:
            pids += [int(line) for line in file]
    return pids


def removed(group):
    try:
        os.rmdir(group)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
