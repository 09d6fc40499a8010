"""From the names decoders give to the names events keep, and values to their declared types.

Wazuh's fourteen static names have ECS names; a dynamic name that the catalogue knows keeps it; any
other stands under `data.`. A value that does not fit the type of its field stands under `data.` too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tocsin.core.clock import from_iso
from tocsin.core.errors import InvalidError
from tocsin.core.event import Value
from tocsin.core.fields import ALIASES, CATALOGUE, OURS, RESERVED

STATIC = frozenset(
    {
        *("user", "dstuser", "srcuser", "srcip", "dstip", "srcport", "dstport", "protocol"),
        *("action", "id", "url", "data", "extra_data", "status", "system_name"),
    }
)
"""Names with a place of their own in Wazuh's events; `user` is another name of `dstuser`."""

_ECS = {
    "dstuser": "user.name",
    "srcuser": "source.user.name",
    "srcip": "source.ip",
    "dstip": "destination.ip",
    "srcport": "source.port",
    "dstport": "destination.port",
    "protocol": "network.protocol",
    "action": "event.action",
    "id": "event.code",
    "url": "url.original",
}
_NOT_AN_ADDRESS = {"source.ip": "source.domain", "destination.ip": "destination.domain"}
Store = Callable[[dict[str, Value], str], None]
"""Put a value, given as text, into an event's fields."""


@dataclass(frozen=True)
class Target:
    """Where the value of one decoder field goes."""

    key: str
    """The name rules look it up by: the decoder's, in lower case."""
    static: bool
    """Static fields keep the last value, dynamic ones the first."""
    name: str
    """The event's field."""
    store: Store
    is_text: bool
    """The event keeps the value as it is, once it is readable."""
    written: str
    """The name as the decoder writes it; `dstuser` for `user`."""


@lru_cache(maxsize=8_192)
def target(name: str, *, static_names: bool = True) -> Target:
    """Return where a decoder's field goes; with `static_names` unset every name is a dynamic one."""
    key = name.lower()
    if static_names and name in STATIC:
        key = "dstuser" if key == "user" else key
        return _target(key, _static_name(key), static=True)
    return _target(name, event_field(name), static=False)


@lru_cache(maxsize=1_024)
def renamed(name: str, field: str) -> Target:
    """Return a dynamic field that rules know as `name` and the event keeps as `field`."""
    return _target(name, field, static=False)


def _target(name: str, field: str, *, static: bool) -> Target:
    key = name.lower()
    is_text = CATALOGUE.get(field, "keyword") in ("keyword", "text", "boolean")
    return Target(key, static=static, name=field, store=_storer(field, key), is_text=is_text, written=name)


def event_field(name: str) -> str:
    """Return the event's field for a dynamic name; `data.` names that are aliases lead to the real one."""
    if name in CATALOGUE and name not in RESERVED and not name.startswith(OURS):
        return name
    return ALIASES.get(f"data.{name}", f"data.{name}")


def _static_name(key: str) -> str:
    return _ECS.get(key, f"data.{key}")


def _storer(field: str, key: str) -> Store:
    kind = CATALOGUE.get(field)
    other = _NOT_AN_ADDRESS.get(field, f"data.{key}" if not field.startswith("data.") else field)
    if other == field or ALIASES.get(other) == field:
        other = f"data.{key}_text"
    makers: dict[str | None, Callable[[str, str], Store]] = {
        "long": _store_integer,
        "ip": _store_address,
        "double": _store_number,
        "date": _store_date,
    }
    maker = makers.get(kind)
    return maker(field, other) if maker else _store_text(field)


def _store_text(field: str) -> Store:
    def store(fields: dict[str, Value], value: str) -> None:
        if value:
            fields[field] = readable(value)

    return store


def _store_integer(field: str, other: str) -> Store:
    def store(fields: dict[str, Value], value: str) -> None:
        if value.isascii() and value.isdigit() and len(value) < 19:
            fields[field] = int(value)
        elif value and value != "-":
            fields[other] = readable(value)

    return store


def _store_number(field: str, other: str) -> Store:
    def store(fields: dict[str, Value], value: str) -> None:
        try:
            fields[field] = float(value)
        except ValueError:
            if value:
                fields[other] = readable(value)

    return store


def _store_date(field: str, other: str) -> Store:
    def store(fields: dict[str, Value], value: str) -> None:
        try:
            fields[field] = int(value) if value.isdigit() and len(value) < 19 else from_iso(value)
        except InvalidError:
            if value:
                fields[other] = readable(value)

    return store


def _store_address(field: str, other: str) -> Store:
    def store(fields: dict[str, Value], value: str) -> None:
        if is_address(value):
            fields[field] = value
        elif value and value != "-":
            fields[other] = readable(value)

    return store


@lru_cache(maxsize=65_536)
def is_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address (without a zone)."""
    if len(text) > 45 or "%" in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def readable(value: str) -> str:
    """Return text that was read byte by byte (Latin-1) as the UTF-8 it most likely is."""
    return value if value.isascii() else value.encode("latin-1", "replace").decode("utf-8", "replace")
