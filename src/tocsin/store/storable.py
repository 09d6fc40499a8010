"""What a store can keep of an event: values that JSON and UTF-8 can write."""

from __future__ import annotations

import json
import math
from typing import Any

from tocsin.core.event import Value

_LONGEST_INT = 2**63


def storable(fields: dict[str, Value]) -> dict[str, Value]:
    """Return the fields as they can be written: what JSON cannot hold (NaN, huge numbers) as text."""
    for value in fields.values():
        if not (type(value) is str and value.isascii()) and not _is_plain(value):
            break
    else:
        return fields
    cleaned = {encodable(name): _cleaned(value) for name, value in fields.items()}
    return {name: value for name, value in cleaned.items() if value is not None and value != []}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_plain(element) for element in value)
    if isinstance(value, str):
        return is_encodable(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and -_LONGEST_INT <= value < _LONGEST_INT


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [_cleaned(element) for element in value if element is not None]
    if isinstance(value, str):
        return encodable(value)
    if value is None or _is_plain(value):
        return value
    return repr(value) if isinstance(value, int | float) else json.dumps(value, default=str)


def is_encodable(text: str) -> bool:
    """Say whether UTF-8 can write the text."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def encodable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which UTF-8 cannot write."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
