"""Reads the values of one JSON object: each is checked, unknown names are refused, all faults are noted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from tocsin.core.suggestion import did_you_mean
from tocsin.dashboards.source import Faults, Path

_Word = TypeVar("_Word", bound=str)


class Fields:
    """The names and values of an object at `path`. A value that does not fit counts as not given."""

    def __init__(self, values: Any, path: Path, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            faults.add(path, f"an object is wanted here, not {_kind(values)}")

    def __contains__(self, name: str) -> bool:
        """Say whether the name is given."""
        return name in self._values

    def fault(self, name: str, reason: str) -> None:
        """Note what is wrong with a value."""
        self.faults.add((*self.path, name), reason)

    def raw(self, name: str) -> Any:
        """Return a value as it is; None when it is not given."""
        return self._values.get(name)

    def text(self, name: str, default: str = "", *, most: int = 500, needed: bool = False) -> str:
        """Return a text of at most so many characters."""
        value = self._values.get(name, default)
        if not isinstance(value, str):
            self.fault(name, f"a text is wanted, not {_kind(value)}")
            return default
        if len(value) > most:
            self.fault(name, f"at most {most} characters")
            return default
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.fault(name, "holds a character that is none")
            return default
        if needed and not value.strip():
            self.fault(name, "is needed")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(name, f"a whole number from {low} to {high} is wanted, not {_shown(value)}")
            return default
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            self.fault(name, f"true or false is wanted, not {_shown(value)}")
            return default
        return value

    def word(self, name: str, allowed: Iterable[_Word], default: _Word) -> _Word:
        """Return one of the words allowed."""
        value, words = self._values.get(name, default), list(allowed)
        for word in words:
            if word == value:
                return word
        meant = did_you_mean(value, words) if isinstance(value, str) else ""
        self.fault(name, f"{_shown(value)} is none of {', '.join(words)}{meant}")
        return default

    def items(self, name: str, most: int) -> list[Any]:
        """Return a list of at most so many values."""
        value = self._values.get(name, [])
        if not isinstance(value, list):
            self.fault(name, f"a list is wanted, not {_kind(value)}")
            return []
        if len(value) > most:
            self.fault(name, f"at most {most} entries, not {len(value)}")
        return value[:most]

    def only(self, known: Iterable[str]) -> None:
        """Note every name that is not known."""
        names = list(known)
        for name in self._values:
            if name not in names:
                self.fault(name, f"{name[:60]!r} is not known here{did_you_mean(name, names)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _shown(value: Any) -> str:
    return repr(value)[:60] if isinstance(value, str | int | float | bool) else _kind(value)
