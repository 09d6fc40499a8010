"""Put a log file through the whole pipeline, once: the same content imported again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from tocsin.core.clock import Clock
from tocsin.core.errors import Location, Problem
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError, ImportRefusedError
from tocsin.ingest.files import Identity, identify
from tocsin.ingest.formats import Format, Read, read_file
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline

_BATCH_RECORDS = 5_000
_BATCH_BYTES = 4 * 1024 * 1024
_MAX_PROBLEMS = 1_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come, in bytes of the file on disk."""

    done_bytes: int
    total_bytes: int
    records: int


@dataclass(slots=True)
class Summary:
    """What became of a file: records = stored + duplicates + refused."""

    path: str
    source: str
    records: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """How often each reason was given."""
    problems: list[Problem] = field(default_factory=list)
    """The first thousand refusals, with their place."""
    stopped: str = ""
    """Why the rest of the file was not read; empty when it was."""

    def refuse(self, number: int, fault: str) -> None:
        """Note that a record was refused."""
        self.refused[fault.split(":", maxsplit=1)[0]] += 1
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(Problem(Location(self.path, number), fault))


OnProgress = Callable[[Progress], None]


class Importer:
    """Imports files, one after the other."""

    def __init__(self, pipeline: Pipeline, ledger: Ledger, clock: Clock) -> None:
        self._pipeline = pipeline
        self._ledger = ledger
        self._clock = clock

    def run(self, path: Path, wanted: Format = "auto", on_progress: OnProgress | None = None) -> Summary:
        """Import one file; returns when everything of it is durable or refused.

        A bad line is refused with its place; what cannot be read further ends the file and is said in
        `stopped`. Raises `ImportRefusedError` for what is no readable file, and `NoRoomError`,
        `NotStoredError`: run it again then, it goes on where it stood.
        """
        identity = identify(path)
        summary = Summary(str(path), f"import:{identity.digest[:16]}")
        before = self._ledger.account(summary.source)
        one = _Import(self._pipeline, self._clock.now(), summary, self._pipeline.mark(summary.source))
        try:
            one.take(self._reads(path, identity, wanted, summary, on_progress))
        except ImportRefusedError as error:
            summary.stopped = error.message
        finally:
            one.finish()
            self._count(one, before.stored, before.duplicates)
        return summary

    def _reads(
        self, path: Path, identity: Identity, wanted: Format, summary: Summary, tell: OnProgress | None
    ) -> Iterator[Read]:
        def position(at: int) -> None:
            if tell is not None:
                tell(Progress(at, identity.size_bytes, summary.records))

        return read_file(path, identity, wanted, position)

    def _count(self, one: _Import, stored: int, duplicates: int) -> None:
        summary = one.summary
        after = self._ledger.account(summary.source)
        summary.stored = after.stored - stored
        summary.duplicates = after.duplicates - duplicates + one.known
        if one.known:
            self._ledger.received(summary.source, one.known)
            self._ledger.settled(summary.source, stored=0, duplicates=one.known)
        if one.new_refused:
            self._ledger.received(summary.source, one.new_refused.total())
            for reason, count in one.new_refused.items():
                self._ledger.refused(summary.source, reason, count)


class _Import:
    """The state of one import: what is gathered and what is on its way."""

    def __init__(self, pipeline: Pipeline, at: int, summary: Summary, mark: int) -> None:
        self.summary = summary
        self.known = 0
        self.new_refused: Counter[str] = Counter()
        self._pipeline = pipeline
        self._at = at
        self._mark = mark
        self._records: list[Record] = []
        self._bytes = 0
        self._last = mark
        self._sent = mark
        self._waiting: list[Future[int]] = []

    def take(self, reads: Iterator[Read]) -> None:
        for read in reads:
            self.summary.records += 1
            if read.fault:
                self._refuse(read)
            elif read.number <= self._mark:
                self.known += 1
            else:
                self._add(read)
            self._last = max(self._last, read.number)

    def finish(self) -> None:
        if self._last > self._sent:
            self._submit()
        for future in self._waiting:
            future.result()

    def _refuse(self, read: Read) -> None:
        self.summary.refuse(read.number, read.fault)
        if read.number > self._mark:
            self.new_refused[read.fault.split(":")[0]] += 1

    def _add(self, read: Read) -> None:
        summary = self.summary
        self._records.append(
            Record(summary.source, read.number, read.raw, self._at, read.kind, location=summary.path)
        )
        self._bytes += len(read.raw)
        if len(self._records) >= _BATCH_RECORDS or self._bytes >= _BATCH_BYTES:
            self._last = read.number
            self._submit()

    def _submit(self) -> None:
        records, self._records, self._bytes = self._records, [], 0
        self._sent = self._last
        while True:
            try:
                self._waiting.append(self._pipeline.submit(self.summary.source, records, self._last))
                break
            except BusyError:
                self._pipeline.wait_for_room()
        while self._waiting and self._waiting[0].done():
            self._waiting.pop(0).result()
