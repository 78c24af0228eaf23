# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios once more, with a tracer that AddressSanitizer and UndefinedBehaviorSanitizer look after."""
import os
import subprocess
import sys

from harness import contains, equal, skip

PROGRAM = "./reusetrace-sanitized"
# Of the sources, the look-ups, the views and the ends of a trace; the harness fails where a sanitizer spoke.
SCENARIOS = (
    "pairs", "holders", "unix", "deliveries", "refusals_address", "refusals_range", "recorder.test_history_while_it_records",
    "faults.test_hostile_names", "faults.test_lost_records_are_told", "faults.test_closed_pipe_ends_it",
)


def test_scenarios():
    if not os.path.exists(PROGRAM):
        skip(f"no {PROGRAM}: `make sanitized payload`")
    environment = os.environ | {"REUSETRACE": PROGRAM, "ASAN_OPTIONS": "exitcode=99:detect_leaks=1"}
    done = subprocess.run([sys.executable, "-u", "scenarios.py", *SCENARIOS], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    words = done.stdout.split("\nnot ok ")[1:]
    equal((done.returncode, words), (0, []), f"status, what failed of\n{done.stdout}")
    contains(done.stdout, " passed, 0 failed, ", "scenarios")
