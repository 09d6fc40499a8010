"""Answers of sealed days, kept in memory: what cannot change any more need not be asked twice.

A day that is sealed and nothing else is known by its date, its generation and how often a day of that date
was let go since the start. Whatever changes what a day holds (late events, retention, a drop) changes one of
them, so an answer is never found for events it is not of. What was asked is known by its text, in which
everything stands that decides the answer.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import msgspec
import numpy as np

from tocsin.store.base import Remembering

MOST_BYTES = 32 << 20
_ENTRY_BYTES = 300
"""About what keeping an answer takes beside question and answer."""
_LARGEST_SHARE = 8
"""An answer larger than one of so many parts of all there is room for is not kept."""


@dataclass(frozen=True, slots=True)
class SealedDay:
    """A state of a day that holds the same events for ever."""

    day: str
    generation: int
    life: int


class Answers:
    """The answers remembered, up to so many bytes; those not used for longest go. Thread safe.

    Whoever puts an answer in must not change it any more, nor who takes it.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[SealedDay | None, str], tuple[Any, int]] = OrderedDict()
        self._lives: Counter[str] = Counter()
        self._bytes = self._hits = self._misses = 0

    def state(self, day: str, generation: int) -> SealedDay:
        """Return what answers about a day that is sealed are known by."""
        with self._lock:
            return SealedDay(day, generation, self._lives[day])

    def get(self, day: SealedDay, question: str) -> Any:
        """Return the answer to a question about a day, or None."""
        with self._lock:
            found = self._kept.get((day, question))
            if found is None:
                self._misses += 1
                return None
            self._hits += 1
            self._kept.move_to_end((day, question))
            return found[0]

    def put(self, day: SealedDay, question: str, answer: Any) -> None:
        """Keep an answer, unless it is too large."""
        self._keep((day, question), answer)

    def note(self, question: str, remark: str) -> None:
        """Keep a remark on a question about whatever days."""
        self._keep((None, question), remark)

    def remark(self, question: str) -> str:
        """Return what was last noted of a question, or nothing."""
        with self._lock:
            found = self._kept.get((None, question))
            return "" if found is None else str(found[0])

    def forget(self, day: str) -> None:
        """Let go of what is known of a day, which is about to hold other events."""
        with self._lock:
            self._lives[day] += 1
            for key in [key for key in self._kept if key[0] is not None and key[0].day == day]:
                self._bytes -= self._kept.pop(key)[1]

    def worth(self) -> Remembering:
        """Return the figures as they are now."""
        with self._lock:
            return Remembering(self._hits, self._misses, len(self._kept), self._bytes)

    def _keep(self, key: tuple[SealedDay | None, str], value: Any) -> None:
        size = _ENTRY_BYTES + len(key[1]) + bytes_of(value)
        if size * _LARGEST_SHARE > self._most_bytes:
            return
        with self._lock:
            if key[0] is not None and key[0].life != self._lives[key[0].day]:
                return
            before = self._kept.pop(key, None)
            self._bytes += size - (before[1] if before else 0)
            self._kept[key] = value, size
            while self._bytes > self._most_bytes:
                self._bytes -= self._kept.popitem(last=False)[1][1]


def bytes_of(value: Any) -> int:
    """Return about how much memory a value takes: plain ones, containers and records of them."""
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + sys.getsizeof(value)
    own = sys.getsizeof(value)
    if isinstance(value, dict):
        return own + sum(bytes_of(name) + bytes_of(held) for name, held in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return own + sum(map(bytes_of, value))
    if isinstance(value, msgspec.Struct):
        return own + sum(bytes_of(getattr(value, name)) for name in value.__struct_fields__)
    if is_dataclass(value):
        return own + sum(bytes_of(getattr(value, one.name)) for one in fields(value))
    return own
