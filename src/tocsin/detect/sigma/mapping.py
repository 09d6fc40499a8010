"""Sigma's log sources and field names on our events, from tables in YAML; what is bad is named by line.

A table holds `fields` and `logsources`. Each entry names a Sigma log source (`product`, `category`,
`service`; a part left out stands for any). Under `fields`, `names` gives the names an event may hold a
Sigma field under, `default` the patterns for all others (`{name}`, `{lower}`: its first letter lowered,
`{service}`), and `empty_is_absent` a field that is there when the event comes from a decoder which
leaves empty values out. Under `logsources`, `when` lists what an event of that source satisfies: any one
entry with all its keys (a field with one of its values, `*` and `?` as in Sigma; `exists`, `absent`). A
table of the operator is read on top of ours: what it says of the same log source counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from tocsin.core.errors import ContentError, Location
from tocsin.core.fields import CATALOGUE, canonical
from tocsin.detect.sigma.tables_yaml import read_table
from tocsin.query.tree import SEPARATOR, And, Exists, Node, Not, OneOf, Or, Term, Wildcard

_MOST_KNOWN = 20_000
"""Names and log sources whose meaning is remembered."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """Which logs a rule is about, or an entry of a table; empty parts stand for any."""

    product: str = ""
    category: str = ""
    service: str = ""

    def covers(self, other: LogSource) -> bool:
        """Say whether everything named here is named there alike."""
        return all(not mine or mine == theirs for mine, theirs in zip(self.parts, other.parts, strict=True))

    @property
    def parts(self) -> tuple[str, str, str]:
        """The three parts."""
        return self.product, self.category, self.service

    @property
    def named(self) -> int:
        """How many parts are named."""
        return sum(map(bool, self.parts))

    def __str__(self) -> str:
        return "/".join(part or "*" for part in self.parts)


@dataclass(frozen=True, slots=True)
class FieldTable:
    """The names of Sigma's fields for the rules of one log source."""

    source: LogSource
    names: Mapping[str, tuple[str, ...]]
    default: tuple[str, ...]
    empty_is_absent: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What an event of a log source satisfies: any of the entries, in Sigma's names."""

    source: LogSource
    when: tuple[Mapping[str, Any], ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All tables together. Thread safe."""

    fields: tuple[FieldTable, ...]
    scopes: Mapping[LogSource, Scope]
    placeholders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""
    """Hash of the tables' texts."""
    _known_names: dict[tuple[LogSource, str], tuple[str, ...]] = field(default_factory=dict, repr=False)
    _known_scopes: dict[LogSource, Node | None] = field(default_factory=dict, repr=False)

    def names(self, source: LogSource) -> Callable[[str], tuple[str, ...]]:
        """Return what gives the names of a Sigma field in events of the log source."""
        tables = self._tables(source)
        known = self._known_names

        def names(name: str) -> tuple[str, ...]:
            found = known.get((source, name))
            if found is None:
                found = _names_of(name, tables, source)
                if len(known) < _MOST_KNOWN:  # rules of strangers choose the names
                    known[source, name] = found
            return found

        return names

    def empty_is_absent(self, source: LogSource) -> str:
        """Return the field that tells events whose decoder drops empty values; empty for none."""
        return next((table.empty_is_absent for table in self._tables(source) if table.empty_is_absent), "")

    def scope(self, source: LogSource) -> Node | None:
        """Return what an event of the log source satisfies; None when a part of it is in no table."""
        if source not in self._known_scopes:
            found = self._scope(source)
            if len(self._known_scopes) >= _MOST_KNOWN:
                return found
            self._known_scopes[source] = found
        return self._known_scopes[source]

    def scope_named(self, name: str) -> Node | None:
        """Return the scope of a log source given as `product/category/service`."""
        parts = ["" if part == "*" else part for part in name.split("/")]
        return self.scope(LogSource(*parts)) if len(parts) == 3 else None

    def _scope(self, source: LogSource) -> Node | None:
        covering = [scope for scope in self.scopes.values() if scope.source.covers(source)]
        chosen = [each for each in covering if not any(_narrower(other, each) for other in covering)]
        named = [any(part) for part in zip(*(scope.source.parts for scope in chosen), strict=True)] or [
            False
        ] * 3
        wanted = [
            bool(source.product) and not (source.category or source.service),
            *map(bool, source.parts[1:]),
        ]
        if any(want and not have for want, have in zip(wanted, named, strict=True)):
            return None
        nodes = tuple(self._when(scope) for scope in chosen)
        return nodes[0] if len(nodes) == 1 else And(nodes) if nodes else None

    def _tables(self, source: LogSource) -> list[FieldTable]:
        fitting = [table for table in self.fields if table.source.covers(source)]
        return sorted(fitting, key=lambda table: -table.source.named)  # stable: later tables come first

    def _when(self, scope: Scope) -> Node:
        tables = self._tables(scope.source)

        def named(name: str) -> str:
            plain = "." in name or name in CATALOGUE
            listed = any(name in table.names for table in tables)
            names = (name,) if plain and not listed else _names_of(name, tables, scope.source)
            return SEPARATOR.join(names)

        parts = [_entry(entry, named) for entry in scope.when]
        return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _narrower(one: Scope, other: Scope) -> bool:
    return one is not other and other.source.covers(one.source)


def _names_of(name: str, tables: Iterable[FieldTable], source: LogSource) -> tuple[str, ...]:
    patterns: tuple[str, ...] = ()
    for table in tables:
        if name in table.names:
            return table.names[name]
        patterns = patterns or table.default
    lower = name[:1].lower() + name[1:]
    names = (each.format(name=name, lower=lower, service=source.service) for each in patterns)
    return tuple(dict.fromkeys(canonical(each) for each in names)) or (canonical(name),)


def _entry(entry: Mapping[str, Any], named: Callable[[str], str]) -> Node:
    parts: list[Node] = []
    for key, value in entry.items():
        values = value if isinstance(value, list) else [value]
        if key == "exists":
            parts += [Exists(named(each)) for each in values]
        elif key == "absent":
            parts += [Not(Exists(named(each))) for each in values]
        else:
            parts.append(_holds(named(key), values))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _holds(name: str, values: Sequence[Any]) -> Node:
    plain = tuple(value for value in values if not _is_pattern(value))
    patterns = [Wildcard(name, value) for value in values if _is_pattern(value)]
    if not patterns:
        return Term(name, plain[0]) if len(plain) == 1 else OneOf(name, plain)
    whole: list[Node] = [OneOf(name, plain), *patterns] if plain else [*patterns]
    return whole[0] if len(whole) == 1 else Or(tuple(whole))


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and ("*" in value or "?" in value)


def load_taxonomy(paths: Sequence[Path] = ()) -> Taxonomy:
    """Read our tables and then the operator's; raises `ContentError` with file and line."""
    if not paths:
        return _ours()
    tables, scopes, placeholders = list(_ours().fields), dict(_ours().scopes), dict(_ours().placeholders)
    digest = hashlib.sha256(_ours().digest.encode())
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ContentError(f"cannot be read: {error}", location=Location(str(path))) from error
        digest.update(text.encode())
        more = _read(str(path), text)
        tables = [*more.fields, *tables]
        scopes.update(more.scopes)
        placeholders.update(more.placeholders)
    return Taxonomy(tuple(tables), scopes, placeholders, digest.hexdigest())


@lru_cache(maxsize=1)
def _ours() -> Taxonomy:
    tables: list[FieldTable] = []
    scopes: dict[LogSource, Scope] = {}
    digest = hashlib.sha256()
    folder = resources.files("tocsin.detect.sigma") / "mappings"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yml"):
            text = file.read_text(encoding="utf-8")
            digest.update(text.encode())
            read = _read(file.name, text)
            tables += read.fields
            scopes.update(read.scopes)
    return Taxonomy(tuple(tables), scopes, {}, digest.hexdigest())


def _read(path: str, text: str) -> Taxonomy:
    table = read_table(path, text)
    fields = tuple(
        FieldTable(
            LogSource(**entry.logsource),
            {name: tuple(map(canonical, names)) for name, names in entry.names.items()},
            entry.default,
            entry.empty_is_absent,
        )
        for entry in table.fields
    )
    scopes = {
        LogSource(**entry.logsource): Scope(LogSource(**entry.logsource), entry.when, entry.location)
        for entry in table.logsources
    }
    return Taxonomy(fields, scopes, table.placeholders)
