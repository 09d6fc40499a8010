"""A narrow exception from an alert closed as false positive, and what it would have held back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tocsin.core.errors import InvalidError, TocsinError
from tocsin.core.event import Event, Value
from tocsin.detect.exceptions import Predicate, condition_of
from tocsin.detect.rule import KEY_FIELDS, text_of

ENTITY_FIELDS = (
    *KEY_FIELDS,
    "destination.ip",
    "process.command_line",
    "process.parent.executable",
    "file.hash.sha256",
    "dns.question.name",
    "url.domain",
)
"""What says who did what and where: a condition is made of those that all events agree on."""

MAX_VALUE = 512


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert of the rule as it is: `resolution` is `open` for one nobody closed."""

    resolution: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an exception would have done to past alerts of its rule."""

    alerts: int
    """That were looked at, with at least one event that is still kept."""
    held_back: int
    """All of whose events the exception covers."""
    thinned: int
    """Some of whose events it covers."""
    resolutions: Mapping[str, int]
    """Of those held back, how many were closed as what; whoever sees true positives here thinks again."""


def propose(events: Sequence[Event], group_field: str = "", group_key: str = "") -> str:
    """Return the condition that all events satisfy, made of the alert's key and what the events agree on.

    Raises `InvalidError` when they agree on nothing that says who or where.
    """
    terms: dict[str, str] = {}
    for name in dict.fromkeys([*filter(None, group_field.split(",")), *ENTITY_FIELDS]):
        value = group_key if name == group_field else _shared(events, name)
        term = f'{name}: "{_escaped(value)}"'
        if value and len(value) <= MAX_VALUE and _holds_for_all(term, events):
            terms[name] = term
    if not events or not terms:
        raise InvalidError("the alert's events agree on nothing to make a narrow exception of")
    return " AND ".join(terms.values())


def effect_of(condition: str, alerts: Iterable[PastAlert]) -> Effect:
    """Return what a condition would have held back of past alerts."""
    holds = condition_of(condition)
    looked, thinned = 0, 0
    resolutions: Counter[str] = Counter()
    for alert in alerts:
        covered = [holds(event) for event in alert.events]
        looked += bool(covered)
        if covered and all(covered):
            resolutions[alert.resolution] += 1
        elif any(covered):
            thinned += 1
    return Effect(looked, resolutions.total(), thinned, dict(resolutions.most_common()))


def _shared(events: Sequence[Event], name: str) -> str:
    """Return the one value all events have; empty when there is none, or a list."""
    values: set[Value | None] = set()
    for event in events:
        value = event.fields.get(name)
        values.add(None if isinstance(value, list) else value)
    return text_of(values.pop()) if len(values) == 1 else ""


def _holds_for_all(term: str, events: Sequence[Event]) -> bool:
    try:
        holds: Predicate = condition_of(term)
    except TocsinError:
        return False
    return all(holds(event) for event in events)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
