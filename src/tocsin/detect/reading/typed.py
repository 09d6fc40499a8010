"""Read one option of a rule as the type it must have; anything else is refused with line and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.clock import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from tocsin.core.yaml_source import Source

UNITS = {
    "milliseconds": MILLISECOND,
    "seconds": SECOND,
    "minutes": MINUTE,
    "hours": HOUR,
    "days": DAY,
    "weeks": 7 * DAY,
}

MAX_SPAN = 400 * DAY
"""Longer spans are refused: a state nobody can wait for."""


def span(source: Source, key: str, default: int = 0) -> int:
    """Return a span such as `minutes: 5` in microseconds; the default when it is not given."""
    given = source.values.get(key)
    return default if given is None else span_of(source, key, given)


def span_of(source: Source, key: str, given: Any) -> int:
    """Return the microseconds of a span as written."""
    if given == 0 and not isinstance(given, bool):
        return 0
    if not isinstance(given, Mapping) or not given:
        raise source.refuse(f"{key} is written as a unit and a number, such as `minutes: 5`", key)
    total = sum(_part(source, key, unit, number) for unit, number in given.items())
    if total > MAX_SPAN:
        raise source.refuse(f"{key} is longer than {MAX_SPAN // DAY} days", key)
    return total


def _part(source: Source, key: str, unit: Any, number: Any) -> int:
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if unit not in UNITS or not is_number or not 0 <= number < 10**9:
        raise source.refuse(f"{key}: {unit!r}: {number!r} is no span of time", key)
    return int(number * UNITS[unit])


def needed_span(source: Source, key: str) -> int:
    """Return a span that must be given and longer than nothing."""
    if source.values.get(key) is None:
        raise source.refuse(f"type {source.values.get('type')} needs a {key}", "type")
    found = span(source, key)
    if found <= 0:
        raise source.refuse(f"{key} must be longer than nothing", key)
    return found


def number(source: Source, key: str, default: float | None = None) -> float | None:
    """Return a number; the default when it is not given."""
    given = source.values.get(key)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise source.refuse(f"{key} needs a number, not {given!r}", key)
    return given


def whole(source: Source, key: str, default: int, least: int = 0, most: int = 10**9) -> int:
    """Return a whole number within bounds; the default when it is not given."""
    given = source.values.get(key)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise source.refuse(f"{key} needs a whole number from {least} to {most}, not {given!r}", key)
    return given


def flag(source: Source, key: str, default: bool = False) -> bool:
    """Return a truth value; the default when it is not given."""
    given = source.values.get(key)
    if given is None:
        return default
    if not isinstance(given, bool):
        raise source.refuse(f"{key} is true or false, not {given!r}", key)
    return given


def text(source: Source, key: str, default: str = "") -> str:
    """Return a text; the default when it is not given."""
    given = source.values.get(key)
    if given is None:
        return default
    if isinstance(given, list | Mapping):
        raise source.refuse(f"{key} needs a text", key)
    return str(given)


def names(source: Source, key: str) -> tuple[str, ...]:
    """Return one name or a list of names as a tuple; empty when it is not given."""
    given = source.values.get(key)
    if given is None:
        return ()
    return texts(source, key, given if isinstance(given, list) else [given])


def texts(source: Source, key: str, value: Any) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(each, str | int) for each in value):
        raise source.refuse(f"{key} needs a list of texts", key)
    return tuple(str(each) for each in value)


def choice(source: Source, key: str, known: tuple[str, ...], default: str) -> str:
    """Return one of several words."""
    found = text(source, key, default)
    if found not in known:
        raise source.refuse(f"{key} is one of {', '.join(known)}, not {found!r}", key)
    return found


def fields(source: Source, given: Any) -> tuple[str | tuple[str, ...], ...]:
    """Return the fields a rule looks at for new values; a list among them is a combination."""
    listed = given if isinstance(given, list) else [given]
    if not listed or given is None:
        raise source.refuse(f"type {source.values.get('type')} needs fields", "type")
    return tuple(texts(source, "fields", each) if isinstance(each, list) else str(each) for each in listed)
