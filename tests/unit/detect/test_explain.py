"""Why a rule matched, in the words of the query language."""

from __future__ import annotations

import pytest

from tocsin.core.detection import Clause
from tocsin.detect.explain import Explanation, condition_of
from tocsin.query.lucene import parse_lucene


def test_only_what_held_is_told(event):
    """Of an OR, the parts that were true; of a NOT, that it was absent."""
    node = parse_lucene(
        "process.name:sshd AND (user.name:root OR user.name:admin*) AND NOT source.ip:10.0.0.0/8"
    )
    found = Explanation(node).clauses(
        event(1, process__name="sshd", user__name="admin2", source__ip="192.0.2.1")
    )
    assert found == (
        Clause("process.name", 'process.name: "sshd"', "sshd"),
        Clause("user.name", "user.name: admin*", "admin2"),
        Clause("source.ip", 'NOT source.ip: "10.0.0.0/8"', "192.0.2.1"),
    )


def test_text_is_shown_with_the_message(event):
    """A condition on the whole text shows the text."""
    found = Explanation(parse_lucene('"failed password"')).clauses(
        event(1, message="Failed password for root")
    )
    assert [("message", "Failed password for root")] == [(clause.field, clause.value) for clause in found]


@pytest.mark.parametrize(
    "query", ["rule.level:>=7", "user.name:*", "url.original:/cmd=.+/", 'a:"x y" OR b:2']
)
def test_conditions_read_back_as_the_same_query(query):
    """What is shown can be pasted into the search bar."""
    node = parse_lucene(query)
    assert parse_lucene(condition_of(node)) == node
