"""What a hunt says while it goes on."""

from __future__ import annotations

import msgspec

from tocsin.core.event import Value
from tocsin.detect.correlation import Correlated as Came


class Found(msgspec.Struct, frozen=True, gc=False):
    """A rule matches an event."""

    rule: int
    """The rule's place among the rules of the hunt."""
    file: int
    """The file's place among the files."""
    record: int
    """Number of the record: its own in an event log, else that of its line."""
    at: int
    """Time of the event in microseconds since 1970; 0 when it has none."""
    fields: dict[str, Value]
    message: str


class Faulty(msgspec.Struct, frozen=True):
    """A record cannot be read."""

    file: int
    record: int
    reason: str


class Progressed(msgspec.Struct, frozen=True):
    """So far a file has been read."""

    file: int
    bytes: int
    events: int


class Finished(msgspec.Struct, frozen=True):
    """A file was read to its end, or `problem` says why not."""

    file: int
    events: int
    faults: int
    problem: str = ""
    failed: tuple[str, ...] = ()
    """Rules whose evaluation failed, and how."""


class Correlated(msgspec.Struct, frozen=True):
    """A correlation came about, by these matches."""

    came: Came
    matches: tuple[Found, ...]


Message = Found | Faulty | Progressed | Finished | Correlated
