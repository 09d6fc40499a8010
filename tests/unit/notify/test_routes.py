"""Tests of routes: who is told of what, when, and why."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.core.clock import HOUR, MINUTE, from_iso
from tocsin.core.errors import InvalidError
from tocsin.notify.routes import judge, read_route
from unit.notify.conftest import NOON, a_happening


def matches(happening: Any, **route: Any) -> bool:
    return judge("r", read_route({"channels": ["c"], **route}), happening, NOON).matches


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({}, True),
        ({"severity": "high"}, True),
        ({"severity": "critical"}, False),
        ({"events": ["case.opened"]}, False),
        ({"rules": ["ssh-*"]}, True),
        ({"rules": ["SSH brute*"]}, True),
        ({"rules": ["web-*"]}, False),
        ({"tags": ["LINUX"]}, True),
        ({"tags": ["windows", "macos"]}, False),
        ({"assignees": ["ana"]}, False),
        ({"enabled": False}, False),
    ],
)
def test_every_condition_must_hold(route: dict[str, Any], expected: bool) -> None:
    """Event, severity, rule, tag, assignee and the switch."""
    assert expected == matches(a_happening(), **route)


def test_a_route_says_why_it_does_not_tell() -> None:
    """The conditions that failed are named, and only those."""
    route = read_route({"channels": ["c"], "severity": "critical", "tags": ["windows"]})
    judged = judge("r", route, a_happening(), NOON)
    assert (
        "severity high is not at least critical",
        "tag ssh, linux is not one of windows",
    ) == judged.reasons


def test_a_digest_is_due_later_and_gathered() -> None:
    """Messages of a route with a digest wait and share a gathering."""
    judged = judge("r", read_route({"channels": ["c"], "digest_minutes": 15}), a_happening(), NOON)
    assert (NOON + 15 * MINUTE, "route:r") == (judged.due_at, judged.gather)


@pytest.mark.parametrize(
    ("at", "severity", "expected"),
    [
        ("2026-11-24T23:30:00Z", 3, "2026-11-25T07:00:00Z"),
        ("2026-11-24T03:00:00Z", 3, "2026-11-24T07:00:00Z"),
        ("2026-11-24T23:30:00Z", 4, None),
        ("2026-11-24T07:00:00Z", 3, None),
        ("2026-11-24T12:00:00Z", 3, None),
    ],
)
def test_quiet_hours_hold_back_what_is_below_their_severity(
    at: str, severity: int, expected: str | None
) -> None:
    """Over midnight too; what is as severe as `below` goes at once."""
    route = read_route({"channels": ["c"], "quiet": {"start": "22:00", "end": "07:00"}})
    judged = judge("r", route, a_happening(severity=severity), from_iso(at))
    assert from_iso(expected or at) == judged.due_at
    assert ("quiet:r" if expected else "") == judged.gather


def test_quiet_hours_follow_the_clock_of_their_zone() -> None:
    """A zone's summer time moves the end; days count where the hours begin."""
    quiet = {"start": "22:00", "end": "07:00", "zone": "Europe/Madrid", "days": ["fri"]}
    route = read_route({"channels": ["c"], "quiet": quiet})
    saturday_at_one = from_iso("2026-10-23T23:00:00Z")
    assert from_iso("2026-10-24T05:00:00Z") == judge("r", route, a_happening(), saturday_at_one).due_at
    sunday_at_one = saturday_at_one + 24 * HOUR
    assert sunday_at_one == judge("r", route, a_happening(), sunday_at_one).due_at


@pytest.mark.parametrize(
    ("route", "words"),
    [
        ({"channels": ["c"], "event": []}, "did you mean 'events'"),
        ({"channels": ["c"], "events": ["alert.open"]}, "did you mean 'alert.opened'"),
        ({"channels": []}, "length >= 1"),
        ({"channels": ["c"], "severity": "hi"}, "Invalid enum"),
        ({"channels": ["c"], "quiet": {"start": "22:00", "end": "22:00"}}, "another time"),
        ({"channels": ["c"], "quiet": {"start": "22:00", "end": "7:00", "zone": "X"}}, "matching regex"),
    ],
)
def test_a_route_that_cannot_be_read_says_why(route: dict[str, Any], words: str) -> None:
    """Slips are named, with the likely intended word."""
    with pytest.raises(InvalidError, match=words.replace("(", r"\(")):
        read_route(route)
