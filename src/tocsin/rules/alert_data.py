"""`data` of a Wazuh alert: what the decoder found, under Wazuh's names, nested, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from tocsin.core.event import Value
from tocsin.core.fields import ALIASES, ALIASES_OF_DATA
from tocsin.decode.jsondoc import scalar_text

_DATA = "data."
_OF_STATIC = {field: name for name, field in ALIASES.items() if name.startswith(_DATA)}
_OF_STATIC |= {"source.domain": "data.srcip", "destination.domain": "data.dstip"}
_OF_DYNAMIC = {field: name for name, field in ALIASES_OF_DATA.items()}
_BESIDE = (
    *("event.source", "event.time_refused", "event.ingested", "event.created", "host.", "log.", "observer."),
    *("predecoder.", "error.", "process.name", "process.pid"),
)
"""Beginnings of fields that say where an event comes from and how it was read, not what it says."""
_OWN_NAMES = frozenset(
    {
        *("windows_eventchannel", "rootcheck", "sca", "syscollector", "hostinfo_new", "hostinfo_modified"),
        *("tocsin_port", "tocsin_agent"),
    }
)
"""Decoders whose every value stands under a name of its own below `data.`; ECS names only repeat them."""


def log_data(fields: Mapping[str, Value], decoder: str) -> dict[str, Any]:
    """Return the nested data of an event's fields."""
    document: dict[str, Any] = {}
    for name, value in _named(fields, decoder in _OWN_NAMES):
        shown = shown_value(value)
        if shown not in ("", []):
            _place(document, name.removeprefix(_DATA).split("."), shown)
    return document


def _named(fields: Mapping[str, Value], has_own_names: bool) -> Iterator[tuple[str, Value]]:
    for field in sorted(fields):
        if field.startswith(_DATA):
            plain = field.removesuffix("_text")
            yield plain if plain in ALIASES else field, fields[field]
        elif has_own_names:
            continue
        elif field in _OF_STATIC:
            yield _OF_STATIC[field], fields[field]
        elif field in _OF_DYNAMIC and not field.startswith(_BESIDE):
            yield _OF_DYNAMIC[field], fields[field]


def shown_value(value: Value) -> Any:
    """Return a value as the document shows it: a list as a list, anything else as text."""
    return [_element(item) for item in value] if isinstance(value, list) else text_of(value)


def text_of(value: Any) -> str:
    """Return a single value as Wazuh's rules see it: whole numbers of 32 bits as such, others as `%f`."""
    return value if isinstance(value, str) else scalar_text(value)


def _element(item: Any) -> Any:
    """Return an element; what the event keeps as the text of an object or a list is one again."""
    if isinstance(item, str) and item[:1] in ("{", "["):
        try:
            return orjson.loads(item)
        except ValueError:
            return item
    return item


def _place(document: dict[str, Any], path: list[str], value: Any) -> None:
    """Put the value where its name says; a name that is an object too keeps the object, as upstream."""
    for part in path[:-1]:
        inner = document.get(part)
        if not isinstance(inner, dict):
            inner = document[part] = {}
        document = inner
    if not isinstance(document.get(path[-1]), dict):
        document[path[-1]] = value
