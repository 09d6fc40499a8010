"""The queue on disk between collectors and link.

Promises: what `append` returned for survives `kill -9` (and, once offered to the server, a power cut);
records and the collectors' positions are written together, so nothing is read twice or skipped;
sequence numbers are never used twice; beyond the size limit the oldest records are refused, counted,
and their numbers remembered until told. Thread safe.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tocsin.agent.errors import SpoolError, SpoolFullError
from tocsin.agent.losses import Lost, LostReason, SpoolState, read_state, uncovered, write_state
from tocsin.agent.segment import (
    Checkpoints,
    Entry,
    Frame,
    Item,
    Segment,
    decode_body,
    encode_frame,
    scan,
    write_all,
    write_whole,
)
from tocsin.core.record import Record

_SEGMENTS = 16
"""A full spool has about this many files, so that making room refuses a small part of it."""
_NEARLY = 0.75


@dataclass(frozen=True, slots=True)
class Pending:
    """Records to send next, in rising unbroken sequence. What was lost may be missing before them."""

    records: Sequence[Record]

    @property
    def first(self) -> int:
        """Sequence of the first record."""
        return self.records[0].seq

    @property
    def last(self) -> int:
        """Sequence of the last record."""
        return self.records[-1].seq


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """`first_seq` to `last_seq` wait to be acknowledged (equal to last + 1 and last when none does)."""

    records: int
    bytes: int
    refused: int
    first_seq: int
    last_seq: int
    acknowledged: int


class Spool:
    """The spool in `folder` of the agent `agent_id`, kept under `limit_bytes`."""

    def __init__(self, folder: Path, agent_id: str, *, limit_bytes: int) -> None:
        self._folder = folder
        self._agent = agent_id
        self._source = f"agent:{agent_id}"
        self._limit = limit_bytes
        self._segment_bytes = max(limit_bytes // _SEGMENTS, 4096)
        self._changed = threading.Condition()
        self._state = SpoolState()
        self._segments: list[Segment] = []
        self._checkpoints: dict[str, bytes] = {}
        self._offered = 0
        self._synced = False
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._open()

    # -- opening

    def _open(self) -> None:
        for leftover in self._folder.glob("*.new"):
            leftover.unlink()
        self._state = read_state(self._folder / "state")
        paths = sorted(self._folder.glob("*.seg"))
        highest = int(paths[-1].stem) if paths else 1
        self._segments = [segment for segment in map(Segment.read, paths) if self._usable(segment)]
        if self._segments:
            self._checkpoints = _checkpoints_of(self._segments[-1])
            if self._segments[-1].damaged:  # cut short by a crash: what is missing was never offered
                os.truncate(self._segments[-1].path, self._segments[-1].size)
        if self._next() < max(highest, self._state.acknowledged + 1) or not self._segments:
            self._begin(max(self._next(), highest, self._state.acknowledged + 1))
        for segment, following in zip(self._segments, self._segments[1:], strict=False):
            self._lose_unknown(segment.last_seq + 1, following.first_seq - 1)
        self._file = os.open(self._active.path, os.O_WRONLY | os.O_APPEND)
        if not self._state.agent:
            self._remember(self._state)
        if self._state.agent != self._agent:
            self._number_anew(1)
            # What the former agent lost was its own; its numbers mean nothing to this one.
            self._remember(SpoolState())

    def _usable(self, segment: Segment) -> bool:
        if segment.size and not any(
            lost.first <= segment.first_seq <= segment.last_seq <= lost.last for lost in self._state.lost
        ):
            return True
        segment.path.unlink()
        return False

    # -- writing

    def append(self, items: Sequence[Item], checkpoints: Mapping[str, bytes | None] | None = None) -> int:
        """Keep the items and the positions that go with them, both or neither; return the last sequence.

        Raises `SpoolFullError` when the disk has no room although nothing older is left to refuse.
        """
        changes: Checkpoints = dict(checkpoints or {})
        with self._changed:
            if self._active.size >= self._segment_bytes:
                self._roll()
            first = self._next()
            frame = encode_frame(Entry(list(items), changes), first)
            self._make_room(len(frame))
            start = self._active.size
            self._write(frame)
            self._active.grew(Frame(start, start + len(frame), first, len(items)))
            _apply(self._checkpoints, changes)
            self._synced = False
            self._changed.notify_all()
            return self._active.last_seq

    def is_nearly_full(self) -> bool:
        """Say whether who can wait should wait: what comes in now may soon push older records out."""
        with self._changed:
            return sum(segment.size for segment in self._segments) > self._limit * _NEARLY

    def checkpoint(self, key: str) -> bytes | None:
        """Return the position last written under `key`."""
        with self._changed:
            return self._checkpoints.get(key)

    def checkpoints(self, prefix: str) -> dict[str, bytes]:
        """Return the positions whose key begins with `prefix`."""
        with self._changed:
            return {key: value for key, value in self._checkpoints.items() if key.startswith(prefix)}

    @property
    def _active(self) -> Segment:
        return self._segments[-1]

    def _next(self) -> int:
        return self._segments[-1].last_seq + 1 if self._segments else 1

    def _begin(self, first_seq: int) -> None:
        self._segments.append(Segment.create(self._folder, first_seq, dict(self._checkpoints)))

    def _roll(self) -> None:
        os.fdatasync(self._file)
        try:
            self._begin(self._next())
        except OSError as error:
            if error.errno == errno.ENOSPC:
                return  # go on with the present file; `_write` deals with a full disk
            raise SpoolError(f"cannot begin a file in {self._folder}: {error}") from error
        os.close(self._file)
        self._file = os.open(self._active.path, os.O_WRONLY | os.O_APPEND)
        self._forget_acknowledged()

    def _write(self, frame: bytes) -> None:
        while True:
            try:
                write_all(self._file, frame)
                return
            except OSError as error:
                os.ftruncate(self._file, self._active.size)
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise SpoolError(f"cannot write to {self._folder}: {error}") from error
                if not self._refuse_oldest():
                    raise SpoolFullError(f"no room left on the disk of {self._folder}") from error

    # -- refusing

    def _make_room(self, wanted: int) -> None:
        while sum(segment.size for segment in self._segments) + wanted > self._limit:
            if not self._refuse_oldest():
                return

    def _refuse_oldest(self) -> bool:
        for segment in self._segments[:-1]:
            if segment.first_seq > self._offered or segment.last_seq <= self._state.acknowledged:
                break
        else:
            return False
        self._lose(max(segment.first_seq, self._state.acknowledged + 1), segment.last_seq, "overflow")
        self._segments.remove(segment)
        segment.path.unlink()
        return True

    def _lose(self, first: int, last: int, reason: LostReason) -> None:
        if first <= last:
            self._remember(self._state.losing(Lost(first, last, reason)))

    def _lose_unknown(self, first: int, last: int) -> None:
        """Count as damaged what is missing between two records and was not lost for a known reason."""
        first = max(first, self._state.acknowledged + 1)
        for start, end in uncovered(self._state.lost, first, last):
            self._lose(start, end, "damage")

    def untold(self) -> Sequence[Lost]:
        """Return the losses nobody was told of yet."""
        with self._changed:
            return [lost for lost in self._state.lost if not lost.told]

    def told(self, losses: Sequence[Lost]) -> None:
        """Take note that these losses were reported; call it after the report was appended."""
        with self._changed:
            self._remember(self._state.telling(losses))

    # -- sending

    def wait(self, timeout: float) -> bool:
        """Wait until something is there to send, at most `timeout` seconds; say whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting() > 0, timeout)

    def batch(self, max_records: int, max_bytes: int) -> Pending | None:
        """Return what to send next, durable on disk, or None when nothing (readable) waits.

        At least one record, else no more than the bounds (`max_bytes` counts raw bytes).
        """
        with self._changed:
            if not self._waiting():
                return None
            self._sync()
            records: list[Record] = []
            size = 0
            for record in self._unacknowledged():
                size += len(record.raw)
                broken = bool(records) and record.seq != records[-1].seq + 1
                if broken or len(records) >= max_records or (records and size > max_bytes):
                    break
                records.append(record)
            if not records:
                return None
            self._offered = max(self._offered, records[-1].seq)
            self._lose_unknown(self._state.acknowledged + 1, records[0].seq - 1)
            return Pending(records)

    def acknowledge(self, mark: int) -> None:
        """Let go of everything up to `mark`. A lower mark than before changes nothing."""
        with self._changed:
            mark = min(mark, self._next() - 1)
            if mark <= self._state.acknowledged:
                return
            self._remember(self._state.acknowledging(mark))
            self._forget_acknowledged()

    def _sync(self) -> None:
        if not self._synced:
            os.fdatasync(self._file)
            self._synced = True

    def _waiting(self) -> int:
        acknowledged = self._state.acknowledged
        return sum(
            max(segment.last_seq - max(segment.first_seq - 1, acknowledged), 0) for segment in self._segments
        )

    def _unacknowledged(self) -> Iterator[Record]:
        acknowledged = self._state.acknowledged
        for segment in self._segments:
            if segment.last_seq <= acknowledged:
                continue
            for frame, body in scan(segment.path, segment.skip):
                if frame.last_seq > acknowledged:
                    yield from self._records(frame, body, acknowledged)
                else:
                    segment.skip = frame.end

    def _records(self, frame: Frame, body: bytes, after: int) -> Iterator[Record]:
        for seq, item in enumerate(decode_body(body).items, frame.first_seq):
            if seq > after:
                yield Record(
                    source=self._source,
                    seq=seq,
                    raw=item.raw,
                    collected_at=item.collected_at,
                    kind=item.kind,
                    location=item.location,
                    host=item.host,
                    agent=self._agent,
                )

    def _forget_acknowledged(self) -> None:
        while len(self._segments) > 1 and self._segments[0].last_seq <= self._state.acknowledged:
            self._segments.pop(0).path.unlink()

    # -- when agent and server disagree

    def forgotten(self, mark: int) -> Lost | None:
        """Count what the server once acknowledged and, holding only up to `mark`, holds no more.

        Returns what is gone, or None when the server is not behind.
        """
        with self._changed:
            if mark >= self._state.acknowledged:
                return None
            self._lose(mark + 1, self._state.acknowledged, "restore")
            return self._state.lost[-1]

    def renumber(self, mark: int) -> int:
        """Give what waits new numbers above `mark`, which the server holds for other records.

        For an agent whose state was put back from an older copy. Returns how many were renumbered.
        """
        with self._changed:
            if mark < self._next():
                return 0
            count = self._number_anew(mark + 1)
            self._remember(self._state.acknowledging(mark))
            self._changed.notify_all()
            return count

    def _number_anew(self, first: int) -> int:
        """Put what waits into one file that begins with `first`; return how many records that is."""
        waiting = list(self._unacknowledged())
        frames = [encode_frame(Entry([], dict(self._checkpoints)), first)]
        for at in range(0, len(waiting), 500):
            items = [
                Item(record.raw, record.collected_at, record.kind, record.location, record.host)
                for record in waiting[at : at + 500]
            ]
            frames.append(encode_frame(Entry(items, {}), first + at))
        path = self._folder / f"{first:020d}.seg"
        write_whole(path, b"".join(frames))
        former, self._segments = self._segments, [Segment.read(path)]
        os.close(self._file)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)
        for segment in former:
            if segment.path != path:
                segment.path.unlink()
        return len(waiting)

    # -- the rest

    def stats(self) -> SpoolStats:
        """Return the figures a heartbeat carries."""
        with self._changed:
            waiting = self._waiting()
            last = self._next() - 1
            first = max(self._state.acknowledged + 1, self._segments[0].first_seq) if waiting else last + 1
            return SpoolStats(
                records=waiting,
                bytes=sum(segment.size for segment in self._segments),
                refused=self._state.refused,
                first_seq=first,
                last_seq=last,
                acknowledged=self._state.acknowledged,
            )

    def close(self) -> None:
        """Make everything durable and let go of the files."""
        with self._changed:
            self._sync()
            os.close(self._file)

    def _remember(self, state: SpoolState) -> None:
        state = msgspec.structs.replace(state, agent=self._agent)
        self._state = state
        write_state(self._folder / "state", state)


def _apply(known: dict[str, bytes], changes: Checkpoints) -> None:
    for key, value in changes.items():
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value


def _checkpoints_of(segment: Segment) -> dict[str, bytes]:
    known: dict[str, bytes] = {}
    for _, body in scan(segment.path):
        _apply(known, decode_body(body).checkpoints)
    return known
