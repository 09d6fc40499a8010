"""Grok: named patterns that compose, as Logstash's users write them.

`%{NAME}` stands for a pattern, `%{NAME:field}` keeps what it matched, `%{NAME:field:int|float|long|boolean}`
converts it; `(?<field>...)` and `(?P<field>...)` keep too. `[a][b]` in a field means `a.b`. Matching runs in
linear time (RE2), so look-around, back-references and atomic groups are refused where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from tocsin.core.event import Event
from tocsin.ingest.processors.convert import CONVERSIONS, converted
from tocsin.ingest.processors.draft import Processor, Unable, read_text, target, write
from tocsin.query.patterns import QueryError, compile_regex

_REFERENCE = re.compile(
    r"%\{(?P<name>\w+)(?::(?P<field>[^:}]+))?(?::(?P<type>\w+))?\}|\(\?P?<(?P<group>[A-Za-z_@\[][^>]*)>"
)
_LONGEST = 20_000
_DEEPEST = 30
_PLAIN = str.maketrans("", "", "[]")


class GrokError(ValueError):
    """A pattern cannot be compiled; the message says which part."""


@cache
def known_patterns() -> Mapping[str, str]:
    """Return the patterns that come with Tocsin, by name."""
    text = (files("tocsin.ingest.processors") / "grok_patterns.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split(" ", 1) for line in lines)


class Grok:
    """Tries patterns in the order given; the first that matches anywhere in the text gives the fields.

    Without `break_on_match` every pattern that matches gives its fields.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        definitions: Mapping[str, str] | None = None,
        *,
        break_on_match: bool = True,
    ) -> None:
        """Raises `GrokError`."""
        self._break_on_match = break_on_match
        known = {**known_patterns(), **(definitions or {})}
        self._tries = [_compiled(pattern, known) for pattern in patterns]

    def match(self, text: str) -> dict[str, Any] | None:
        """Return the fields of the patterns that match, None when none does.

        A field several parts give becomes a list of what they matched, in order.
        """
        groups: list[str | None] = []
        named: list[_Part] = []
        has_matched = False
        for regex, parts in self._tries:
            found = regex.search(text)
            if found is None:
                continue
            has_matched = True
            groups += found.groups()
            named += parts
            if self._break_on_match:
                break
        return _fields(groups, named) if has_matched else None


def grok(field: str, engine: Grok) -> Processor:
    """Return the processor that reads a field with the engine's patterns."""

    def run(event: Event) -> None:
        found = engine.match(read_text(event, field))
        if found is None:
            raise Unable(f"no pattern matches {field}")
        for name, value in found.items():
            write(event, name, value)

    return run


_Part = tuple[str, str]
"""A field and the type it is converted to, or `""`."""


def _compiled(pattern: str, known: Mapping[str, str]) -> tuple[Any, list[_Part]]:
    parts: list[_Part] = []
    expanded = _expanded(pattern, known, parts, ())
    try:
        regex = compile_regex(expanded)
    except QueryError as error:
        raise GrokError(f"{pattern!r}: {error.message}") from error
    if regex.groups != len(parts):
        raise GrokError(f"{pattern!r}: write groups that keep nothing as (?:...)")
    return regex, parts


def _expanded(pattern: str, known: Mapping[str, str], parts: list[_Part], within: tuple[str, ...]) -> str:
    if len(within) > _DEEPEST:
        raise GrokError(f"%{{{within[-1]}}} is nested more than {_DEEPEST} deep")

    def insert(match: re.Match[str]) -> str:
        if match["group"]:
            parts.append((_field(match["group"]), ""))
            return "("
        return _reference(match, known, parts, within)

    expanded = _REFERENCE.sub(insert, pattern)
    if len(expanded) > _LONGEST:
        raise GrokError(f"the pattern grows beyond {_LONGEST} characters")
    return expanded


def _reference(
    match: re.Match[str], known: Mapping[str, str], parts: list[_Part], within: tuple[str, ...]
) -> str:
    name = match["name"]
    if name not in known:
        raise GrokError(f"no pattern is named {name}")
    if name in within:
        raise GrokError(f"%{{{name}}} contains itself")
    if not match["field"]:
        return f"(?:{_expanded(known[name], known, parts, (*within, name))})"
    kind = match["type"] or ""
    if kind and kind not in CONVERSIONS:
        raise GrokError(f"%{{{name}:{match['field']}:{kind}}}: a type is one of {', '.join(CONVERSIONS)}")
    parts.append((_field(match["field"]), kind))
    return f"({_expanded(known[name], known, parts, (*within, name))})"


def _field(written: str) -> str:
    try:
        return target(written)
    except Unable as error:
        raise GrokError(error.message) from error


def _fields(groups: Sequence[str | None], parts: Sequence[_Part]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text, (field, kind) in zip(groups, parts, strict=True):
        if not text:
            continue
        value = converted(text, kind) if kind else text
        before = found.get(field)
        if before is None or before == value:
            found[field] = value
        else:
            found[field] = [*(before if isinstance(before, list) else [before]), value]
    return found
