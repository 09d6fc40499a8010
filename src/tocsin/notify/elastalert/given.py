"""The options of one service as a rule gives them, and the fields of a match they name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tocsin.core.errors import InvalidError
from tocsin.notify.model import Message

MISSING = "<MISSING VALUE>"
_HOLE = re.compile(r"\{\{|\}\}|\{([A-Za-z0-9_@.\-]*)\}")
_LARGEST_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sending:
    """A kind of channel, its options, and the message as this service gets it."""

    kind: str
    options: Mapping[str, Any]
    message: Message


@dataclass(frozen=True, slots=True)
class Given:
    """Options by name. What is missing is empty; what is of another type raises `InvalidError`."""

    options: Mapping[str, Any]
    message: Message
    document: Mapping[str, Any] = field(default_factory=dict)
    """The first match."""

    def text(self, name: str, default: str = "") -> str:
        """Return a text; numbers are read as text."""
        value = self.options.get(name)
        if value is None:
            return default
        if not isinstance(value, str | int | float):
            raise InvalidError(f"{name} is a text")
        return str(value)

    def needed(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.text(name)
        if not value:
            raise InvalidError(f"the rule gives no {name}")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; a single one is a list of one."""
        value = self.options.get(name)
        if value is None or value == "":
            return []
        found = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(each, str | int | float) for each in found):
            raise InvalidError(f"{name} is a list of texts")
        return [str(each) for each in found]

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a truth value."""
        value = self.options.get(name, default)
        if not isinstance(value, bool):
            raise InvalidError(f"{name} is true or false")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a mapping."""
        value = self.options.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise InvalidError(f"{name} is a mapping")
        return {str(key): each for key, each in value.items()}

    def field(self, name: str) -> str:
        """Return a field of the match as text."""
        value = lookup(self.document, name)
        return MISSING if value is None else shown(value)

    def filled(self, template: str, fields: Sequence[str] = ()) -> str:
        """Fill `{}` and `{0}` with the fields, `{name}` with a field of that name, and nothing else."""
        values = iter(fields)

        def one(found: re.Match[str]) -> str:
            if found.group(0) in {"{{", "}}"}:
                return found.group(0)[0]
            name = found.group(1)
            if not name:
                name = next(values, "")
            elif name.isdigit():
                name = fields[int(name)] if int(name) < len(fields) else ""
            return self.field(name) if name else MISSING

        return _HOLE.sub(one, template)

    def facts(self, name: str, field_key: str = "value") -> tuple[tuple[str, str], ...]:
        """Return the label and value of each entry of a list such as `slack_alert_fields`."""
        entries = self.options.get(name) or []
        if not isinstance(entries, list) or not all(isinstance(each, Mapping) for each in entries):
            raise InvalidError(f"{name} is a list of mappings")
        return tuple(
            (str(each.get("title") or each.get("name") or ""), self._fact(each.get(field_key)))
            for each in entries
        )

    def _fact(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(self._fact(each) for each in value)
        found = lookup(self.document, str(value))
        return str(value) if found is None else shown(found)

    def account(self, name: str) -> tuple[str, str]:
        """Return user and password of a file, in the form ElastAlert keeps them; ('', '') for none."""
        path = self.text(name)
        if not path:
            return "", ""
        try:
            with Path(path).open(encoding="utf-8") as file:
                found = yaml.safe_load(file.read(_LARGEST_FILE))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InvalidError(f"{name} cannot be read: {type(error).__name__}") from error
        if not isinstance(found, Mapping):
            raise InvalidError(f"{name} holds no user and password")
        secret = found.get("password") or found.get("apikey") or ""
        return str(found.get("user") or ""), str(secret)


def lookup(document: Any, name: str) -> Any:
    """Return the value of a dotted name, the longest key first; None when there is none."""
    if not isinstance(document, Mapping):
        return None
    if name in document:
        return document[name]
    for place in (at for at, char in reversed(list(enumerate(name))) if char == "."):
        head, rest = name[:place], name[place + 1 :]
        if head in document and (found := lookup(document[head], rest)) is not None:
            return found
    return None


def shown(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, list | tuple):
        return ", ".join(shown(each) for each in value)
    return str(value)
