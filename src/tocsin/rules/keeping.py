"""Memory of earlier events that outlives the process, however it ends.

A snapshot holds all of it as it was at some moment; a journal beside it holds what was settled since.
The journal is written before a batch is settled, so before it is committed: after a kill every
committed event is remembered, and one that was not committed gets its verdict again when it is sent
again. Nothing is forced to the disk, so that after a loss of power the last seconds may be forgotten.

Form of the journal: entries of a length and a CRC-32 (four bytes each, little-endian) and MessagePack
`[[source, [[seq, received, rule, level] or [seq, received, at, message, pending], ..]], ..]`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import IO, Any
from zlib import crc32

import msgspec
import structlog

from tocsin.core.clock import MINUTE
from tocsin.core.errors import InvalidError
from tocsin.core.event import Classified, Event
from tocsin.rules.correlation import Correlation
from tocsin.rules.ruleset import Ruleset
from tocsin.rules.writing import write_whole

MAX_JOURNAL_BYTES = 64 * 1024 * 1024
MAX_SNAPSHOT_BYTES = 1024 * 1024 * 1024
_RETRY = MINUTE
_HEAD = struct.Struct("<II")
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Any])

_log = structlog.get_logger(__name__)


class KeptCorrelation:
    """A correlation with its snapshot and journal. Not thread safe: one caller at a time, in event order."""

    def __init__(
        self, correlation: Correlation, folder: Path, *, max_journal_bytes: int = MAX_JOURNAL_BYTES
    ) -> None:
        """Remember what the folder holds. What is damaged there is logged and left out."""
        self._correlation = correlation
        self._folder = folder
        self._most = max_journal_bytes
        self._journal: IO[bytes] | None = None
        self._written = 0
        self._retry_at = 0
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._generation = self._recall()
        self.save()

    def settle(self, batch: Sequence[Classified]) -> list[Event]:
        """Note the batch and return the events with their final verdicts, in the order given."""
        if batch:
            self._note(batch)
        return self._correlation.settle(batch)

    def use(self, ruleset: Ruleset) -> None:
        """Go on with another ruleset and all that is remembered."""
        self._correlation.use(ruleset)
        self.save()  # what is noted is meant for the rules it was settled by

    def close(self) -> None:
        """Keep all of it; call it once no event comes any more."""
        self.save()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def save(self) -> None:
        """Write a snapshot and begin a new journal; a failure is logged, and tried again later."""
        generation = self._generation + 1
        try:
            write_whole(self._folder / f"{generation}.snapshot", self._correlation.snapshot())
            journal = (self._folder / f"{generation}.journal").open("wb", buffering=0)
        except OSError as error:
            _log.warning("rules_memory_not_kept", error=str(error))
            return
        if self._journal is not None:
            self._journal.close()
        self._journal, self._written, self._generation = journal, 0, generation
        self._forget(generation)

    def _forget(self, newest: int) -> None:
        for path in self._folder.iterdir():
            if path.stem.isdigit() and int(path.stem) < newest and path.suffix in (".snapshot", ".journal"):
                with suppress(OSError):  # the next save tries again
                    path.unlink()

    def _note(self, batch: Sequence[Classified]) -> None:
        if self._journal is None or self._written >= self._most:
            now = batch[-1].event.received_at
            if self._journal is None and now < self._retry_at:
                return
            self._retry_at = now + _RETRY
            self.save()
        if self._journal is None:
            return
        payload = _ENCODER.encode(_noted(batch))
        entry = _HEAD.pack(len(payload), crc32(payload)) + payload
        try:
            if self._journal.write(entry) < len(entry):
                raise OSError("the disk is full")  # noqa: TRY301  # as the operating system says it elsewhere
        except OSError as error:
            _log.warning("rules_memory_not_kept", error=str(error))
            self._journal.close()
            self._journal = None
        self._written += len(entry)

    def _recall(self) -> int:
        """Restore the newest snapshot and settle again what its journal holds; returns the generation."""
        found = sorted(int(path.stem) for path in self._folder.glob("*.snapshot") if path.stem.isdigit())
        if not found:
            return 0
        newest = found[-1]
        path = self._folder / f"{newest}.snapshot"
        try:
            with path.open("rb") as snapshot:
                self._correlation.restore(snapshot.read(MAX_SNAPSHOT_BYTES))
            self._replay(self._folder / f"{newest}.journal")
        except (OSError, InvalidError) as error:
            _log.warning("rules_memory_not_restored", file=str(path), error=str(error))
        return newest

    def _replay(self, path: Path) -> None:
        if not path.exists():
            return
        with path.open("rb") as journal:
            for payload in _entries(journal):
                batch = _classified(payload)
                try:
                    self._correlation.settle(batch)
                except Exception as error:  # noqa: BLE001  # a supervised edge, as where it was settled first
                    _log.warning("rules_memory_entry_left_out", error=repr(error))


def _entries(journal: IO[bytes]) -> Iterator[bytes]:
    """Yield the entries; the first that is cut off or damaged ends the journal."""
    while len(head := journal.read(_HEAD.size)) == _HEAD.size:
        size, crc = _HEAD.unpack(head)
        payload = journal.read(size) if size <= MAX_SNAPSHOT_BYTES else b""
        if len(payload) < size or crc32(payload) != crc:
            return
        yield payload


def _noted(batch: Sequence[Classified]) -> list[Any]:
    """Return what settling the batch once more needs."""
    runs = groupby(batch, key=lambda classified: classified.event.source)
    return [[source, [item for item in map(_item, run) if item is not None]] for source, run in runs]


def _item(classified: Classified) -> list[Any] | None:
    event = classified.event
    if classified.pending is not None:
        return [event.seq, event.received_at, event.at, event.message, classified.pending]
    rule_id = event.fields.get("rule.id")
    return None if rule_id is None else [event.seq, event.received_at, rule_id, event.fields["rule.level"]]


def _classified(payload: bytes) -> list[Classified]:
    batch = []
    try:
        for source, items in _DECODER.decode(payload):
            for seq, received_at, *rest in items:
                if len(rest) == 2:
                    fields = {"rule.id": rest[0], "rule.level": rest[1]}
                    batch.append(Classified(Event(source, seq, received_at, received_at, "", fields)))
                else:
                    at, message, pending = rest
                    batch.append(Classified(Event(source, seq, at, received_at, message, {}), pending))
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise InvalidError(f"the journal is damaged: {error}") from error
    return batch
