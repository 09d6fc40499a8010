"""A spool and a baseline on a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tocsin.agent.baseline import Baseline
from tocsin.agent.spool import Spool
from tocsin.core.clock import ManualClock
from tocsin.core.record import Record

NOW = 1_790_000_000_000_000


@dataclass
class Bench:
    """What a collector writes to, and a way to see it."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    spool: Spool = field(init=False)
    baseline: Baseline = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.spool = Spool(self.folder / "spool", "a1", limit_bytes=64 * 1024 * 1024)
        self.baseline = Baseline(self.folder / "baseline.db", self.spool, clock=self.clock, host="h1")

    def restart(self) -> None:
        self.close()
        self.open()

    def close(self) -> None:
        self.baseline.close()
        self.spool.close()

    def records(self) -> list[Record]:
        """Return everything ever written."""
        pending = self.spool.batch(1_000_000, 1 << 40)
        return list(pending.records) if pending else []

    def lines(self) -> list[bytes]:
        return [record.raw for record in self.records() if record.kind != "finding"]

    def findings(self) -> list[dict[str, Any]]:
        return [json.loads(record.raw) for record in self.records() if record.kind == "finding"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A fresh spool and baseline under `state`."""
    folder = tmp_path / "state"
    folder.mkdir()
    made = Bench(folder)
    yield made
    made.close()
