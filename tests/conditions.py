# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests in Python say of what they see, and how they wait for it: nothing sleeps."""
import select
import time

PATIENCE_S = 60
POLL_S = 0.02


class Skip(Exception):
    pass


def wait_for(condition, what, patience=PATIENCE_S):
    """Until condition() is true; its value is returned."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], POLL_S)
    raise AssertionError(f"waited {patience} s for {what}")


def equal(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def contains(text, part, what):
    if part not in (text or ""):
        raise AssertionError(f"{what}: {part!r} not in {text!r}")
