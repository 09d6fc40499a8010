"""Searches over alerts and cases refuse what only the log of events can answer."""

import pytest

from tocsin.cases.filtering import ALERT_FIELDS, condition
from tocsin.core.errors import InvalidError
from tocsin.query.tree import DatePart, InNetwork, Node, Not, Regex, SameAs


@pytest.mark.parametrize(
    ("node", "what"),
    [
        (Regex("title", "a.*"), "regular expressions"),
        (InNetwork("title", "10.0.0.0/8"), "networks"),
        (SameAs("title", "source"), "comparisons of two fields"),
        (Not(DatePart("title", "hour", 3)), "parts of dates"),
    ],
)
def test_what_only_events_know_is_refused_by_name(node: Node, what: str) -> None:
    """The error says what cannot be asked of the list."""
    with pytest.raises(InvalidError, match=what):
        condition(node, ALERT_FIELDS)
