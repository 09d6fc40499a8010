"""Run the cases that stand beside a rule: events in, the alerts they must give out.

`name.yml` has its cases in `name.cases.yml`: a list of mappings with `name`, `events` (each with `fields`,
`message`, `at` or `every` in seconds, `repeat`), `until` where silence matters, and `expect`, which maps
group keys to numbers of events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tocsin.core.clock import SECOND
from tocsin.core.errors import ContentError, Location
from tocsin.core.event import Event
from tocsin.detect.backtest import Backtest
from tocsin.detect.loader import read_file
from tocsin.detect.rule import WatchRule

_START = 1_700_000_000 * SECOND
_MOST_EVENTS = 100_000


class CaseEvents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event, or several alike that follow each other."""

    fields: dict[str, Any] = {}
    message: str = ""
    at: float | None = None
    """Seconds from the start; by default after the event before."""
    every: float = 1.0
    repeat: int = 1


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A story and its end."""

    name: str
    events: tuple[CaseEvents, ...]
    expect: dict[str, int]
    until: float | None = None
    """Seconds from the start to which time comes at the end, for what depends on silence."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What a case gave; it passed when that is what was expected."""

    location: Location
    name: str
    expected: dict[str, int]
    found: dict[str, int]

    @property
    def passed(self) -> bool:
        """The alerts are those expected, event for event."""
        return self.expected == self.found


def run_cases(rule_path: Path) -> list[CaseResult]:
    """Run the cases beside a rule; none when it has no file of cases. Raises `ContentError`."""
    path = rule_path.with_suffix(".cases.yml")
    if not path.exists():
        return []
    rule = read_file(rule_path).rule
    location = Location(str(path))
    return [CaseResult(location, case.name, dict(case.expect), _alerts(rule, case)) for case in _read(path)]


def _read(path: Path) -> list[Case]:
    try:
        return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), list[Case])
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ContentError(f"the cases cannot be read: {error}", location=Location(str(path))) from error


def _alerts(rule: WatchRule, case: Case) -> dict[str, int]:
    until = None if case.until is None else _START + int(case.until * SECOND)
    found: dict[str, set[str]] = {}
    for detection in Backtest([replace(rule, enabled=True)]).run(_events(case), until=until):
        found.setdefault(detection.group_key, set()).update(event.id for event in detection.events)
    return {key: len(events) for key, events in found.items()}


def _events(case: Case) -> Iterator[Event]:
    at, seq = 0.0, 0
    for entry in case.events:
        at = at if entry.at is None else entry.at
        for _ in range(min(entry.repeat, _MOST_EVENTS)):
            seq += 1
            moment = _START + int(at * SECOND)
            yield Event("case", seq, moment, moment, entry.message, dict(entry.fields))
            at += entry.every
