"""Fields set, copied, renamed and removed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.core.event import Event
from tocsin.ingest.processors.draft import Dropped, Processor, read, read_text, target, write

_SLOT = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
_LONGEST = 32_768


def set_fields(values: Mapping[str, Any], *, override: bool = True) -> Processor:
    """Return the processor that sets fields; `{{other.field}}` in a text stands for that field's value."""

    def run(event: Event) -> None:
        for field, value in values.items():
            if override or read(event, field) is None:
                write(event, field, _filled(value, event) if isinstance(value, str) else value)

    return run


def _filled(text: str, event: Event) -> str:
    return _SLOT.sub(lambda slot: read_text(event, slot[1]), text)[:_LONGEST]


def rename(names: Mapping[str, str]) -> Processor:
    """Return the processor that gives fields other names; an absent field is let be."""

    def run(event: Event) -> None:
        for old, new in names.items():
            value = read(event, old)
            if value is not None and target(old) != target(new):
                write(event, new, value)
                write(event, old, None)

    return run


def copy(names: Mapping[str, str]) -> Processor:
    """Return the processor that copies fields, the record's text too, under further names."""

    def run(event: Event) -> None:
        for old, new in names.items():
            value = read(event, old)
            if value is not None:
                write(event, new, list(value) if isinstance(value, list) else value)

    return run


def remove(fields: Sequence[str]) -> Processor:
    """Return the processor that takes fields away; an absent one is let be."""

    def run(event: Event) -> None:
        for field in fields:
            write(event, field, None)

    return run


def substitute(field: str, pattern: Any, replacement: str) -> Processor:
    r"""Return the processor that replaces what a compiled RE2 pattern matches; `\1` stands for a group."""

    def run(event: Event) -> None:
        write(event, field, pattern.sub(replacement, read_text(event, field))[:_LONGEST])

    return run


def split(field: str, separator: str) -> Processor:
    """Return the processor that makes a list of a text, empty parts left out."""

    def run(event: Event) -> None:
        parts = [part.strip() for part in read_text(event, field).split(separator)]
        write(event, field, [part for part in parts if part])

    return run


def drop(reason: str) -> Processor:
    """Return the processor that leaves the event out; it is counted under the reason."""

    def run(_event: Event) -> None:
        raise Dropped(reason)

    return run
