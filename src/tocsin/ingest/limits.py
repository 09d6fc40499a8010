"""How much the pipeline holds, how long it waits and how many processes it may use."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from tocsin.ingest.clocks import DEFAULT_CLOCKS, Clocks

_RECORD_OVERHEAD_BYTES = 256


def default_workers() -> int:
    """Return the number of worker processes that leaves one core to the rest of the platform."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def size_of(raw: bytes) -> int:
    """Return what a record of these bytes is counted as in memory, in bytes."""
    return len(raw) + _RECORD_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """Settings of the pipeline."""

    batch_records: int = 5_000
    batch_bytes: int = 8 * 1024 * 1024
    batch_age_s: float = 0.2
    """The longest a record waits for others before its batch moves on."""
    queue_records: int = 100_000
    queue_bytes: int = 64 * 1024 * 1024
    """Beyond either, senders are told to wait."""
    workers: int = field(default_factory=default_workers)
    """Worker processes for classification; 0 does all of it in this process."""
    worker_batch_records: int = 500
    """Smaller batches are not worth the way to a worker and back."""
    worker_idle_s: float = 60.0
    """Workers are let go after this long without work."""
    look_ahead: int = 8
    """How many batches before their commit may be with the workers or back from them."""
    idle_check_s: float = 10.0
    """How often an idle pipeline looks whether its workers can go."""
    retry_s: float = 1.0
    """Pause before a full or failing event log is tried again."""
    clocks: Clocks = DEFAULT_CLOCKS
    """How far from its reception an event's own time may be."""
    commit_attempts: int = 3
    """Attempts at a commit that fails for another reason than lack of room."""
