"""Events as the nested documents that ElastAlert rules name fields of, and how a field is found in one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.core.clock import SECOND, from_iso, to_datetime
from tocsin.core.fields import canonical

Document = dict[str, Any]

_KEYWORD = ".keyword"
_INDEX = re.compile(r"\[(\d)\]")

MISSING = object()


class Hit(msgspec.Struct, gc=False):
    """A document and its time in microseconds; `id` tells it apart from all others."""

    at: int
    id: str
    fields: Document


def timestamp(at: int) -> str:
    """Return a time as ElastAlert writes it: ISO 8601 in UTC with `Z`, milliseconds where exact."""
    second, rest = divmod(at, SECOND)
    if not rest:
        return f"{_second(second)}Z"
    return f"{_second(second)}.{rest // 1_000:03d}Z" if not rest % 1_000 else f"{_second(second)}.{rest:06d}Z"


@lru_cache(maxsize=1_024)
def _second(second: int) -> str:
    return to_datetime(second * SECOND).isoformat().removesuffix("+00:00")


def offset_timestamp(text: str) -> str:
    """Return a time that `timestamp` wrote with its offset instead of `Z`."""
    return to_datetime(from_iso(text)).isoformat()


def minute(at: int, form: str = "") -> str:
    """Return a time as ElastAlert words it in its sentences, such as `2024-03-01 00:01 UTC`."""
    return to_datetime(at).strftime(form or "%Y-%m-%d %H:%M UTC")


def lookup(document: Mapping[str, Any], name: str) -> Any:
    """Return the value of a dotted name, or None.

    The longest literal key wins (`a.b` before `a` and then `b`), `a[0].b` picks from a list by one digit,
    a value with nothing below it answers for every name below it, a trailing `.keyword` is ignored, and a
    name of another system is found under ours.
    """
    found = _find(document, name)
    if found is MISSING and name.endswith(_KEYWORD):
        found = _find(document, name.removesuffix(_KEYWORD))
    if found is MISSING and (ours := canonical(name.removesuffix(_KEYWORD))) != name:
        found = _find(document, ours)
    return None if found is MISSING else found


def _find(inside: Mapping[str, Any], name: str) -> Any:
    if name in inside:
        return inside[name]
    for end in _ends(name):
        head, rest = name[:end], name[end:]
        step = _step(inside, head)
        if step is not MISSING:
            return _find(step, rest[1:]) if rest and isinstance(step, Mapping) else step
    return MISSING


@lru_cache(maxsize=4_096)
def _ends(name: str) -> tuple[int, ...]:
    """Return where the first part of a name may end, the longest first."""
    dots = [position for position, letter in enumerate(name) if letter == "."]
    return (len(name), *reversed(dots))


def _step(inside: Mapping[str, Any], head: str) -> Any:
    if head in inside:
        return inside[head]
    picked = _INDEX.search(head)
    if picked is None or picked.end() != len(head):
        return MISSING
    listed = inside.get(head[: picked.start()])
    position = int(picked.group(1))
    if isinstance(listed, list | str) and position < len(listed):
        return listed[position]
    return MISSING


def copied(value: Any) -> Any:
    """Return a document, or what is in one, copied through all its levels."""
    if isinstance(value, dict):
        return {
            name: copied(inner) if isinstance(inner, dict | list) else inner for name, inner in value.items()
        }
    return [copied(inner) for inner in value] if isinstance(value, list) else value


def hashable(value: Any) -> Any:
    """Return a value that can be a key: lists and mappings as their text."""
    return str(value) if isinstance(value, list | dict) else value


def compound(document: Mapping[str, Any], names: Sequence[str], missing: str = "None") -> str:
    """Return the values of several fields joined as ElastAlert joins them; a missing one reads `None`."""
    values = (lookup(document, name) for name in names)
    return ", ".join(missing if value is None else str(value) for value in values)


def expanded(name: str, value: Any) -> Document:
    """Return the document that has one dotted name: `a.b` becomes `{"a": {"b": value}}`."""
    inner: Any = value
    for part in reversed(name.split(".")):
        inner = {part: inner}
    document: Document = inner
    return document
