"""Waiting for what a thread, a process or a server brings about: long enough for a machine that is busy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

PATIENCE_S = 120.0
"""How long a test waits for what comes about in a moment. Only a test that fails waits so long."""

PROCESS_S = 300.0
"""How long for a process to start, or to do its work and end: it loads far more than a moment's worth."""


def until(holds: Callable[[], T], patience_s: float = PATIENCE_S, pause_s: float = 0.02) -> T:
    """Return the first true value of `holds`; the test fails when there is none in time."""
    deadline = time.monotonic() + patience_s
    while not (found := holds()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {patience_s} s: {holds}, which is now {found!r}")
        time.sleep(pause_s)
    return found
