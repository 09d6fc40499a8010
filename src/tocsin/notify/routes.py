"""Routes: who is told of what, as data, and why or why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from tocsin.core.clock import MINUTE, from_datetime, to_datetime
from tocsin.core.errors import InvalidError
from tocsin.core.suggestion import did_you_mean
from tocsin.notify.model import EVENTS, SEVERITIES, Happening, severity_word

Word = Literal["low", "medium", "high", "critical"]
_RANKS = {word: number for number, word in SEVERITIES.items()}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Texts = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=200)
]


class Quiet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Hours in which what is below a severity waits for their end, and then comes as one message."""

    start: Clock
    end: Clock
    zone: str = "UTC"
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ()
    """Days on which the hours begin; none: every day."""
    below: Word = "critical"

    def __post_init__(self) -> None:
        """Refuse a zone nobody knows."""
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{self.zone!r} is no time zone") from error
        if self.start == self.end:
            raise ValueError("quiet hours end at another time than they start")

    def ends_at(self, now: int) -> int | None:
        """Return when the quiet hours that hold now end; None when none do."""
        local = to_datetime(now).astimezone(ZoneInfo(self.zone))
        for day in (local.date() - timedelta(days=1), local.date()):
            if self.days and _DAYS[day.weekday()] not in self.days:
                continue
            start = datetime.combine(day, time.fromisoformat(self.start), local.tzinfo)
            last = day if self.end > self.start else day + timedelta(days=1)
            end = datetime.combine(last, time.fromisoformat(self.end), local.tzinfo)
            if start <= local < end:
                return from_datetime(end)
        return None


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What happens tells these channels when all of its conditions hold."""

    channels: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=50)]
    events: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = ("alert.opened",)
    severity: Word = "low"
    """At least."""
    rules: Texts = ()
    """Ids or names of rules, `*` for any text; none: every rule."""
    tags: Texts = ()
    """One of them must be there; `*` for any text."""
    assignees: Texts = ()
    quiet: Quiet | None = None
    digest_minutes: Annotated[float, msgspec.Meta(ge=0, le=10_080)] = 0
    """Gather for so long after the first and send one message."""
    enabled: bool = True

    def __post_init__(self) -> None:
        """Refuse events nobody knows."""
        for event in self.events:
            if event not in EVENTS:
                hint = did_you_mean(event, EVENTS)
                raise ValueError(f"{event!r} is no event{hint}; known: {', '.join(EVENTS)}")


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a route tells of something, with each of its conditions in words."""

    route: str
    matches: bool
    reasons: tuple[str, ...]
    channels: tuple[str, ...]
    due_at: int
    gather: str
    """Not empty: it goes out as one with others of the route."""


def read_route(given: Mapping[str, Any]) -> Route:
    """Return the route; raises `InvalidError` with the option that does not fit."""
    for name in given:
        if name not in Route.__struct_encode_fields__:
            hint = did_you_mean(str(name), Route.__struct_encode_fields__)
            raise InvalidError(f"a route has no option {str(name)!r}{hint}")
    try:
        return msgspec.convert(dict(given), Route)
    except msgspec.ValidationError as error:
        raise InvalidError(f"route: {error}") from error


def judge(name: str, route: Route, happening: Happening, now: int) -> Judged:
    """Say whether a route tells of something, why, and when."""
    checks = list(_checks(route, happening))
    matches = all(holds for holds, _ in checks)
    due_at, gather, word = _when(name, route, happening, now)
    reasons = [words for holds, words in checks if holds is matches]
    if matches and word:
        reasons.append(word)
    return Judged(name, matches, tuple(reasons), route.channels, due_at, gather)


def _checks(route: Route, happening: Happening) -> Sequence[tuple[bool, str]]:
    event, severity = happening.event, severity_word(happening.severity)
    is_wanted, is_severe = event in route.events, happening.severity >= _RANKS[route.severity]
    checks = [
        (is_wanted, f"{event} is {_one_of(is_wanted, route.events)}"),
        (is_severe, f"severity {severity} is {_not(is_severe)}at least {route.severity}"),
    ]
    if not route.enabled:
        checks.insert(0, (False, "the route is switched off"))
    for label, patterns, values in (
        ("rule", route.rules, (happening.rule_id, happening.rule_name)),
        ("tag", route.tags, happening.tags),
        ("assignee", route.assignees, (happening.assignee,)),
    ):
        if patterns:
            found = _found(patterns, values)
            shown = found or ", ".join(value for value in values if value) or "none"
            checks.append((bool(found), f"{label} {shown} is {_one_of(bool(found), patterns)}"))
    return checks


def _when(name: str, route: Route, happening: Happening, now: int) -> tuple[int, str, str]:
    """Return when it is due, the gathering it joins, and why, in words."""
    digest = round(route.digest_minutes * MINUTE)
    due, gather = now + digest, f"route:{name}" if digest else ""
    word = f"gathered for {route.digest_minutes:g} minutes" if digest else ""
    quiet = route.quiet
    if quiet and happening.severity < _RANKS[quiet.below] and (end := quiet.ends_at(due)) is not None:
        return end, f"quiet:{name}", f"waits for the end of quiet hours at {quiet.end} {quiet.zone}"
    return due, gather, word


def _found(patterns: Sequence[str], values: Sequence[str]) -> str:
    for value in values:
        if value and any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns):
            return value
    return ""


def _one_of(holds: bool, wanted: Sequence[str]) -> str:
    shown = ", ".join(wanted[:5]) + (", ..." if len(wanted) > 5 else "")
    return f"{_not(holds)}one of {shown}"


def _not(holds: bool) -> str:
    return "" if holds else "not "
