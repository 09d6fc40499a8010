"""A decoder as it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tocsin.decode.jsondoc import JSONOptions
from tocsin.decode.naming import Target
from tocsin.decode.patterns import Extractor, Pattern
from tocsin.decode.subject import Subject

Plugin = Callable[[Subject, int], None]
"""Reads the fields of a subject's log from a position on."""

Offset = Literal["", "after_parent", "after_prematch", "after_regex"]
CATEGORIES = frozenset(
    {"syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec", "host-information"}
)


@dataclass
class Decoder:
    """One decoder, compiled. `name` is final: a child without a name of its own bears its root's."""

    name: str
    path: str
    line: int
    parents: tuple[str, ...] = ()
    program: Pattern | None = None
    prematch: Extractor | None = None
    prematch_after_parent: bool = False
    regex: Extractor | None = None
    offset: Offset = ""
    targets: tuple[Target, ...] = ()
    json: JSONOptions | None = None
    """Set when the JSON plugin reads the fields."""
    plugin: Plugin | None = None
    """Set when another plugin reads the fields."""
    accumulate: bool = False
    """Whether lines with the same `id` lend each other fields."""
    category: str = "syslog"
    fts: tuple[str, ...] = ()
    """Names whose values make up the key for first-time-seen."""
    own_name: bool = False
    inner_name: str = ""
    """The name written in the file: siblings of the same one form a chain."""
    prematch_atom: Any = None
    """What the pass over the log tells of the prematch (`tocsin.decode.scan`), as an object that sets know;
    None for nothing."""
    prematch_decided: bool = False
    """Whether a log that has the atom matches."""


@dataclass
class Child:
    """A decoder in its place among a root's children."""

    decoder: Decoder
    goes_on: bool = False
    """After this one the next sibling runs too."""
    next_if_unmatched: int = 0
    """Index of the sibling to try when the prematch fails."""
    rest_matters: bool = True
    """Whether anyone reads from where the prematch ends; else that it matches is all there is to know."""


@dataclass
class Root:
    """A decoder without parent, and its children in order."""

    decoder: Decoder
    children: list[Child] = field(default_factory=list)
    rest_matters: bool = True
    """As with a child."""
