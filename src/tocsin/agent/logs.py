"""Collects log files: finds them by pattern, follows them through rotation, misses and repeats nothing.

Every line and the position behind it reach the spool in one write. A file is known by device, inode and
a fingerprint of its content, so it is recognised under any name it is rotated to. While the spool is
nearly full, files that stay where they are wait: they keep their lines themselves. A file that is rotated
away is read on, as it may be deleted next.
"""

from __future__ import annotations

import glob
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tocsin.agent.baseline import Baseline
from tocsin.agent.findings import AgentFinding, readable
from tocsin.agent.segment import Checkpoints, Item
from tocsin.agent.settings import LogSettings
from tocsin.agent.spool import Spool
from tocsin.agent.tail import Position, Tail, Turn, decode_position, encode_position, find_moved, fits
from tocsin.core.clock import Clock

log = logging.getLogger(__name__)

MAX_FILES = 1000
_DISCOVER_S = 0.5
_GRACE_S = 5.0
"""How long a file that was rotated away is still read: its writer may not have noticed yet."""

Identity = tuple[int, int]


@dataclass(slots=True)
class _Followed:
    tail: Tail
    settings: LogSettings
    idle_since: float
    is_gone: bool = False
    """No pattern finds the file any more: it was renamed or deleted, or is a rotated copy."""


class LogCollector:
    """Follows every file that fits one of the patterns."""

    name = "logs"

    def __init__(
        self,
        logs: Sequence[LogSettings],
        *,
        spool: Spool,
        baseline: Baseline,
        clock: Clock,
        host: str,
        poll_s: float = 0.1,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logs = logs
        self._spool = spool
        self._baseline = baseline
        self._clock = clock
        self._host = host
        self._poll_s = poll_s
        self._monotonic = monotonic
        self._followed: dict[Identity, _Followed] = {}
        self._lines = 0
        self._unreadable: dict[str, str] = {}
        self._left_out = 0
        self._waits = False

    def run(self, stop: threading.Event) -> None:
        """Follow the files until told to stop; then read once more to the end."""
        self.start()
        try:
            looked = self._monotonic()
            while not stop.is_set():
                if self._monotonic() - looked >= _DISCOVER_S:
                    self.discover()
                    looked = self._monotonic()
                if not self.turn():
                    stop.wait(self._poll_s)
            self.turn()
        finally:
            self.close()

    def figures(self) -> Mapping[str, Any]:
        """Return files, lines, and which files cannot be read."""
        detail = "; ".join(f"{readable(path)}: {why}" for path, why in islice(self._unreadable.items(), 5))
        if self._left_out:
            detail = f"{self._left_out} files beyond the limit of {MAX_FILES} are not followed; {detail}"
        if self._waits:
            detail = f"waiting until the server has taken what is in the spool; {detail}"
        return {"detail": detail, "files": len(self._followed), "lines": self._lines}

    def close(self) -> None:
        """Let go of every file; `start` goes on from what was written to the spool."""
        for followed in self._followed.values():
            followed.tail.close()
        self._followed.clear()

    # -- finding files

    def start(self) -> None:
        """Open what the patterns find, and finish files that were rotated away since last time."""
        self.discover()
        for key, content in self._spool.checkpoints("log:").items():
            position = decode_position(content)
            if (position.device, position.inode) not in self._followed:
                self._take_up(key, position)

    def discover(self) -> None:
        """Look for files that appeared, and for files that are no longer where they were."""
        found: dict[Identity, str] = {}
        changes: Checkpoints = {}
        for settings in self._logs:
            pattern = f"pattern:{settings.path}"
            is_first = self._spool.checkpoint(pattern) is None
            for path, identity in self._matches(settings.path, found):
                found[identity] = path
                if identity not in self._followed:
                    self._open(path, settings, from_end=is_first and not settings.from_start)
            if is_first:
                changes[pattern] = b"seen"
        self._mark_gone(found)
        changes |= {
            followed.tail.position.key: encode_position(followed.tail.position)
            for followed in self._followed.values()
            if self._spool.checkpoint(followed.tail.position.key) is None
        }
        if changes:
            self._spool.append([], changes)

    def _matches(self, pattern: str, found: Mapping[Identity, str]) -> Iterable[tuple[str, Identity]]:
        room = MAX_FILES - len(found)
        self._left_out = 0
        for path in sorted(glob.iglob(pattern, recursive=True)):
            try:
                status = os.stat(path)
            except OSError:
                continue  # gone again, or a dangling link
            if os.path.isfile(path):
                room -= 1
                if room < 0:
                    self._left_out += 1
                    continue
                yield path, (status.st_dev, status.st_ino)

    def _open(self, path: str, settings: LogSettings, *, from_end: bool) -> None:
        try:
            tail = Tail(path)
        except OSError as error:
            self._unreadable[path] = error.strerror or str(error)
            return
        self._unreadable.pop(path, None)
        stored = self._spool.checkpoint(tail.position.key)
        if stored is not None:
            tail = self._resume(tail, path, decode_position(stored))
        elif from_end or self._is_copy(path):
            tail.skip_to_last_line()
        self._follow(tail, settings)

    def _resume(self, tail: Tail, path: str, position: Position) -> Tail:
        if not fits(Path(path), position):
            self._take_up_truncated(position, tail.size())
            return tail
        tail.close()
        return Tail(path, offset=position.offset, known_as=position.path)

    def _is_copy(self, path: str) -> bool:
        """Say whether `path` is what a rotation made of a file that is followed, by copying it."""
        return any(
            path.startswith(position.path) and path != position.path and fits(Path(path), position)
            for position in (one.tail.position for one in self._followed.values())
            if position.offset
        )

    def _follow(self, tail: Tail, settings: LogSettings, *, is_gone: bool = False) -> None:
        self._followed[tail.identity] = _Followed(tail, settings, self._monotonic(), is_gone)

    def _mark_gone(self, found: Mapping[Identity, str]) -> None:
        now = self._monotonic()
        for identity, followed in self._followed.items():
            if (identity not in found) != followed.is_gone:
                followed.is_gone = not followed.is_gone
                followed.idle_since = now

    def _take_up(self, key: str, position: Position) -> None:
        """Read the rest of a file that was renamed while nobody looked."""
        changes: Checkpoints = {key: None}
        path = find_moved(position)
        if path is None:
            self._report("log_missed", position, None)
        else:
            tail = self._tail_of(path, position)
            changes[tail.position.key] = encode_position(tail.position)
        self._spool.append([], changes)

    def _take_up_truncated(self, position: Position, size: int) -> None:
        """Read what a rotation copied before it truncated the file; say so when there is no copy."""
        path = find_moved(position)
        fresh = Position(position.path, position.device, position.inode, 0)
        changes: Checkpoints = {position.key: encode_position(fresh)}
        if path is None:
            self._report("log_truncated", position, size)
        else:
            tail = self._tail_of(path, position)
            changes[tail.position.key] = encode_position(tail.position)
        self._spool.append([], changes)

    def _tail_of(self, path: Path, position: Position) -> Tail:
        tail = Tail(str(path), offset=position.offset, known_as=position.path)
        former = self._followed.pop(tail.identity, None)
        if former:  # the copy was found by a pattern first, and skipped as a copy
            former.tail.close()
        self._follow(tail, self._settings_of(position.path), is_gone=True)
        return tail

    def _settings_of(self, path: str) -> LogSettings:
        for settings in self._logs:
            if path in glob.glob(settings.path, recursive=True):
                return settings
        return LogSettings(path)

    # -- reading files

    def turn(self) -> bool:
        """Read one chunk of every file that has something; say whether any may have more."""
        more = False
        self._waits = self._spool.is_nearly_full()
        for identity, followed in list(self._followed.items()):
            if self._followed.get(identity) is not followed:
                continue  # replaced within this turn
            if self._waits and not followed.is_gone:
                continue
            try:
                more |= self._advance(identity, followed)
            except OSError as error:
                # This file cannot be read now; its position stays, the next look tries it again.
                self._unreadable[followed.tail.path] = error.strerror or str(error)
                followed.tail.close()
                del self._followed[identity]
        return more

    def _advance(self, identity: Identity, followed: _Followed) -> bool:
        tail = followed.tail
        if tail.is_grown_or_shrunk():
            if tail.is_truncated():
                position, size = tail.position, tail.size()
                tail.rewind()
                self._take_up_truncated(position, size)
            followed.idle_since = self._monotonic()
            before = tail.position.offset
            turn = tail.read()
            self._keep(turn, followed.settings, before)
            return turn.more
        if followed.is_gone and self._monotonic() - followed.idle_since >= _GRACE_S:
            self._keep(tail.finish(), followed.settings, -1, is_last=True)
            tail.close()
            del self._followed[identity]
        return False

    def _keep(self, turn: Turn, settings: LogSettings, before: int, *, is_last: bool = False) -> None:
        position = turn.position
        if not turn.lines and position.offset == before:
            return
        now = self._clock.now()
        location = readable(position.path)
        host = settings.host or self._host
        items = [Item(line, now, settings.format, location, host) for line in turn.lines]
        self._spool.append(items, {position.key: None if is_last else encode_position(position)})
        self._lines += len(items)

    def _report(self, action: Any, position: Position, size: int | None) -> None:
        finding = AgentFinding(
            action=action, path=readable(position.path), old_size=position.offset, size=size
        )
        self._baseline.report(finding, location=readable(position.path))
