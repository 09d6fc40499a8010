"""What decoders and rules work on: one record while it is being understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.core.event import Value
from tocsin.decode.naming import Target
from tocsin.decode.patterns import lower
from tocsin.decode.tracked import Tracked

MAX_ANALYSED_BYTES = 65_535
"""Decoders and rules see no more of a record than this, as upstream; the event keeps all of it."""
MAX_DYNAMIC_FIELDS = 256


class Subject:
    """The record's text and what was found in it so far.

    All text here is bytes read as Latin-1 (one character, one byte). `values` holds what rules see:
    static fields under their name, dynamic ones under theirs in lower case. `fields` becomes the event's.
    """

    __slots__ = (
        "_low",
        "accumulate",
        "agent",
        "at",
        "category",
        "decoder",
        "document",
        "fields",
        "fts",
        "hits",
        "hostname",
        "location",
        "log",
        "message",
        "parent",
        "pid",
        "program",
        "replayed",
        "size",
        "timestamp",
        "tracked",
        "values",
        "written",
    )

    def __init__(self, log: str) -> None:
        self.log = log
        self.document: Mapping[str, Any] | None = None
        """The JSON object that the log is, where it was read already."""
        self.size = len(log)
        self._low: str | None = None
        self.program = ""
        self.pid = ""
        self.hostname = ""
        self.timestamp = ""
        self.location = ""
        self.agent = ""
        self.at = 0
        self.decoder = ""
        self.parent = ""
        self.category = "syslog"
        self.fts: tuple[str, ...] = ()
        self.accumulate = False
        """Whether earlier lines with the same `id` lend this one what it lacks."""
        self.replayed = 0
        """The rule that a forwarded alert names; such an event meets no other rule."""
        self.values: dict[str, str] = {}
        self.fields: dict[str, Value] = {}
        self.hits: set[int] | None = None
        """The atoms of `log`, once it is cut off its header and scanned (`tocsin.decode.scan`)."""
        self.written: dict[str, str] | None = None
        """The names as decoders write them, by key of `values`; kept only where someone asks for them."""
        self.message = ""
        """What the event says instead of the record's own text; empty for nearly all."""
        self.tracked: Tracked | None = None
        """The value whose change decides what the event means; None for all but a few kinds of records."""

    def rewrite(self, log: str) -> None:
        """Show rules another text than the record's own, as the built-in decoders do; bytes as Latin-1."""
        self.log = log[:MAX_ANALYSED_BYTES]
        self.hits = None
        self.document = None
        self.size = len(self.log)
        self._low = None

    @property
    def low(self) -> str:
        """`log` in ASCII lower case."""
        if self._low is None:
            self._low = lower(self.log)
        return self._low

    def put(self, target: Target, value: str) -> None:
        """Keep a captured value for the rules and for the event."""
        values, key = self.values, target.key
        if not target.static and (key in values or len(values) >= MAX_DYNAMIC_FIELDS):
            return
        values[key] = value
        if self.written is not None:
            self.written[key] = target.written
        target.store(self.fields, value)

    def put_all(self, targets: tuple[Target, ...], captured: tuple[str, ...]) -> None:
        """Keep what a pattern captured, in order; captures beyond the targets are dropped."""
        values, fields, readable = self.values, self.fields, self.log.isascii()
        for target, value in zip(targets, captured):  # noqa: B905  # see above
            key = target.key
            if not target.static and (key in values or len(values) >= MAX_DYNAMIC_FIELDS):
                continue
            values[key] = value
            if self.written is not None:
                self.written[key] = target.written
            if not (readable and target.is_text):
                target.store(fields, value)
            elif value:
                fields[target.name] = value

    def value(self, name: str) -> str | None:
        """Return a field as rules see it, by its name in lower case; None when absent."""
        found = self.values.get(name)
        if found is None and name in _BESIDE:
            return getattr(self, _BESIDE[name]) or None
        return found


_BESIDE = {"program_name": "program", "hostname": "hostname", "location": "location", "name": "decoder"}
