"""The processors a pipeline may name, the options of each, and what is made of them.

`msgspec` checks the options against these structs, so an unknown or mistyped one is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tocsin.ingest.processors import dates, delimited, enrichment, moving
from tocsin.ingest.processors.convert import CONVERSIONS, convert
from tocsin.ingest.processors.dissect import Dissection, dissect
from tocsin.ingest.processors.draft import Processor, Unable, target
from tocsin.ingest.processors.grok import Grok, grok
from tocsin.query.intervals import zone_of
from tocsin.query.patterns import compile_regex

_SPRINTF = re.compile(r"%\{([^{}\s]+)\}")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a pipeline may use of the machine it runs on."""

    folder: Path
    """The pipeline's own folder; tables of lookups stand in it or below."""
    geoip: Path | None = None
    """The operator's MaxMind database."""


class _Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    field: str


class _Grok(_Options, frozen=True, forbid_unknown_fields=True):
    patterns: list[str]
    definitions: dict[str, str] = {}
    break_on_match: bool = True


class _Dissect(_Options, frozen=True, forbid_unknown_fields=True):
    pattern: str


class _KeyValues(_Options, frozen=True, forbid_unknown_fields=True):
    field_split: str = " "
    value_split: str = "="
    prefix: str = ""
    include: list[str] = []
    exclude: list[str] = []
    trim: str = "\"'"
    allow_duplicate_values: bool = True


class _Json(_Options, frozen=True, forbid_unknown_fields=True):
    into: str = ""


class _Csv(_Options, frozen=True, forbid_unknown_fields=True):
    columns: list[str]
    separator: str = ","
    quote: str = '"'


class _Date(_Options, frozen=True, forbid_unknown_fields=True):
    formats: list[str]
    timezone: str = "UTC"
    into: str = ""


class _Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    fields: dict[str, str | int | float | bool | list[str]]
    override: bool = True


class _Substitute(_Options, frozen=True, forbid_unknown_fields=True):
    pattern: str
    replacement: str = ""


class _Split(_Options, frozen=True, forbid_unknown_fields=True):
    separator: str


class _Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


class _Into(_Options, frozen=True, forbid_unknown_fields=True):
    into: str = ""


class _Lookup(_Options, frozen=True, forbid_unknown_fields=True):
    file: str
    key: str
    into: str
    default: str | None = None


_Names = dict[str, str]
_Build = Callable[[Any, Surroundings], Processor]


def build(name: str, given: Any, around: Surroundings) -> Processor:
    """Return the processor. Raises `msgspec.ValidationError`, `ValueError`, `TocsinError`, `OSError`."""
    kind, make = PROCESSORS[name]
    return make(msgspec.convert(given, kind), around)


def _grok(o: _Grok, _: Surroundings) -> Processor:
    return grok(o.field, Grok(o.patterns, o.definitions, break_on_match=o.break_on_match))


def _key_values(o: _KeyValues, _: Surroundings) -> Processor:
    if not o.field_split or not o.value_split:
        raise ValueError("field_split and value_split cannot be empty")
    return delimited.key_values(
        o.field,
        field_split=o.field_split,
        value_split=o.value_split,
        prefix=o.prefix,
        include=frozenset(o.include),
        exclude=frozenset(o.exclude),
        trim=o.trim,
        allow_duplicate_values=o.allow_duplicate_values,
    )


def _csv(o: _Csv, _: Surroundings) -> Processor:
    if len(o.separator) != 1 or len(o.quote) != 1 or o.separator == o.quote:
        raise ValueError("separator and quote are two different characters")
    return delimited.columns(o.field, _writable(o.columns), separator=o.separator, quote=o.quote)


def _date(o: _Date, _: Surroundings) -> Processor:
    if not o.formats:
        raise ValueError("formats names at least one format")
    formats = [dates.compile_format(text) for text in o.formats]
    return dates.date(o.field, formats, zone_of(o.timezone), o.into)


def _set(o: _Set, _: Surroundings) -> Processor:
    _writable(list(o.fields))
    for value in o.fields.values():
        if isinstance(value, str) and (slot := _SPRINTF.search(value)):
            raise ValueError(f"{slot[0]} is Logstash's: write {{{{{slot[1]}}}}} for the value of a field")
    return moving.set_fields(o.fields, override=o.override)


def _geoip(o: _Into, around: Surroundings) -> Processor:
    if around.geoip is None:
        raise ValueError("no MaxMind database is configured (settings: [enrich] geoip)")
    return enrichment.geoip(o.field, around.geoip, o.into)


def _lookup(o: _Lookup, around: Surroundings) -> Processor:
    path = (around.folder / o.file).resolve()
    if not path.is_relative_to(around.folder.resolve()):
        raise ValueError(f"{o.file!r} is outside the pipeline's folder")
    return enrichment.lookup(o.field, enrichment.read_table(path, o.key), o.into, default=o.default)


def _convert(kinds: _Names, _: Surroundings) -> Processor:
    for kind in kinds.values():
        if kind not in CONVERSIONS:
            raise ValueError(f"{kind!r} is none of {', '.join(CONVERSIONS)}")
    _writable(list(kinds))
    return convert(kinds)


def _substitute(o: _Substitute, _: Surroundings) -> Processor:
    pattern = compile_regex(o.pattern)
    names = {number: f"?P<{name}>" for name, number in pattern.groupindex.items()}
    groups = "".join(f"({names.get(number, '')})" for number in range(1, pattern.groups + 1))
    try:  # with the same groups on a text that fits: else the first event that fits would tell
        compile_regex(groups).sub(o.replacement, "")
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(
            f"replacement {o.replacement!r} has a group the pattern has not, or a bad escape"
        ) from error
    return moving.substitute(_writable([o.field])[0], pattern, o.replacement)


def _split(o: _Split, _: Surroundings) -> Processor:
    if not o.separator:
        raise ValueError("separator cannot be empty")
    return moving.split(_writable([o.field])[0], o.separator)


def _writable(names: list[str]) -> list[str]:
    for name in names:
        try:
            target(name)
        except Unable as error:
            raise ValueError(error.message) from error
    return names


def _changing(make: Callable[[_Names], Processor]) -> _Build:
    def built(names: _Names, _: Surroundings) -> Processor:
        _writable(list(names.values()))
        return make(names)

    return built


PROCESSORS: Mapping[str, tuple[Any, _Build]] = {
    "grok": (_Grok, _grok),
    "dissect": (_Dissect, lambda o, _: dissect(o.field, Dissection(o.pattern))),
    "kv": (_KeyValues, _key_values),
    "json": (_Json, lambda o, _: delimited.json_document(o.field, o.into)),
    "csv": (_Csv, _csv),
    "date": (_Date, _date),
    "set": (_Set, _set),
    "rename": (_Names, _changing(moving.rename)),
    "copy": (_Names, _changing(moving.copy)),
    "remove": (list[str], lambda o, _: moving.remove(_writable(o))),
    "convert": (_Names, _convert),
    "gsub": (_Substitute, _substitute),
    "split": (_Split, _split),
    "drop": (_Drop, lambda o, _: moving.drop(o.reason)),
    "geoip": (_Into, _geoip),
    "user_agent": (_Into, lambda o, _: enrichment.user_agent(o.field, o.into or "user_agent")),
    "lookup": (_Lookup, _lookup),
}
"""The options' type of each processor, and what makes it."""
