# SPDX-License-Identifier: GPL-2.0-or-later
"""Windows programs under Wine, in a prefix of their own that needs no display."""
import os
import subprocess

START = 600  # seconds: the first program makes the prefix
USUAL = 120


class Wine:
    def __init__(self, program, build, folder):
        self.program = program
        self.build = build
        self.environment = {
            **os.environ,
            "WINEPREFIX": os.path.join(folder, "wine"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "winemenubuilder.exe=d;mscoree=d;mshtml=d",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }
        self.environment.pop("DISPLAY", None)

    def __enter__(self):
        self.run("reusetrace.exe", "--version", timeout=START)
        return self

    def __exit__(self, *_):
        for server in ("wineserver64", "wineserver"):
            path = os.path.join(os.path.dirname(os.path.realpath(self.program)), server)
            if os.path.exists(path):
                subprocess.run([path, "-k", "-w"], env=self.environment, timeout=USUAL, check=False)
                return

    def words(self, program, *words):
        return [self.program, os.path.join(self.build, program), *words]

    def run(self, program, *words, timeout=USUAL):
        """Exit status, standard output and standard error."""
        run = subprocess.run(self.words(program, *words), env=self.environment, capture_output=True,
                             stdin=subprocess.DEVNULL, timeout=timeout, check=False)
        return run.returncode, run.stdout.decode(), run.stderr.decode()

    def start(self, program, *words):
        return subprocess.Popen(self.words(program, *words), env=self.environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
