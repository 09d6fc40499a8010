"""Watches files as they change: the kernel's notices where there are any, a full scan now and then always."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from tocsin.agent.baseline import Baseline
from tocsin.agent.findings import AgentFinding, readable
from tocsin.agent.inotify import (
    IN_CREATE,
    IN_DELETE,
    IN_IGNORED,
    IN_ISDIR,
    IN_MOVED_FROM,
    IN_MOVED_TO,
    IN_Q_OVERFLOW,
    Inotify,
    Notice,
)
from tocsin.agent.integrity import Integrity, Watch

log = logging.getLogger(__name__)

_SETTLE_S = 0.2
"""A file is looked at once it was left alone for this long,"""
_LONGEST_S = 2.0
"""or after this long when it is not."""
_TICK_S = 0.1


class IntegrityCollector:
    """Runs an `Integrity` scanner: at the start, every `interval_s`, and for each path the kernel names."""

    name = "fim"

    def __init__(self, integrity: Integrity, baseline: Baseline, *, interval_s: float) -> None:
        self._integrity = integrity
        self._baseline = baseline
        self._interval_s = interval_s
        self._inotify: Inotify | None = None
        self._folders: dict[int, bytes] = {}
        self._due: dict[bytes, tuple[float, float]] = {}
        self._unwatched = 0
        self._overflows = 0
        self._files = 0
        self._scanned_at = 0.0
        self._why_not = ""

    def figures(self) -> Mapping[str, Any]:
        """Return coverage: files, folders with live notices, folders left to the scans, overflows."""
        detail = self._why_not
        if self._unwatched:
            detail = f"{self._unwatched} folders without live notices: scans every {self._interval_s:g} s"
        return {
            "detail": detail,
            "files": self._files,
            "folders_live": len(self._folders),
            "overflows": self._overflows,
            "findings": self._integrity.findings,
        }

    def run(self, stop: threading.Event) -> None:
        """Watch until told to stop."""
        self._open()
        try:
            self._scan_all()
            while not stop.is_set():
                self._step(stop)
            self._look_at_due(everything=True)
        finally:
            if self._inotify:
                self._inotify.close()
                self._inotify = None
            self._folders.clear()
            self._due.clear()

    def _open(self) -> None:
        try:
            self._inotify = Inotify()
        except OSError as error:
            self._why_not = f"no live notices: {error.strerror}; scans every {self._interval_s:g} s"
            log.warning("fim: %s", self._why_not)

    def _scan_all(self) -> None:
        # Watches first: what changes during the scan is then noticed.
        self._unwatched = 0
        for watch in self._integrity.watches:
            if os.path.isdir(watch.root):
                for _ in self._watch_tree(watch, watch.root):
                    pass
            else:
                self._watch_folder(os.path.dirname(watch.root))
        self._files = sum(self._integrity.scan(watch) for watch in self._integrity.watches)
        self._scanned_at = time.monotonic()

    def _step(self, stop: threading.Event) -> None:
        if self._inotify:
            for notice in self._inotify.read(_TICK_S):
                self._take(notice)
        else:
            stop.wait(_TICK_S)
        self._look_at_due()
        if time.monotonic() - self._scanned_at >= self._interval_s:
            self._scan_all()

    def _take(self, notice: Notice) -> None:
        if notice.mask & IN_Q_OVERFLOW:
            self._overflowed()
            return
        folder = self._folders.get(notice.watch)
        if folder is None:
            return
        if notice.mask & IN_IGNORED:
            del self._folders[notice.watch]
            return
        path = folder.rstrip(b"/") + b"/" + notice.name if notice.name else folder
        if notice.mask & IN_ISDIR:
            self._take_folder(path, notice.mask)
        else:
            now = time.monotonic()
            first, _ = self._due.get(path, (now, now))
            self._due[path] = (first, now)

    def _take_folder(self, path: bytes, mask: int) -> None:
        if mask & (IN_DELETE | IN_MOVED_FROM):
            self._integrity.check_below(path)
        if mask & (IN_CREATE | IN_MOVED_TO):
            watch = self._integrity.watch_of(path)
            if watch is not None and watch.recursive:
                for found in self._watch_tree(watch, path):
                    self._integrity.check(found)

    def _overflowed(self) -> None:
        self._overflows += 1
        roots = ", ".join(readable(os.fsdecode(watch.root)) for watch in self._integrity.watches)
        log.warning("fim: the kernel dropped notices, scanning %s", roots)
        finding = AgentFinding(
            action="watch_overflow", path=roots, detail="the kernel dropped file events; scanned again"
        )
        self._baseline.report(finding, location="agent")
        self._scan_all()

    def _look_at_due(self, *, everything: bool = False) -> None:
        now = time.monotonic()
        ready = [
            path
            for path, (first, last) in self._due.items()
            if everything or now - last >= _SETTLE_S or now - first >= _LONGEST_S
        ]
        for path in ready:
            del self._due[path]
            self._integrity.check(path)

    def _watch_tree(self, watch: Watch, top: bytes) -> Iterator[bytes]:
        """Ask for notices of a folder and those below it; yield the files found on the way."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            self._watch_folder(folder)
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if watch.ignores(entry.path):
                            continue
                        if not entry.is_dir(follow_symlinks=False):
                            yield entry.path
                        elif watch.recursive:
                            waiting.append(entry.path)
            except OSError:
                continue  # gone again, or closed to us: the scan says what can be said

    def _watch_folder(self, folder: bytes) -> None:
        if self._inotify is None:
            return
        try:
            self._folders[self._inotify.watch(folder)] = folder
        except OSError as error:
            if error.errno != errno.ENOENT:
                self._unwatched += 1
