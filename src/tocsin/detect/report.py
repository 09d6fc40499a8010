"""What a backtest found, counted as it goes: what is kept does not grow with the number of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tocsin.core.clock import DAY, day_of
from tocsin.core.detection import Detection
from tocsin.detect.rule import WatchRule

MAX_ALERTS = 200_000
"""A rule with more alerts than this is stopped: nobody needs to know by how much it is too loud."""

MAX_TOP = 20
MAX_SAMPLE_EVENTS = 20

StoppedBy = Literal["", "events", "time", "alerts"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a backtest goes: events with `from_at <= at < to_at`, so many of them, for so long."""

    from_at: int
    to_at: int
    max_events: int = 2_000_000
    max_seconds: float = 60.0
    samples: int = 10


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backtest has come."""

    events: int
    alerts: int
    reached_at: int


@dataclass(frozen=True, slots=True)
class DayAlerts:
    """A day (UTC) and its alerts."""

    day: str
    alerts: int


@dataclass(frozen=True, slots=True)
class TopKey:
    """A key of the rule, its alerts and the events they stand on."""

    rule_id: str
    group_field: str
    group_key: str
    alerts: int
    events: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One of the first alerts, with the newest of its events."""

    at: int
    title: str
    severity: int
    group_key: str
    event_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a rule would have said.

    An alert is counted for each key and day (UTC): further matches of the day join it, as they join an
    alert that is open.
    """

    rule_id: str
    rule_name: str
    rule_version: str
    from_at: int
    to_at: int
    reached_at: int
    """Up to which event time the log was looked at."""
    stopped_by: StoppedBy
    """Which bound was reached before the end; empty for a whole backtest."""
    events: int
    matched: int
    held_back: int
    """Matches that exceptions in force now would hold back."""
    alerts: int
    days: tuple[DayAlerts, ...]
    top_keys: tuple[TopKey, ...]
    samples: tuple[Sample, ...]
    closed_as: Mapping[str, int]
    """Of the alerts, how many the last closed alert of the same key says would be closed as what."""
    cpu_s: float
    """CPU time of looking at the events, reading them aside."""
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Say whether all events of the range were looked at."""
        return not self.stopped_by

    @property
    def busiest(self) -> int:
        """The most alerts of a day."""
        return max((each.alerts for each in self.days), default=0)

    @property
    def cpu_s_per_million(self) -> float:
        """CPU seconds for a million events."""
        return self.cpu_s * 1_000_000 / self.events if self.events else 0.0


@dataclass(slots=True)
class _Key:
    group_field: str
    days: set[str] = field(default_factory=set)
    events: int = 0


class Counting:
    """Takes detections and counts alerts by day and key."""

    def __init__(self, samples: int) -> None:
        self._keys: dict[tuple[str, str], _Key] = {}
        self._samples: list[Sample] = []
        self._most = samples
        self.alerts = 0

    def take(self, rule: WatchRule, detections: Sequence[Detection]) -> None:
        """Count what a rule told."""
        for detection in detections:
            key = self._keys.setdefault(_key(detection), _Key(detection.group_field))
            fresh = _days(rule, detection) - key.days
            key.days |= fresh
            key.events += len(detection.events)
            self.alerts += len(fresh)
            if fresh and len(self._samples) < self._most:
                self._samples.append(_sample(detection))

    def take_back(self, detections: Sequence[Detection]) -> None:
        """Let go of what a late event took back: a key of which nothing is left had no alert."""
        for detection in detections:
            key = self._keys.get(_key(detection))
            if key is None:
                continue
            key.events -= len(detection.events)
            if key.events <= 0:
                self.alerts -= len(key.days)
                del self._keys[_key(detection)]

    def keys(self, most: int) -> list[str]:
        """Return the loudest keys, to ask what became of their alerts."""
        return list(dict.fromkeys(key for (_, key), _ in self._loudest()[:most] if key))

    def days(self, from_at: int, reached_at: int) -> tuple[DayAlerts, ...]:
        """Return the alerts of every day looked at, also of those without any."""
        counts = Counter(day for key in self._keys.values() for day in key.days)
        looked = {day_of(at) for at in range(from_at // DAY * DAY, max(reached_at, from_at + 1), DAY)}
        return tuple(DayAlerts(day, counts[day]) for day in sorted(looked | set(counts)))

    def top(self) -> tuple[TopKey, ...]:
        """Return the keys with the most alerts, then events."""
        return tuple(
            TopKey(rule_id, key.group_field, text, len(key.days), key.events)
            for (rule_id, text), key in self._loudest()[:MAX_TOP]
        )

    def samples(self) -> tuple[Sample, ...]:
        """Return the first alerts."""
        return tuple(self._samples)

    def closed_as(self, known: Mapping[str, str]) -> dict[str, int]:
        """Count the alerts by what the last closed alert of their key was closed as."""
        counts: Counter[str] = Counter()
        for (_, text), key in self._keys.items():
            if text in known:
                counts[known[text]] += len(key.days)
        return dict(counts.most_common())

    def _loudest(self) -> list[tuple[tuple[str, str], _Key]]:
        return sorted(self._keys.items(), key=lambda entry: (-len(entry[1].days), -entry[1].events, entry[0]))


def _key(detection: Detection) -> tuple[str, str]:
    return detection.rule_id, detection.group_key


def _days(rule: WatchRule, detection: Detection) -> set[str]:
    """Return the days a detection is an alert of: a match of one event each, that of every event."""
    single = rule.watch is None and rule.window is None and rule.correlation is None
    return {day_of(each.at) for each in detection.events} if single else {day_of(detection.at)}


def _sample(detection: Detection) -> Sample:
    newest = detection.events[-MAX_SAMPLE_EVENTS:]
    return Sample(
        detection.at,
        detection.title,
        detection.severity,
        detection.group_key,
        tuple(each.id for each in newest),
    )
