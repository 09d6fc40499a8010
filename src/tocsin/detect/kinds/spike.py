"""Spike: a timeframe with far more or far fewer events than the one before it, or such a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.detect.kinds.base import ALL, Figures, Match, Stateless, bounded, dump, key_of
from tocsin.detect.kinds.document import Document, Hit, copied, lookup, timestamp
from tocsin.detect.kinds.figures import joined, per_key, value_of
from tocsin.detect.kinds.settings import KindSettings
from tocsin.detect.kinds.windows import Entry, Window

_NO_KEY = "other"
"""Events without the key are counted under this."""


class _Spikes(msgspec.Struct):
    reference: dict[Any, Window] = {}
    current: dict[Any, Window] = {}
    first: dict[Any, int] = {}
    muted: dict[Any, int] = {}
    filled: bool = False


class SpikeKind(Stateless):
    """Two adjacent windows per key. It is silent until both can be full, and for as long after a match."""

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _Spikes()

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Count each event, or take the value of its field."""
        found: list[Match] = []
        for hit in hits:
            key = key_of(self.settings, hit.fields)
            number = self._number(hit.fields)
            if number is not None:
                found += self._take(_NO_KEY if key is None else key, Entry(hit.at, number, hit.fields))
        return found

    def _number(self, document: Document) -> float | None:
        if not self.settings.field_value:
            return 1
        value = lookup(document, self.settings.field_value)
        try:
            return int(value) if self.settings.whole_values else float(value)
        except (TypeError, ValueError, OverflowError):
            return None

    def count(self, at: int, number: int) -> list[Match]:
        """Take a number of events."""
        return self._take(ALL, self._made(at, number))

    def terms(self, at: int, buckets: Sequence[tuple[Any, int]]) -> list[Match]:
        """Take a number of events per key."""
        found: list[Match] = []
        for key, number in buckets:
            found += self._take(key, self._made(at, number, {self.settings.query_key: key}))
        return found

    def _made(self, at: int, number: float | None, more: Document | None = None) -> Entry:
        return Entry(at, number, {self.settings.timestamp_field: timestamp(at), **(more or {})})

    def _take(self, key: Any, entry: Entry) -> list[Match]:
        state, timeframe = self._state, self.settings.timeframe
        first = state.first.setdefault(key, entry.at)
        reference = state.reference.setdefault(key, Window())
        current = state.current.setdefault(key, Window())
        for held in (state.first, state.reference, state.current, state.muted):
            bounded(held)
        for old in current.add(entry, timeframe):
            old.fields = None
            reference.add(old, timeframe)
        if entry.at - first >= 2 * timeframe:
            state.filled = True
        elif not self._may_alert_early(key, entry.at):
            return []
        before, now = self._numbers(reference, current)
        return self._matched(key, current, before, now) if self._is_spike(before, now) else []

    def _may_alert_early(self, key: Any, at: int) -> bool:
        if not (self._state.filled and self.settings.query_key and self.settings.alert_on_new_data):
            return False
        return at >= self._state.muted.get(key, at)

    def _numbers(self, reference: Window, current: Window) -> tuple[float | None, float | None]:
        if self.settings.field_value:
            return reference.mean(), current.mean()
        return reference.total, current.total

    def _is_spike(self, before: float | None, now: float | None) -> bool:
        settings = self.settings
        if settings.field_value:
            if not before or not now:
                return False
        elif before is None or now is None or now < settings.threshold_cur or before < settings.threshold_ref:
            return False
        up = now >= before * settings.spike_height
        down = now <= before / settings.spike_height
        return (up and settings.spike_type in {"both", "up"}) or (
            down and settings.spike_type in {"both", "down"}
        )

    def _matched(self, key: Any, current: Window, before: float | None, now: float | None) -> list[Match]:
        entry = next((each for each in current.entries if self._tells(each)), current.entries[-1])
        fields = copied(entry.fields or {})
        fields.update(spike_count=now, reference_count=before)
        events = [
            (each.at, str(each.fields["_id"]))
            for each in current.entries
            if each.fields and "_id" in each.fields
        ]
        self._state.reference[key].clear()
        self._state.first.pop(key, None)
        self._state.muted[key] = entry.at + 2 * self.settings.timeframe
        return [Match(entry.at, fields, events)]

    def _tells(self, entry: Entry) -> bool:
        """Say whether a match can be about an entry: it counts, or it has a value at all."""
        return not entry.placeholder if self.settings.field_value else bool(entry.count)

    def collect(self, at: int) -> list[Match]:
        """Move every window on to `at`, which may be a spike down; forget keys with nothing left."""
        found: list[Match] = []
        state = self._state
        for key in list(state.current):
            if key != ALL and not state.reference[key].total and not state.current[key].total:
                del state.reference[key], state.current[key]
                continue
            more = {} if key == ALL else {self.settings.query_key: key}
            placeholder = self._made(at, 0, {**more, "placeholder": True})
            placeholder.placeholder = True
            found += self._take(key, placeholder)
        return found

    def dump(self) -> bytes:
        """Return the windows."""
        return dump(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=_Spikes)


class SpikeAggregationKind(SpikeKind):
    """A spike of a figure. Of several in a window the sum, the mean or the extreme is taken."""

    def figures(self, at: int, found: Figures) -> list[Match]:
        """Take the figure of every key; one without a value moves the windows on and is no spike."""
        matches: list[Match] = []
        for moment, values, bucket in per_key(at, found):
            key = self.key(values)
            more = {self.settings.query_key: key} if values else {}
            matches += self._take(key, self._made(moment, value_of(bucket), more))
        return matches

    def key(self, values: tuple[Any, ...]) -> Any:
        """Return the key of a bucket; the values of a compound one are joined by commas."""
        if self.settings.key_fields:
            return joined(values)
        return values[0] if values else ALL

    def _numbers(self, reference: Window, current: Window) -> tuple[float | None, float | None]:
        function = self.settings.metric.function if self.settings.metric else "sum"
        if function == "min":
            return reference.least(), current.least()
        if function == "max":
            return reference.most(), current.most()
        if function == "avg":
            return reference.mean(), current.mean()
        return reference.total, current.total
