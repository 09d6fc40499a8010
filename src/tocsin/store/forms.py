"""The form of an event: its fields' names and types. With the texts they are searched by, it is all of them.

Few forms make up a log, since the events of one program look alike; so a form costs a few bits where a
document would hold every value a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import orjson

from tocsin.core.event import Value

_MOST = 4_096
CODES: dict[type, str] = {str: "s", int: "l", float: "d", bool: "b"}
"""One letter for each type of a value."""
INLINE = "j"
"""A value that stands in the form itself: a list of several types."""

_READ: dict[str, Callable[[str], Value]] = {
    "l": int,
    "d": float,
    "b": "true".__eq__,
}


def form_of(codes: str, fields: Mapping[str, Value]) -> str:
    """Return the form of fields whose values have these codes, in their order."""
    if INLINE not in codes:
        return _form(codes, tuple(fields))
    inline = [value for value, code in zip(fields.values(), codes, strict=True) if code == INLINE]
    return orjson.dumps([codes, *fields, *inline]).decode()


def code_of_list(values: list[Value]) -> str:
    """Return the code of a list: that of its elements in upper case, or `INLINE` when they differ."""
    kinds = set(map(type, values))
    return CODES[kinds.pop()].upper() if len(kinds) == 1 else INLINE


def values_of(form: str, held: Mapping[str, str | list[str] | None]) -> dict[str, Value]:
    """Return the fields of an event; `held` has the texts of each, a list's as a list.

    A document (a JSON object) in the place of a form, as the first layout has it, is the fields themselves.
    """
    if form.startswith("{"):
        document: dict[str, Value] = msgspec.json.decode(form)
        return document
    plan = _plan(form)
    values: dict[str, Any] = dict(zip(plan.names, map(held.get, plan.names), strict=True))
    for name, read in plan.read:
        values[name] = read(values[name])
    for name, elements in plan.elements:
        values[name] = list(map(elements, values[name]))
    for name, value in plan.inline:
        values[name] = list(value)
    return values


class _Plan(NamedTuple):
    """How the values of a form are read: what is no text, what is a list of no texts, what stands in it."""

    names: tuple[str, ...]
    read: tuple[tuple[str, Callable[[str], Value]], ...]
    elements: tuple[tuple[str, Callable[[str], Value]], ...]
    inline: tuple[tuple[str, list[Value]], ...]


@lru_cache(_MOST)
def _plan(form: str) -> _Plan:
    codes, *rest = msgspec.json.decode(form)
    names, inline = tuple(rest[: len(codes)]), rest[len(codes) :]
    coded = list(zip(names, codes, strict=True))
    return _Plan(
        names,
        tuple((name, _READ[code]) for name, code in coded if code in _READ),
        tuple((name, _READ[code.lower()]) for name, code in coded if code.isupper() and code != "S"),
        tuple(zip([name for name, code in coded if code == INLINE], inline, strict=True)),
    )


@lru_cache(_MOST)
def _form(codes: str, names: tuple[str, ...]) -> str:
    return orjson.dumps([codes, *names]).decode()
