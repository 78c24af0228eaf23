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

    def server(self, *words):
        """Without one that stays, every program boots the whole prefix first."""
        folder = os.path.dirname(os.path.realpath(self.program))
        for name in ("wineserver64", "wineserver"):
            if os.path.exists(os.path.join(folder, name)):
                subprocess.run([os.path.join(folder, name), *words], env=self.environment, timeout=USUAL, check=False)
                return

    def __enter__(self):
        os.makedirs(self.environment["WINEPREFIX"])
        self.server("-p")
        # The services that this starts keep its output open.
        subprocess.run(self.words("reusetrace.exe", "--version"), env=self.environment, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=START, check=True)
        return self

    def __exit__(self, *_):
        self.server("-k", "-w")

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
