"""A value whose change is what counts: what the last event of its kind said decides what this one means.

Decoding knows no other event. It says under which key the value is kept, and what would be different
for each former value; the stateful half of the rules compares, and takes the reading that fits.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.core.event import Value

FIRST = ""
"""The former value of what was never seen."""
ANY = "*"
"""Any former value that has no reading of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an event is when the former value was `former`."""

    former: str
    """`FIRST`, `ANY`, or the value itself."""
    decoder: str = ""
    """The decoder's name, when it depends on the former value."""
    values: tuple[tuple[str, str], ...] = ()
    """More of what rules see, by name in lower case."""
    fields: tuple[tuple[str, Value], ...] = ()
    """More of the event."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A value and its readings, of which the first that fits holds. An unchanged value is no finding."""

    key: str
    value: str
    readings: tuple[Reading, ...]
