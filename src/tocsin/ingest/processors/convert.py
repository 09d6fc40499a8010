"""Make numbers, truth values and lists of what is text, and change the case of text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tocsin.core.event import Event, Value
from tocsin.ingest.processors.draft import Processor, Unable, read, write

_TRUE, _FALSE = (
    frozenset({"true", "yes", "on", "1", "t", "y"}),
    frozenset({"false", "no", "off", "0", "f", "n"}),
)
_LARGEST = 2**63


def _integer(text: str) -> int:
    try:
        number = int(text, 16) if text[:2].lower() == "0x" else int(text)
    except ValueError:
        number = int(_number(text))
    if not -_LARGEST <= number < _LARGEST:
        raise ValueError(text)
    return number


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    low = text.strip().lower()
    if low not in _TRUE and low not in _FALSE:
        raise ValueError(text)
    return low in _TRUE


CONVERSIONS: Mapping[str, Callable[[str], Value]] = {
    "int": _integer,
    "integer": _integer,
    "long": _integer,
    "float": _number,
    "double": _number,
    "boolean": _boolean,
    "string": str,
    "lowercase": str.lower,
    "uppercase": str.upper,
    "trim": str.strip,
}
"""What a value can be made of, by the name pipelines use."""


def converted(text: str, kind: str) -> Value:
    """Return the text converted; raises `Unable` when it cannot be."""
    try:
        return CONVERSIONS[kind](text)
    except (ValueError, OverflowError) as error:
        raise Unable(f"{text[:80]!r} is not {kind}") from error


def convert(kinds: Mapping[str, str]) -> Processor:
    """Return the processor that converts each field that is there; of a list, every value."""

    def run(event: Event) -> None:
        for field, kind in kinds.items():
            value = read(event, field)
            if isinstance(value, list):
                write(event, field, [converted(str(one), kind) for one in value])
            elif value is not None:
                write(event, field, converted(_text(value), kind))

    return run


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
