"""What a kind of channel is: typed options, which of them are secret, and how a message is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.core.errors import InvalidError
from tocsin.core.suggestion import did_you_mean
from tocsin.notify.guard import Guard
from tocsin.notify.http import HTTP, address_parts
from tocsin.notify.model import Message


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along with a message."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Means:
    """What senders work with."""

    http: HTTP
    attached: Attached | None = None
    """For kinds that take files."""

    @property
    def guard(self) -> Guard:
        """Judges where a message may go."""
        return self.http.guard


@dataclass(frozen=True, slots=True)
class Field:
    """An option as people are asked for it."""

    name: str
    type: str
    required: bool
    secret: bool
    description: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel. `send` raises `DeliveryError`; `hosts` says whom it would speak to."""

    name: str
    label: str
    options: type[msgspec.Struct]
    secrets: frozenset[str]
    send: Callable[[Any, Message, Means], None]
    hosts: Callable[[Any], tuple[str, ...]]
    takes_files: bool = False
    """Whether it sends the files of messages along; others send the link alone."""

    def read(self, given: Mapping[str, Any]) -> Any:
        """Return the options typed; raises `InvalidError` naming the one that does not fit."""
        known = self.options.__struct_encode_fields__
        for name in given:
            if name not in known:
                hint = did_you_mean(str(name), known)
                raise InvalidError(f"{self.name} channels have no option {str(name)!r}{hint}")
        try:
            return msgspec.convert(dict(given), self.options)
        except msgspec.ValidationError as error:
            raise InvalidError(f"{self.name} channel: {error}") from error

    def fields(self) -> tuple[Field, ...]:
        """Describe the options."""
        schema = msgspec.json.schema(self.options)
        found = next(iter(schema["$defs"].values()))
        required = frozenset(found.get("required", ()))
        return tuple(
            Field(name, _type(each), name in required, name in self.secrets, each.get("description", ""))
            for name, each in found["properties"].items()
        )

    def parted(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the options that may be shown and those that may not."""
        shown = {name: value for name, value in given.items() if name not in self.secrets}
        return shown, {name: value for name, value in given.items() if name in self.secrets}


def host_of(*urls: str) -> tuple[str, ...]:
    """Return the hosts of addresses."""
    return tuple(dict.fromkeys(address_parts(url)[1] for url in urls if url))


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "|".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return "|".join(_type(each) for each in schema["anyOf"])
    return str(schema.get("type", "any"))
