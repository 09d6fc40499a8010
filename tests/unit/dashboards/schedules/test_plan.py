"""What a schedule may say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.dashboards.conftest import NOON
from tests.unit.dashboards.schedules.conftest import PLAN

from tocsin.core.clock import to_iso
from tocsin.core.errors import TocsinError
from tocsin.dashboards.model import Span
from tocsin.dashboards.schedules.plan import checked_plan, resolved, upcoming


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "  "}, "1 to 120 characters"),
        ({"form": "doc"}, "no form of a report"),
        ({"channels": (), "keep": False}, "neither sent nor kept"),
        ({"channels": ("a", "a")}, "each once"),
        ({"filters": ("a:(b",)}, "never closed"),
        ({"cron": "0 7 * *"}, "five fields"),
        ({"cron": "R R * * *"}, "five fields"),
        ({"cron": "*/5 * * * *"}, "less than 10 minutes apart"),
        ({"cron": "0,5 7 * * *"}, "less than 10 minutes apart"),
        ({"cron": "0 0 31 2 *"}, "comes to no time"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"span": Span("now-1d", "")}, "a begin and an end"),
        ({"span": Span("now", "now-1d")}, "is empty"),
        ({"span": Span("yesterday", "now")}, "is not a date"),
    ],
)
def test_what_does_not_fit_is_refused(changed: dict[str, Any], said: str) -> None:
    """With what is wrong."""
    with pytest.raises(TocsinError, match=said):
        checked_plan(replace(PLAN, **changed), now=NOON)


def test_a_plan_is_tidied() -> None:
    """Names and cron schedules of single spaces."""
    plan = checked_plan(replace(PLAN, name=" A  b ", cron=" 0  7 * * 1 "), now=NOON)
    assert ("A b", "0 7 * * 1") == (plan.name, plan.cron)


def test_spans_go_by_the_clock_of_the_zone() -> None:
    """The week before, from Monday to Monday in Berlin."""
    start, end = resolved(Span("now-1w/w", "now/w"), "Europe/Berlin", now=NOON)
    assert ("2026-11-15T23", "2026-11-22T23") == (to_iso(start)[:13], to_iso(end)[:13])
    assert 7 * 86_400_000_000 == NOON - resolved(Span("", ""), "UTC", now=NOON, own=Span("now-7d", "now"))[0]


def test_the_next_times_are_known() -> None:
    """For whoever wonders what five fields mean."""
    found = [to_iso(at)[:16] for at in upcoming("0 7 * * 1", "Europe/Berlin", NOON, 2)]
    assert ["2026-11-30T06:00", "2026-12-07T06:00"] == found
