"""Conditions over facts."""

import pytest

from tocsin.query.patterns import QueryError
from tocsin.respond.document import condition, holds


def test_a_condition_is_asked_of_facts() -> None:
    """Numbers, text and lists of them."""
    assert holds(
        "alert.severity >= 3 AND observables.ip:192.0.2.7",
        {"alert.severity": 3, "observables.ip": ["192.0.2.7"]},
    )
    assert not holds("alert.severity >= 3", {"alert.severity": 2})


def test_a_condition_that_depends_on_the_present_is_refused() -> None:
    """It is read once and asked for long, so `now` would stand still."""
    with pytest.raises(QueryError, match="depends on the time of the search"):
        condition("file.mtime:[now-1h TO now]")
