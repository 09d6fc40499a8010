"""Read a mapping table's YAML, keeping the line of every entry so that what is bad can be named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml

from tocsin.core.errors import ContentError, Location

MAX_BYTES = 1024 * 1024
_T = TypeVar("_T")
_LINE = "\0line"
_SOURCE_KEYS = frozenset({"product", "category", "service"})


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """Adds to each mapping the line it stands in, and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for place, (key, _) in enumerate(node.value):
            if key.value in keys[:place]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice", key.start_mark
                )
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        found[_LINE] = node.start_mark.line + 1
        return found


@dataclass(frozen=True, slots=True)
class FieldsEntry:
    """An entry under `fields`."""

    logsource: dict[str, str]
    names: Mapping[str, tuple[str, ...]]
    default: tuple[str, ...]
    empty_is_absent: str


@dataclass(frozen=True, slots=True)
class ScopeEntry:
    """An entry under `logsources`."""

    logsource: dict[str, str]
    when: tuple[dict[str, Any], ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Table:
    """One file."""

    fields: tuple[FieldsEntry, ...]
    logsources: tuple[ScopeEntry, ...]
    placeholders: Mapping[str, tuple[str, ...]]


def read_table(path: str, text: str) -> Table:
    """Return what a table says; raises `ContentError` with the line and the reason."""
    if len(text) > MAX_BYTES:
        raise ContentError(f"the table is larger than {MAX_BYTES} bytes", location=Location(path))
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise ContentError(f"not valid YAML: {error.problem}", location=Location(path, line)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ContentError(f"not valid YAML: {error}", location=Location(path)) from error
    reader = _Reader(path)
    top = reader.mapping(document, "the table", {"fields", "logsources", "placeholders"})
    return Table(
        reader.each(top, "fields", reader.fields),
        reader.each(top, "logsources", reader.scope),
        {
            name: reader.texts(values, name, 0)
            for name, values in top.get("placeholders", {}).items()
            if name != _LINE
        },
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    path: str

    def refuse(self, reason: str, line: int) -> ContentError:
        return ContentError(reason, location=Location(self.path, line))

    def mapping(self, value: Any, what: str, known: set[str], line: int = 1) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(f"{what} is a mapping of {', '.join(sorted(known))}", line)
        if unknown := set(value) - known - {_LINE}:
            raise self.refuse(f"{what} has no {min(map(str, unknown))!r}", value[_LINE])
        return value

    def each(self, top: dict[str, Any], key: str, read: Callable[[Any, int], _T]) -> tuple[_T, ...]:
        entries = top.get(key) or []
        if not isinstance(entries, list):
            raise self.refuse(f"{key} is a list", top[_LINE])
        return tuple(read(entry, top[_LINE]) for entry in entries)

    def fields(self, value: Any, line: int) -> FieldsEntry:
        entry = self.mapping(
            value, "an entry of fields", {"logsource", "names", "default", "empty_is_absent"}, line
        )
        line = entry[_LINE]
        names = self._without_line(entry.get("names") or {}, "names", line)
        return FieldsEntry(
            self._source(entry, line),
            {str(name): self.texts(values, str(name), line) for name, values in names.items()},
            self.texts(entry.get("default", []), "default", line),
            str(entry.get("empty_is_absent", "")),
        )

    def scope(self, value: Any, line: int) -> ScopeEntry:
        entry = self.mapping(value, "an entry of logsources", {"logsource", "when"}, line)
        line = entry[_LINE]
        when = entry.get("when")
        if not isinstance(when, list) or not when:
            raise self.refuse("`when` lists what an event of the log source satisfies", line)
        conditions = tuple(self._without_line(each, "an entry of when", line) for each in when)
        for condition in conditions:
            self._check(condition, line)
        return ScopeEntry(self._source(entry, line), conditions, Location(self.path, line))

    def _check(self, condition: dict[str, Any], line: int) -> None:
        for key, value in condition.items():
            values = value if isinstance(value, list) else [value]
            if not condition or not values or not all(isinstance(each, str | int | bool) for each in values):
                raise self.refuse(f"{key} is a value or a list of values", line)

    def _without_line(self, value: Any, what: str, line: int) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.refuse(f"{what} is a mapping", line)
        return {str(key): inner for key, inner in value.items() if key != _LINE}

    def _source(self, entry: dict[str, Any], line: int) -> dict[str, str]:
        named = self._without_line(entry.get("logsource", {}), "logsource", line)
        if set(named) - _SOURCE_KEYS:
            raise self.refuse("logsource holds product, category and service", line)
        return {key: str(value).lower() for key, value in named.items()}

    def texts(self, value: Any, what: str, line: int) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str | int) for each in values):
            raise self.refuse(f"{what} is a text or a list of texts", line)
        return tuple(str(each) for each in values)
