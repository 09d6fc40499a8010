"""The predicate: which events a tree selects."""

from __future__ import annotations

import pytest

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Event
from tocsin.query.lucene import parse_lucene
from tocsin.query.patterns import QueryError
from tocsin.query.predicate import compile_predicate
from tocsin.query.tree import And, InNetwork, Node, Not, OneOf, Or, Range, Regex, Term, Text, Wildcard

AT = from_iso("2026-11-24T05:30:00Z")
EVENT = Event(
    "agent:1/auth",
    42,
    AT,
    AT,
    "Failed password for invalid user J\xd6RG from 10.1.2.3",
    {
        "source.ip": "10.1.2.3",
        "destination.ip": ["::1", "192.168.0.9"],
        "source.port": "22",
        "rule.level": 7,
        "rule.groups": ["syslog", "SSHD"],
        "data.yes": True,
        "data.path": r"C:\Temp\a_b%c.EXE",
        "data.empty": "",
        "file.mtime": "2026-11-24T07:00:00+02:00",
    },
)


@pytest.mark.parametrize(
    "node",
    [
        Term("rule.groups", "sshd"),
        Term("source.port", 22),
        Term("rule.level", "7"),
        Term("data.yes", True),
        Term("data.empty", ""),
        Term("_id", "agent:1/auth~42"),
        Term("event.source", "agent:1/auth"),
        Term("event.sequence", 42),
        Term("@timestamp", AT),
        Term("@timestamp", "2026-11-24T05:30:00Z"),
        Term("file.mtime", "2026-11-24T05:00:00Z"),
        OneOf("source.ip", ("1.1.1.1", "10.1.2.3")),
        Wildcard("data.path", r"c:\\temp\\*.exe"),
        Wildcard("data.path", "*a_b%c*"),
        Wildcard("data.path", "?:*"),
        Wildcard("message", "*j\xf6rg*"),
        Regex("message", r"user \S+ from"),
        Regex("message", "FAILED", cased=False),
        Range("rule.level", gte=7, lt=8),
        Range("source.port", gt=3, lt=100),
        Range("source.ip", gte="10.1.2.0", lte="10.1.2.255"),
        Range("file.mtime", gte="2026-11-24T05:00:00Z", lt="2026-11-24T05:00:01Z"),
        Range("data.path", gte="c", lt="d"),
        InNetwork("source.ip", "10.0.0.0/8"),
        InNetwork("source.ip", "::ffff:10.0.0.0/104"),
        InNetwork("destination.ip", "::/64"),
        Text("failed PASSWORD"),
        Text("j\xf6rg"),
        Text("10.1.2.3"),
        Not(Term("data.absent", "x")),
        Not(Range("data.absent", gte=1)),
        And(()),
    ],
)
def test_selects(node: Node) -> None:
    """The tree is true of the event."""
    assert compile_predicate(node)(EVENT)


@pytest.mark.parametrize(
    "node",
    [
        Term("rule.groups", "sshd", cased=True),
        Term("rule.groups", "ssh"),
        Term("data.absent", "None"),
        Wildcard("message", "failed"),
        Wildcard("data.path", "*axb%c*"),
        Regex("message", "failed"),
        Range("rule.level", gt=7),
        Range("data.path", gte=1),
        InNetwork("source.ip", "10.2.0.0/16"),
        InNetwork("message", "0.0.0.0/0"),
        Text("failed for"),
        Text("fail"),
        Text("..."),
        Or(()),
    ],
)
def test_leaves_out(node: Node) -> None:
    """The tree is false of the event."""
    assert not compile_predicate(node)(EVENT)


@pytest.mark.parametrize(
    ("node", "error"),
    [
        (Regex("message", "(?=look)"), QueryError),
        (Regex("message", "(" * 10), QueryError),
        (Regex("message", "a" * 5000), QueryError),
        (InNetwork("source.ip", "10.0.0"), InvalidError),
        (Range("rule.level", gte="seven"), InvalidError),
        (Range("@timestamp", gte="yesterday"), InvalidError),
    ],
)
def test_refuses_at_compile_time(node: Node, error: type[Exception]) -> None:
    """A tree that cannot be evaluated is refused before any event comes."""
    with pytest.raises(error):
        compile_predicate(node)


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("fail*", True),
        ("pass*d", True),
        ("ass*", False),
        ("*assword", True),
        ("f?iled", True),
        ("pass*user", False),
    ],
)
def test_wildcard_in_a_text_is_of_words(text: str, selected: bool) -> None:
    """A wildcard typed without a field binds to the borders of words and does not cross white space."""
    assert selected == compile_predicate(parse_lucene(text))(EVENT)


def test_hostile_pattern_takes_linear_time() -> None:
    """A pattern that makes backtracking engines explode is answered at once."""
    event = Event("s", 1, AT, AT, "a" * 20_000 + "!", {})
    assert not compile_predicate(Regex("message", "^(a+)+$"))(event)
    assert not compile_predicate(Wildcard("message", "*a" * 30 + "b?"))(event)
