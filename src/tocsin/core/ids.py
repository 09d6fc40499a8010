"""Identifiers: typed, sortable by time where made here, deterministic where derived."""

from __future__ import annotations

import secrets
import time
from typing import NewType

from tocsin.core.errors import InvalidError

SourceId = NewType("SourceId", str)
EventId = NewType("EventId", str)
AlertId = NewType("AlertId", str)
CaseId = NewType("CaseId", str)
ObservableId = NewType("ObservableId", str)
TaskId = NewType("TaskId", str)

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_SEPARATOR = "~"


def new_id(prefix: str) -> str:
    """Return a fresh identifier `prefix_` + 26 characters that sort by the time they were made.

    The 26 characters are a ULID in lower case: 48 bits of milliseconds, 80 random bits.
    """
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = []
    for _ in range(26):
        digits.append(_CROCKFORD[number & 31])
        number >>= 5
    return f"{prefix}_{''.join(reversed(digits))}"


def event_id(source: str, seq: int) -> EventId:
    """Return the identifier of the event made from record `seq` of `source`.

    Same source and sequence, same event: this is what makes a resent batch harmless.
    """
    return EventId(f"{source}{_SEPARATOR}{seq}")


def split_event_id(identifier: str) -> tuple[SourceId, int]:
    """Return the source and sequence an event identifier was made from.

    Raises `InvalidError` when the text is no event identifier.
    """
    source, separator, seq = identifier.rpartition(_SEPARATOR)
    if not (separator and source and seq.isascii() and seq.isdigit()):
        raise InvalidError(f"{identifier!r} is not an event identifier (source~sequence)")
    return SourceId(source), int(seq)
