"""File integrity: compares watched files with the baseline and reports what was added, changed, deleted.

The first look at a watched path is its baseline and reports only how many files there are. A file whose
status is untouched is not read again.
"""

from __future__ import annotations

import fnmatch
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from tocsin.agent.baseline import Baseline, Change
from tocsin.agent.filestate import Seen, describe, difference, examine, is_secret, look
from tocsin.agent.findings import FileFinding, FileState, InventoryFinding, readable
from tocsin.agent.settings import WatchSettings

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Seen)
_BATCH = 200
_ATTRIBUTES = ("size", "mode", "owner", "group", "uid", "gid", "inode", "mtime", "sha256")


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched root as the scanner uses it: paths are bytes, since a name may be no UTF-8."""

    root: bytes
    recursive: bool
    diff: bool
    ignore: tuple[bytes, ...]

    @classmethod
    def of(cls, settings: WatchSettings) -> Watch:
        """Return the watch that the settings describe."""
        root = os.fsencode(os.path.normpath(settings.path))
        return cls(root, settings.recursive, settings.diff, tuple(map(os.fsencode, settings.ignore)))

    def covers(self, path: bytes) -> bool:
        """Say whether the path is within the watch and not ignored."""
        if path != self.root:
            inner = path[len(self.root.rstrip(b"/")) + 1 :]
            if not path.startswith(self.root.rstrip(b"/") + b"/") or (not self.recursive and b"/" in inner):
                return False
        return not self.ignores(path)

    def ignores(self, path: bytes) -> bool:
        """Say whether a pattern excludes the path."""
        name = os.path.basename(path)
        return any(fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(name, one) for one in self.ignore)


class Integrity:
    """Scans watched paths. Not thread safe: one scanner at a time."""

    def __init__(self, watches: Sequence[Watch], baseline: Baseline, *, max_hash_bytes: int) -> None:
        self.watches = watches
        self._baseline = baseline
        self._max_hash = max_hash_bytes
        self._trigger: Literal["scheduled", "realtime"] = "scheduled"
        self.findings = 0

    def scan(self, watch: Watch) -> int:
        """Compare every file of the watch with the baseline; return how many files there are."""
        self._trigger = "scheduled"
        key = "root:" + readable(os.fsdecode(watch.root))
        with self._baseline.change() as change:
            is_first = change.fact(key) is None
        count = 0
        for batch in _batches(walk(watch)):
            with self._baseline.change() as change:
                for path in batch:
                    self._compare(change, watch, path, silent=is_first)
            count += len(batch)
        self._find_deleted(watch)
        if is_first:
            root = readable(os.fsdecode(watch.root))
            with self._baseline.change() as change:
                change.remember(key, b"%d" % count)
                change.report(InventoryFinding(action="files", path=root, files=count), root)
        return count

    def check(self, path: bytes) -> None:
        """Compare one path, of which the kernel said that something happened to it."""
        self._trigger = "realtime"
        watch = self.watch_of(path)
        if watch is not None:
            with self._baseline.change() as change:
                self._compare(change, watch, path, silent=False)

    def watch_of(self, path: bytes) -> Watch | None:
        """Return the most particular watch that covers the path."""
        covering = [watch for watch in self.watches if watch.covers(path)]
        return max(covering, key=lambda watch: len(watch.root), default=None)

    def check_below(self, folder: bytes) -> None:
        """Compare what the baseline knows below a folder that is gone."""
        self._trigger = "realtime"
        prefix = folder.rstrip(b"/") + b"/"
        for paths in self._known("path >= ? AND path < ?", prefix, prefix[:-1] + b"0"):
            with self._baseline.change() as change:
                for path in paths:
                    if (watch := self.watch_of(path)) is not None:
                        self._compare(change, watch, path, silent=False)

    def _find_deleted(self, watch: Watch) -> None:
        for paths in self._known("root = ?", watch.root):
            gone = [path for path in paths if look(path) is None]
            if gone:
                with self._baseline.change() as change:
                    for path in gone:
                        self._compare(change, watch, path, silent=False)

    def _known(self, condition: str, *values: bytes) -> Iterator[list[bytes]]:
        after = b""
        while True:
            with self._baseline.change() as change:
                rows = change.sql.execute(
                    f"SELECT path FROM file WHERE {condition} AND path > ? ORDER BY path LIMIT {_BATCH}",  # noqa: S608 - constants
                    (*values, after),
                ).fetchall()
            if not rows:
                return
            yield [row[0] for row in rows]
            after = rows[-1][0]

    def _compare(self, change: Change, watch: Watch, path: bytes, *, silent: bool) -> None:
        row = change.sql.execute("SELECT state, text FROM file WHERE path = ?", (path,)).fetchone()
        before = _decoder.decode(row[0]) if row else None
        present = look(path)
        if before is not None and present is not None and present.same_status(before):
            return
        wants_text = watch.diff and not is_secret(path)
        examined = examine(path, self._max_hash, wants_text=wants_text) if present else None
        if examined is None:
            if before is not None:
                self._deleted(change, path, before)
            return
        after, text = examined
        packed = zlib.compress(text) if text is not None else None
        change.sql.execute(
            "INSERT OR REPLACE INTO file (path, root, state, text) VALUES (?, ?, ?, ?)",
            (path, watch.root, _encoder.encode(after), packed),
        )
        if not silent:
            former = zlib.decompress(row[1]) if row and row[1] is not None else None
            self._changed(change, path, before, after, (former, text))

    def _deleted(self, change: Change, path: bytes, before: Seen) -> None:
        change.sql.execute("DELETE FROM file WHERE path = ?", (path,))
        name = readable(os.fsdecode(path))
        finding = FileFinding(action="deleted", path=name, old=describe(before), trigger=self._trigger)
        change.report(finding, name)
        self.findings += 1

    def _changed(
        self,
        change: Change,
        path: bytes,
        before: Seen | None,
        after: Seen,
        texts: tuple[bytes | None, bytes | None],
    ) -> None:
        name = readable(os.fsdecode(path))
        state = describe(after)
        now = msgspec.structs.asdict(state)
        if before is None:
            change.report(FileFinding(action="added", path=name, trigger=self._trigger, **now), name)
        else:
            was = msgspec.structs.asdict(describe(before))
            changed = tuple(one for one in _ATTRIBUTES if was[one] != now[one])
            if not {*changed} - {"inode"}:
                return  # the same file put there anew
            old = FileState(**{one: was[one] for one in changed})
            diff = difference(texts[0], texts[1]) if None not in texts and "sha256" in changed else None  # type: ignore[arg-type] # both are bytes here
            change.report(
                FileFinding(
                    action="modified",
                    path=name,
                    **now,
                    changed_attributes=changed,
                    old=old,
                    diff=diff,
                    trigger=self._trigger,
                ),
                name,
            )
        self.findings += 1


def walk(watch: Watch) -> Iterator[bytes]:
    """Yield the files and links below a watch's root; folders that cannot be read are passed over."""
    if look(watch.root) is not None:
        yield watch.root
        return
    waiting = [watch.root]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if watch.ignores(entry.path):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if watch.recursive:
                            waiting.append(entry.path)
                    else:
                        yield entry.path
        except OSError:
            continue  # gone or closed to us; what the baseline knows of it is looked at one by one


def _batches(paths: Iterator[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for path in paths:
        batch.append(path)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
