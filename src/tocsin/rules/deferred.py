"""Subjects whose rules can only be walked once memory has lent them what earlier lines said."""

from __future__ import annotations

from typing import Any

from tocsin.decode.subject import Subject

_TEXTS = (
    *("log", "program", "hostname", "location", "agent", "decoder", "parent", "category", "timestamp"),
    *("at", "size"),
)


def frozen(subject: Subject) -> list[Any]:
    """Return what rules see of a subject as plain lists, to be sent to whoever walks the rules."""
    return [
        [getattr(subject, name) for name in _TEXTS],
        list(subject.fts),
        [part for pair in subject.values.items() for part in pair],
    ]


def thawed(state: list[Any]) -> Subject:
    """Return the subject that was frozen; it has no event fields."""
    texts, fts, pairs = state
    subject = Subject(texts[0])
    for name, value in zip(_TEXTS, texts, strict=True):
        setattr(subject, name, value)
    subject.fts = tuple(fts)
    subject.values = paired(pairs)
    return subject


def paired(flat: list[str]) -> dict[str, str]:
    """Return names and values that stand in turns as a mapping."""
    values: dict[str, str] = {}
    for index in range(0, len(flat) - 1, 2):
        values[flat[index]] = flat[index + 1]
    return values
