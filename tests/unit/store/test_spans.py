"""What is left of a question to ask of a day that its time covers."""

from __future__ import annotations

import pytest

from tocsin.core.clock import DAY, HOUR, from_iso
from tocsin.core.fields import TIMESTAMP
from tocsin.query.tree import And, Everything, Node, Not, Or, Range, Term
from tocsin.store.base import Selection
from tocsin.store.spans import asked_of

START = from_iso("2026-11-20T00:00:00Z")
END = START + DAY
ANNA = Term("user.name", "anna")


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (Everything(), Everything()),
        (ANNA, ANNA),
        (Range(TIMESTAMP, gte=START), Everything()),
        (Range(TIMESTAMP, gt=START), None),
        (Range(TIMESTAMP, lt=END), Everything()),
        (Range(TIMESTAMP, lte=END - 2), None),
        (And((Range(TIMESTAMP, gte="2026-11-19", lt="2026-11-22"), ANNA)), And((ANNA,))),
        (And((And((Range(TIMESTAMP, gte=START),)), Range(TIMESTAMP, lt=END))), Everything()),
        (And((ANNA, Range(TIMESTAMP, gte=START + HOUR))), None),
        (And((ANNA, Range(TIMESTAMP, gte=END))), None),
    ],
)
def test_time_that_covers_the_day_is_left_out(query: Node, left: Node | None) -> None:
    """Of a day that lies within all the times of a query, the rest of it is asked; of others it is not."""
    assert asked_of("2026-11-20", Selection(query)) == left


@pytest.mark.parametrize("join", [Not, lambda node: Or((node, ANNA))])
def test_time_that_does_not_bound_stays(join) -> None:
    """Time within a negation or an alternative is asked of each event."""
    query = join(Range(TIMESTAMP, gte=START - DAY))
    assert asked_of("2026-11-20", Selection(query)) == query


@pytest.mark.parametrize(
    ("first", "end", "whole"),
    [
        (None, None, True),
        (START, END, True),
        (START + 1, None, False),
        (None, END - 1, False),
        (END, None, False),
    ],
)
def test_a_range_of_time_covers_a_day_or_cuts_it(first: int | None, end: int | None, whole: bool) -> None:
    """Bounds are `from_at <= at < to_at`."""
    left = asked_of("2026-11-20", Selection(ANNA, first, end))
    assert left == (ANNA if whole else None)
