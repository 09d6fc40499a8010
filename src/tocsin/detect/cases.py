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

from tocsin.core.clock import SECOND
from tocsin.core.errors import ContentError, Location
from tocsin.core.event import Event
from tocsin.core.yaml_source import Bounds, read_source
from tocsin.detect.backtest import Backtest
from tocsin.detect.correlation import Linked
from tocsin.detect.loader import documents, load_folders, read_file
from tocsin.detect.rule import WatchRule
from tocsin.detect.rule_source import MAX_BYTES

_START = 1_700_000_000 * SECOND
_BOUNDS = Bounds(MAX_BYTES, depth=30, entries=200_000)

MAX_EVENTS = 200_000
"""Of all cases of a rule together."""


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


@dataclass(frozen=True, slots=True)
class Tried:
    """The rules that cases are about, and the correlations among them."""

    rules: tuple[WatchRule, ...]
    correlations: tuple[Linked, ...] = ()


def run_cases(rule_path: Path) -> list[CaseResult]:
    """Run the cases beside a rule; none when it has no file of cases. Raises `ContentError`."""
    path = cases_beside(rule_path)
    if not path.exists():
        return []
    return _run(_loaded(rule_path), _text(path), Location(str(path)))


def cases_beside(rule_path: Path) -> Path:
    """Return where the cases of a rule's file stand, if it has any."""
    return rule_path.with_suffix(".cases.yml")


def cases_text(rule_path: str) -> str:
    """Return the cases beside a rule's file as they are written; empty when there are none."""
    path = cases_beside(Path(rule_path))
    return _text(path) if rule_path and path.is_file() else ""


def run_cases_of(tried: Tried, cases: str, path: str) -> list[CaseResult]:
    """Run cases, given as text, of a rule in hand; raises `ContentError` when they cannot be read."""
    return _run(tried, cases, Location(path)) if cases.strip() else []


def _run(tried: Tried, cases: str, location: Location) -> list[CaseResult]:
    return [
        CaseResult(location, case.name, dict(case.expect), _alerts(tried, case))
        for case in _read(cases, location)
    ]


def _loaded(path: Path) -> Tried:
    """Read the rules of a file; raises `ContentError` when none can be read."""
    if len(documents(str(path), _text(path))) == 1:
        return Tried((read_file(path).rule,))
    loaded = load_folders([path])
    if not loaded.rules:
        reason = loaded.problems[0].reason if loaded.problems else "there is no rule in the file"
        raise ContentError(reason, location=Location(str(path)))
    return Tried(loaded.rules, loaded.correlations)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"cannot be read: {error}", location=Location(str(path))) from error


def _read(text: str, location: Location) -> list[Case]:
    try:
        cases = msgspec.convert(read_source(location.path, text, _BOUNDS).values, list[Case])
    except msgspec.ValidationError as error:
        raise ContentError(f"the cases cannot be read: {error}", location=location) from error
    events = sum(max(0, entry.repeat) for case in cases for entry in case.events)
    if events > MAX_EVENTS:
        reason = f"the cases have {events} events; {MAX_EVENTS} are the most"
        raise ContentError(reason, location=location)
    return cases


def _alerts(tried: Tried, case: Case) -> dict[str, int]:
    until = None if case.until is None else _START + int(case.until * SECOND)
    found: dict[str, set[str]] = {}
    test = Backtest([replace(rule, enabled=True) for rule in tried.rules], correlations=tried.correlations)
    for detection in test.run(_events(case), until=until):
        found.setdefault(detection.group_key, set()).update(event.id for event in detection.events)
    return {key: len(events) for key, events in found.items()}


def _events(case: Case) -> Iterator[Event]:
    at, seq = 0.0, 0
    for entry in case.events:
        at = at if entry.at is None else entry.at
        for _ in range(entry.repeat):
            seq += 1
            moment = _START + int(at * SECOND)
            yield Event("case", seq, moment, moment, entry.message, dict(entry.fields))
            at += entry.every
