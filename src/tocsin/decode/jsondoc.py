"""JSON in a log: flat, as text the way Wazuh shows it to rules, typed in the event."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tocsin.core.event import Value
from tocsin.core.fields import CATALOGUE
from tocsin.decode.naming import STATIC, Target, target
from tocsin.decode.subject import MAX_DYNAMIC_FIELDS, Subject

MAX_DEPTH = 32
MAX_FIELDS = 1_024
MAX_NAME = 256
_STATIC_KEYS = {name: name for name in STATIC} | {"systemname": "system_name"}
_LAST_STANDS = frozenset(_STATIC_KEYS) - {"user"}
_TEXT_TYPES = frozenset({"keyword", "text", "ip", "date"})


@dataclass(frozen=True)
class JSONOptions:
    """How a decoder wants null and arrays to look to rules."""

    keep_null: bool = True
    arrays_as_csv: bool = False


def parse_json(text: bytes) -> Any:
    """Return the JSON value at the start of the text; what follows it is ignored.

    Raises `ValueError` when there is none, or when it is nested too deeply to read.
    """
    try:
        return parse_whole(text)
    except ValueError:
        return _parse_slowly(text)


def parse_whole(text: bytes) -> Any:
    """Return the JSON value that the text is; raises `ValueError` when it is none.

    Of a name given twice in one object the first value stands, as rules see it in Wazuh, and objects under
    one name become one; of a static name at the top the last stands.
    """
    document = orjson.loads(text)
    if _may_repeat_names(text, _names(document)):
        with contextlib.suppress(ValueError):  # the standard library gives up earlier, on depth and digits
            return _parse_slowly(text)
    return document


_DECODER = json.JSONDecoder(object_pairs_hook=tuple)
"""Reads every object as the tuple of its members; nothing else becomes a tuple."""


def _parse_slowly(text: bytes) -> Any:
    try:
        written = _DECODER.raw_decode(text.decode("utf-8", "replace").lstrip())[0]
        return _joined(written, _LAST_STANDS)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _joined(written: Any, last_stands: Container[str] = ()) -> Any:
    """Return what was written with every name once."""
    if isinstance(written, tuple):
        joined: dict[str, Any] = {}
        for name, value in written:
            _join(joined, name, _joined(value), last_stands)
        return joined
    return [_joined(item) for item in written] if isinstance(written, list) else written


def _join(joined: dict[str, Any], name: str, value: Any, last_stands: Container[str]) -> None:
    known = joined.setdefault(name, value)
    if known is value:
        return
    if isinstance(known, dict) and isinstance(value, dict):
        for inner_name, inner in value.items():
            _join(known, inner_name, inner, ())
    elif name in last_stands:
        joined[name] = value


def _may_repeat_names(text: bytes, known: int) -> bool:
    """Whether the text may hold more names of members than are known: a quote and a colon end each."""
    text = text.translate(None, b" \t\r\n")
    if text.count(b'":') <= known:
        return False
    return text.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'":') > known


def _names(document: Any) -> int:
    """Return how many names of members a document holds."""
    count, open_ = 0, [document]
    while open_:
        value = open_.pop()
        if isinstance(value, dict):
            count += len(value)
            open_ += [inner for inner in value.values() if isinstance(inner, (dict, list))]
        elif isinstance(value, list):
            open_ += [inner for inner in value if isinstance(inner, (dict, list))]
    return count


def parse_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object at the start of the text; raises `ValueError` when there is none."""
    document = parse_json(text)
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004  # bad input, not a wrong argument
    return document


def put_document(subject: Subject, document: Mapping[str, Any], options: JSONOptions) -> None:
    """Give every leaf of the document to rules and event; at most `MAX_FIELDS` of them."""
    for count, (name, value) in enumerate(_leaves(document, "", 0)):
        if count >= MAX_FIELDS:
            return
        try:
            _put(subject, name, value, options)
        except RecursionError:
            _put(subject, name, "", options)  # too deep to be written as text; the raw text has it
    user = document.get("user")
    if "dstuser" not in subject.values and isinstance(user, str | int):
        _put(subject, "dstuser", user, options)


def _leaves(document: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            yield from _leaves(value, name + ".", depth + 1)
        elif len(name) <= MAX_NAME and (prefix or key != "user" or isinstance(value, list)):
            yield name, value


def _put(subject: Subject, name: str, value: Any, options: JSONOptions) -> None:
    text = _text(value, options)
    if text is None:
        return
    static = _STATIC_KEYS.get(name)
    where = target(static) if static else target(name, static_names=False)
    values = subject.values
    if where.static or (where.key not in values and (len(values) < MAX_DYNAMIC_FIELDS or _has_room(values))):
        values[where.key] = text if text.isascii() else _as_bytes(text)
        if subject.written is not None:
            subject.written[where.key] = where.written
    _keep(subject.fields, where, value, text)


def _has_room(values: Mapping[str, str]) -> bool:
    """Whether rules may see one more dynamic field; static ones have places of their own."""
    return sum(name not in STATIC for name in values) < MAX_DYNAMIC_FIELDS


def _keep(fields: dict[str, Value], where: Target, value: Any, text: str) -> None:
    """Keep the value typed; through its text form where the catalogue declares the type."""
    if value is None or value in ("", [], {}):
        return
    if isinstance(value, list):
        fields[where.name] = [item for item in map(_element, value) if item is not None] or text
    elif isinstance(value, dict):
        fields[where.name] = text
    elif isinstance(value, str) or CATALOGUE.get(where.name) in _TEXT_TYPES:
        where.store(fields, _as_bytes(str(value) if not isinstance(value, bool) else text))
    else:
        fields[where.name] = _number(value)


def _number(value: Any) -> Value:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value if isinstance(value, int) or value - value == 0 else str(value)


def _element(item: Any) -> Value | None:
    if isinstance(item, dict | list):
        return _compact(item)
    return item if item is None or isinstance(item, str) else _number(item)


def _as_bytes(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


def _text(value: Any, options: JSONOptions) -> str | None:
    """Return the value as Wazuh shows it to rules; None when it is left out."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null" if options.keep_null else None
    if isinstance(value, list):
        return _array(value, options)
    if isinstance(value, dict):
        return _compact(value)
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """Return a number or truth value as Wazuh shows it: whole numbers of 32 bits as such, others as `%f`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**31:
        return str(int(value))
    if isinstance(value, int) and -(2**31) <= value < 2**31:
        return str(value)
    try:
        return f"{value:f}"
    except OverflowError:
        return str(value)


def _array(value: list[Any], options: JSONOptions) -> str:
    if options.arrays_as_csv:
        return ",".join(_csv(item) for item in value if not isinstance(item, dict | list))
    return _formatted(value, 0)


def _csv(item: Any) -> str:
    if item is None:
        return "null"
    return item if isinstance(item, str) else scalar_text(item)


def _formatted(value: Any, depth: int) -> str:
    """Return formatted JSON as upstream's library prints it: arrays on one line, objects with tabs."""
    if isinstance(value, list):
        return "[" + ", ".join(_formatted(item, depth + 1) for item in value) + "]"
    if isinstance(value, dict):
        tabs = "\t" * (depth + 1)
        lines = [f"{tabs}{_compact(key)}:\t{_formatted(item, depth + 1)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + "\t" * depth + "}" if lines else "{\n" + "\t" * depth + "}"
    return _compact(value) if value is None or isinstance(value, str) else scalar_text(value)


def _compact(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
