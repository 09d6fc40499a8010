"""Kinds that look at one event: any, blacklist, whitelist; change compares it with the one before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from tocsin.detect.kinds.base import Match, Stateless, bounded, dump, key_of, match_of
from tocsin.detect.kinds.document import Document, Hit, lookup
from tocsin.detect.kinds.settings import KindSettings


class AnyKind(Stateless):
    """Every event matches."""

    def holds(self, document: Document) -> bool:  # noqa: ARG002 - asked of every kind
        """Hold for every document."""
        return True


class BlacklistKind(Stateless):
    """An event matches when its value is in the list; Python's equality, so that 1 is not "1"."""

    def holds(self, document: Document) -> bool:
        """Say whether the value is listed; a list of values never is."""
        value = compared(self.settings, document)
        return not isinstance(value, list | dict) and value in self.settings.values


class WhitelistKind(Stateless):
    """An event matches when its value is not in the list; a missing value too, unless `ignore_null`."""

    def holds(self, document: Document) -> bool:
        """Say whether the value is not listed."""
        value = compared(self.settings, document)
        if value is None:
            return not self.settings.ignore_null
        return isinstance(value, list | dict) or value not in self.settings.values


def compared(settings: KindSettings, document: Document) -> Any:
    """Return the value a list is compared with; ElastAlert finds none under several names, nor do we."""
    return lookup(document, ",".join(settings.compare_fields))


class _Last(msgspec.Struct):
    values: list[Any]
    at: int | None = None


class _Changes(msgspec.Struct):
    last: dict[Any, _Last] = {}


class ChangeKind(Stateless):
    """An event matches when a compared value differs from that of the last event of the same key."""

    def __init__(self, settings: KindSettings) -> None:
        super().__init__(settings)
        self._state = _Changes()

    def data(self, hits: Sequence[Hit]) -> list[Match]:
        """Compare each event with the last of its key."""
        return [match for hit in hits if (match := self._compare(hit))]

    def _compare(self, hit: Hit) -> Match | None:
        settings = self.settings
        values = [lookup(hit.fields, name) for name in settings.compare_fields]
        key = key_of(settings, hit.fields)
        if settings.ignore_null and any(not value and value is not False for value in values):
            return None
        before = self._state.last.get(key)
        self._state.last[key] = _Last(values, hit.at)
        bounded(self._state.last)
        if before is None or before.values == values:
            return None
        if settings.timeframe and before.at is not None and hit.at - before.at > settings.timeframe:
            return None
        return match_of(hit, old_value=before.values, new_value=values)

    def dump(self) -> bytes:
        """Return the last values of every key."""
        return dump(self._state)

    def restore(self, state: bytes) -> None:
        """Go on from `dump`."""
        self._state = msgspec.msgpack.decode(state, type=_Changes)
