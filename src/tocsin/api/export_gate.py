"""The gate that exports and reports go through: each may ask the whole log, so only a few run at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tocsin.api.problems import TooManyRequestsError

MOST_EXPORTS = 4
"""An export reads the log for as long as its caller takes lines."""

_WAIT_S = 30


@contextmanager
def export_place(gate: threading.BoundedSemaphore) -> Iterator[None]:
    """Hold one of the places; raises `TooManyRequestsError` when all are taken."""
    if not gate.acquire(blocking=False):
        raise TooManyRequestsError("too many exports are running: wait until one has ended", _WAIT_S)
    try:
        yield
    finally:
        gate.release()
