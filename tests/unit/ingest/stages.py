"""Stand-ins for the stages after ingest: small, deterministic, and able to fail on command."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.waiting import PATIENCE_S
from tocsin.core.errors import TocsinError
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Classifier, Stages

POISON = b"poison"
FATAL = b"fatal"


class PlainClassifier:
    """Reads the text; raises on a poisoned record and dies on a fatal one."""

    def __init__(self, kill_once: str = "", safe_process: int = 0) -> None:
        self._kill_once = kill_once
        self._safe = os.getpid() == safe_process  # never kill the tests themselves

    def classify(self, records: list[Record]) -> list[Classified]:
        if self._kill_once and not self._safe and Path(self._kill_once).exists():
            Path(self._kill_once).unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        for record in records:
            if record.raw == POISON:
                raise RuntimeError("poisoned")
            if record.raw == FATAL:
                assert not self._safe, "a fatal record was classified in this process"
                os.kill(os.getpid(), signal.SIGKILL)
        return [Classified(event_of(record)) for record in records]


@dataclass(frozen=True)
class PlainFactory:
    """Makes plain classifiers; with `kill_once`, the first one to see that file dies in mid-batch."""

    kill_once: str = ""
    safe_process: int = field(default_factory=os.getpid)

    def __call__(self) -> Classifier:
        return PlainClassifier(self.kill_once, self.safe_process)


def event_of(record: Record) -> Event:
    message = record.raw.decode("utf-8", "replace")
    raw = None if message.encode() == record.raw else record.raw
    return Event(record.source, record.seq, record.collected_at, record.collected_at, message, {}, raw)


class FullError(TocsinError):
    code = "store-full"


class BrokenError(TocsinError):
    code = "store"


@dataclass
class Done:
    number: int
    stored: int
    duplicates: int


@dataclass
class MemoryStore:
    """Keeps events and marks; `failures` are raised one per commit before anything is kept."""

    events: list[Event] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)
    commits: list[tuple[str, int]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def commit(self, source: str, events: Sequence[Event], last_seq: int) -> Done:
        assert self.gate.wait(PATIENCE_S)
        if self.failures:
            raise self.failures.pop(0)
        mark = self.mark(source)
        new = [event for event in events if event.seq > mark]
        self.events.extend(new)
        self.marks[source] = max(mark, last_seq)
        self.commits.append((source, len(new)))
        return Done(len(self.commits), len(new), len(events) - len(new))

    def mark(self, source: str) -> int:
        return self.marks.get(source, 0)

    def get(self, ids: Sequence[str]) -> list[Event]:
        return [event for event in self.events if event.id in ids]

    def seqs(self, source: str) -> list[int]:
        return [event.seq for event in self.events if event.source == source]

    def messages(self, source: str) -> list[str]:
        return [event.message for event in self.events if event.source == source]


def stages_on(store: MemoryStore, factory: PlainFactory | None = None) -> Stages:
    return Stages(
        classifier=factory or PlainFactory(),
        settle=lambda classified: [item.event for item in classified],
        match=lambda _events: None,
        commit=store.commit,
        mark=store.mark,
    )


def records(source: str, first: int, count: int, raw: bytes = b"line %d") -> list[Record]:
    return [
        Record(source, seq, raw % seq if b"%d" in raw else raw, 1_700_000_000_000_000)
        for seq in range(first, first + count)
    ]


@contextmanager
def running(
    store: MemoryStore, ledger: Ledger, factory: PlainFactory | None = None, **limits: float
) -> Iterator[Pipeline]:
    """Yield a pipeline at work with these limits, without workers unless they are asked for."""
    wanted = {"workers": 0, "batch_age_s": 0.02, "retry_s": 0.01, **limits}
    pipeline = Pipeline(stages_on(store, factory), ledger, Limits(**wanted))  # type: ignore[arg-type]  # numbers of either kind
    pipeline.start()
    try:
        yield pipeline
    finally:
        store.gate.set()
        pipeline.stop()
