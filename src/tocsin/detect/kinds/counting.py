"""Frequency: so many events of a key within a timeframe. Flatline: fewer than so many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.detect.kinds.base import ALL, Match, Stateless, bounded, dump, key_of
from tocsin.detect.kinds.document import Document, Hit, copied, timestamp
from tocsin.detect.kinds.settings import KindSettings
from tocsin.detect.kinds.windows import Entry, Window


class _Counted(msgspec.Struct):
    windows: dict[Any, Window] = {}
    first: dict[Any, int] = {}


class FrequencyKind(Stateless):
    """A window of a key that holds enough events matches with its newest event, and starts over empty."""

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _Counted()

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Count each event in the window of its key."""
        found: list[Match] = []
        key: Any = None
        for hit in hits:
            key = key_of(self.settings, hit.fields)
            self._add(key, Entry(hit.at, 1, hit.fields))
            found += self._check(key)
        if hits and key in self._state.windows:
            found += self._check_end(key)
        return found

    def count(self, at: int, number: int) -> list[Match]:
        """Count a number of events at once."""
        return self._counted(ALL, at, number, {})

    def terms(self, at: int, buckets: Sequence[tuple[Any, int]]) -> list[Match]:
        """Count a number of events per key at once."""
        found: list[Match] = []
        for key, number in buckets:
            found += self._counted(key, at, number, {self.settings.query_key: key})
        return found

    def _counted(self, key: Any, at: int, number: int, more: Document) -> list[Match]:
        self._add(key, Entry(at, number, {self.settings.timestamp_field: timestamp(at), **more}))
        return self._check(key) or self._check_end(key)

    def _add(self, key: Any, entry: Entry) -> None:
        """Add an entry; unless related events are asked for, only the newest keeps its document."""
        window = self._state.windows.setdefault(key, Window())
        bounded(self._state.windows)
        before = window.entries[-1] if window.entries else None
        window.add(entry, self.settings.timeframe)
        if self.settings.attach_related or before is None:
            return
        if window.entries[-1] is before:
            entry.fields = _identified(entry.fields)
        else:
            before.fields = _identified(before.fields)

    def _check(self, key: Any) -> list[Match]:
        window = self._state.windows[key]
        if window.total < self.settings.num_events:
            return []
        newest = window.entries[-1]
        fields = copied(newest.fields or {})
        if self.settings.attach_related:
            fields["related_events"] = [entry.fields for entry in window.entries[:-1]]
        del self._state.windows[key]
        events = [
            (entry.at, str(name)) for entry in window.entries if (name := (entry.fields or {}).get("_id"))
        ]
        return [Match(newest.at, fields, events)]

    def _check_end(self, key: Any) -> list[Match]:  # noqa: ARG002 - asked of every kind
        return []

    def collect(self, at: int) -> list[Match]:
        """Forget windows whose newest event is more than a timeframe old."""
        windows = self._state.windows
        stale = [
            key for key, window in windows.items() if at - window.entries[-1].at > self.settings.timeframe
        ]
        for key in stale:
            del windows[key]
        return []

    def dump(self) -> bytes:
        """Return the windows."""
        return dump(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=_Counted)


def _identified(fields: Document | None) -> Document | None:
    """Return what is kept of a document that is only counted: which event it was."""
    return {"_id": fields["_id"]} if fields and "_id" in fields else None


class FlatlineKind(FrequencyKind):
    """A key with fewer events than the threshold matches, again at every look until events return."""

    def _check(self, key: Any) -> list[Match]:  # noqa: ARG002 - asked of every kind
        return []

    def _check_end(self, key: Any) -> list[Match]:
        window = self._state.windows[key]
        newest = window.entries[-1]
        first = self._state.first.setdefault(key, newest.at)
        bounded(self._state.first)
        window.keep(self.settings.threshold)
        if newest.at - first < self.settings.timeframe or window.total >= self.settings.threshold:
            return []
        fields = copied(newest.fields or {})
        fields.update(key=key, count=int(window.total), threshold=self.settings.threshold)
        if self.settings.forget_keys:
            del self._state.first[key], self._state.windows[key]
        else:
            self._state.first[key] = min(window.entries[0].at, newest.at - self.settings.timeframe)
        return [Match(newest.at, fields)]

    def collect(self, at: int) -> list[Match]:
        """Move every window on to `at` and look at it; a rule without key has one from the start."""
        found: list[Match] = []
        default = [] if self.settings.query_key else [ALL]
        for key in list(self._state.windows) or default:
            self._state.first.setdefault(key, at)
            self._add(key, Entry(at, 0, {self.settings.timestamp_field: timestamp(at)}))
            found += self._check_end(key)
        return found
