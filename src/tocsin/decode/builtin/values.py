"""Putting values of JSON into a subject: for rules as text, for the event with their type."""

from __future__ import annotations

from typing import Any

import orjson

from tocsin.core.event import Value
from tocsin.core.fields import CATALOGUE
from tocsin.decode.naming import renamed
from tocsin.decode.subject import Subject


def shown(value: Any) -> str:
    """Return a JSON value as rules see it; bytes as Latin-1. Null, and what is no JSON, is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return as_bytes(str(value))
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ",".join(map(shown, value))
    return as_bytes(orjson.dumps(value).decode())


def as_bytes(text: str) -> str:
    """Return text as decoders handle it: one character for each byte of its UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


def put(subject: Subject, name: str, field: str, value: Any) -> None:
    """Give rules the value as `name` and the event as `field`; what holds nothing is left out."""
    text = shown(value)
    if text:
        subject.put(renamed(name, field), text)
        if field in subject.fields and field not in CATALOGUE and _is_plain(value):
            subject.fields[field] = value


def store(subject: Subject, field: str, value: Any) -> None:
    """Give only the event a value of JSON, in the type the catalogue declares for the field."""
    renamed(field, field).store(subject.fields, shown(value))


def keep(subject: Subject, field: str, value: Value | None) -> None:
    """Give only the event a value; what holds nothing is left out."""
    if value not in (None, "", []):
        subject.fields[field] = value


def put_list(subject: Subject, name: str, field: str, value: Any) -> None:
    """Give rules several texts with commas between, and the event a list of them; others are left out."""
    texts = [item for item in value if isinstance(item, str) and item] if isinstance(value, list) else []
    if texts:
        subject.put(renamed(name, field), as_bytes(",".join(texts)))
        subject.fields[field] = list(texts)


def _is_plain(value: Any) -> bool:
    """Whether the event may keep the value as it is."""
    return isinstance(value, int | float) and (not isinstance(value, int) or -(2**63) <= value < 2**63)
