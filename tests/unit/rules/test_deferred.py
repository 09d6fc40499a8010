"""Subjects on their way to whoever walks the rules."""

from __future__ import annotations

import msgspec

from tocsin.decode.subject import Subject
from tocsin.rules.deferred import frozen, thawed

_SEEN_BY_RULES = (
    *("log", "low", "size", "program", "hostname", "location", "agent", "at", "decoder", "parent"),
    *("category", "timestamp", "fts", "values"),
)


def test_all_that_rules_see_travels() -> None:
    """A subject that has crossed to another process looks the same to every condition."""
    subject = Subject("Line \xe4")
    subject.program, subject.hostname, subject.location, subject.agent = "slapd", "h", "/l", "001"
    subject.decoder, subject.parent, subject.category, subject.timestamp = "openldap", "p", "ids", "t"
    subject.at, subject.size = 7, 99
    subject.fts = ("name", "srcip")
    subject.values = {"id": "1", "srcip": "192.0.2.1"}
    travelled = thawed(msgspec.msgpack.decode(msgspec.msgpack.encode(frozen(subject))))
    for name in _SEEN_BY_RULES:
        assert getattr(subject, name) == getattr(travelled, name), name
