"""One event as compiled rules read it: each field's text, folded once and only when a rule asks.

A key is a field of the query tree, which may have several names; `=` before it asks for the text as it
is written, `?` whether the field is there. An absent field reads as the empty text. A line break before
the key asks for all texts of the field: none for an absent one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tocsin.core.event import Event
from tocsin.query.predicate import reader
from tocsin.query.tree import alternatives
from tocsin.query.values import fold, text_of

PRESENT, WRITTEN = "?", "="
"""The marks before a key."""

SEVERAL = "\n"
"""The mark before a key, and before its other mark, that asks for all texts."""


class MultiValuedError(Exception):
    """The field has several values: what is compiled for one text cannot decide."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a key is read from events with the same fields."""

    mark: str
    field: str
    names: tuple[str, ...]
    """Of the field's names, those that the events have."""
    beside: bool
    """One of the names stands beside `Event.fields`, so that it is read in its own way."""


class View(dict[str, Any]):
    """The texts of one event by key, filled as they are read. For one thread.

    `plans` is filled on the way, and may be shared by views of events with the same fields.
    """

    __slots__ = ("_fields", "_plans", "event")

    def __init__(self, event: Event, plans: dict[str, Plan] | None = None) -> None:
        self.event = event
        self._fields = event.fields
        self._plans = {} if plans is None else plans

    def __missing__(self, key: str) -> Any:
        """Read a key for the first time; raises `MultiValuedError`."""
        if key[0] == SEVERAL:
            return self._several(key)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = _plan(key, self._fields)
        if plan.mark == PRESENT:
            found: Any = bool(plan.names) or (plan.beside and bool(self.texts(plan.field)))
        else:
            text = self._read(plan.field) if plan.beside else self._text(plan.names)
            found = text if plan.mark or not text else text.lower() if text.isascii() else fold(text)
        self[key] = found
        return found

    def _several(self, key: str) -> tuple[str, ...]:
        field = key[len(SEVERAL) :]
        found = self.texts(field[len(WRITTEN) :]) if field[0] == WRITTEN else self.folded(field)
        self[key] = texts = tuple(found)
        return texts

    def _text(self, names: tuple[str, ...]) -> str:
        found = None
        for name in names:
            value = self._fields[name]
            if type(value) is not str:
                if isinstance(value, list):
                    raise MultiValuedError
                value = text_of(value)
            if found is None:
                found = value
            elif found != value:
                raise MultiValuedError
        return found or ""

    def _read(self, field: str) -> str:
        texts = self.texts(field)
        if any(text != texts[0] for text in texts):
            raise MultiValuedError
        return texts[0] if texts else ""

    def texts(self, field: str) -> list[str]:
        """Return all texts of a field as they are written."""
        return _reader(field)(self.event)

    def folded(self, field: str) -> list[str]:
        """Return all texts of a field, folded."""
        return [fold(text) for text in self.texts(field)]


def may_have(key: str, names: Collection[str]) -> bool:
    """Say whether a key can read anything but absence from events with just these fields."""
    plan = _plan(key, names)
    return bool(plan.names) or plan.beside


def only_field(key: str, names: Collection[str]) -> str | None:
    """Return the one field that a key reads from events with just these fields; None for none or several."""
    plan = _plan(key, names)
    return plan.names[0] if len(plan.names) == 1 and not plan.beside else None


def _plan(key: str, fields: Collection[str]) -> Plan:
    mark = key[0] if key[0] in (PRESENT, WRITTEN) else ""
    field = key[len(mark) :]
    names = alternatives(field)
    there = tuple(name for name in names if name in fields)
    return Plan(mark, field, there, any(name in _BESIDE for name in names))


_BESIDE = frozenset({"@timestamp", "_id", "message", "event.source", "event.sequence"})

_reader = lru_cache(maxsize=65_536)(reader)
