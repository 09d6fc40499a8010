"""Writing events with `_bulk`: create only, under our own identifiers, so that a resend changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from tocsin.core.event import Event
from tocsin.store.base import StoreError, StoreFullError
from tocsin.store.opensearch.client import Client, RefusedError
from tocsin.store.opensearch.document import Document, document_id, rejected, to_document
from tocsin.store.opensearch.mapping import Layout

_LARGEST_REQUEST = 8 << 20
_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.2
_BUSY = frozenset({429, 503})

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Item:
    """A document to be created, written out once however often it is sent."""

    index: str
    identifier: str
    document: Document
    lines: bytes = field(init=False)

    def __post_init__(self) -> None:
        action = {"create": {"_index": self.index, "_id": self.identifier}}
        self.lines = orjson.dumps(action) + b"\n" + orjson.dumps(self.document)

    @property
    def is_rejected(self) -> bool:
        return "rejected" in self.document["tocsin"]

    @property
    def is_looked_at(self) -> bool:
        """Whether every search must look at the event itself."""
        return "*" in self.document["tocsin"].get("unsure", ())


class EventWriter:
    """Writes the documents of events, and tells back-pressure from rejection.

    A busy server is waited for; a full disk is a `StoreFullError`. An event it will not take, or with too
    many fields for it, is kept without what it is searched by and marked with the reason. `rejections` counts
    those kept so, and those that have a name too long to search by. What `write` returned for is durable.
    """

    def __init__(self, client: Client, layout: Layout, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._layout = layout
        self._sleep = sleep
        self.rejections = 0
        self._collected: list[_Item] = []

    def write(self, number: int, day: str, events: Sequence[Event]) -> None:
        """Write the events of one day; `number` is the commit they are written for."""
        for request in _requests(self._items(number, day, events)):
            self._write(request)

    def collect(self, number: int, day: str, events: Sequence[Event]) -> None:
        """Take events that `flush` writes together with others; for one thread."""
        self._collected += self._items(number, day, events)

    def flush(self) -> None:
        """Write what was collected."""
        collected, self._collected = self._collected, []
        for request in _requests(collected):
            self._write(request)

    def _items(self, number: int, day: str, events: Sequence[Event]) -> Iterator[_Item]:
        index = self._layout.index(day)
        return (_Item(index, document_id(event.id), to_document(number, event)) for event in events)

    def _write(self, items: Sequence[_Item]) -> None:
        pause = _FIRST_PAUSE_S
        for _ in range(_ATTEMPTS):
            items = self._send(items)
            if not items:
                return
            self._sleep(pause)
            pause *= 2
        raise StoreError(f"the search server was too busy for {len(items)} events; try again")

    def _send(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Send once and return what must be sent again."""
        try:
            answer = self._client.lines("_bulk", [item.lines for item in items])
        except RefusedError as error:
            raise self._blocked(error.kind, str(error)) from error
        again: list[_Item] = []
        for item, found in zip(items, answer["items"], strict=True):
            again += self._settled(item, found["create"])
        return again

    def _settled(self, item: _Item, found: dict[str, Any]) -> list[_Item]:
        status = found["status"]
        if status < 300 and item.is_looked_at:
            self.rejections += 1
        if status < 300 or status == 409:  # 409: an earlier attempt brought it
            return []
        error = found.get("error") or {}
        kind, reason = str(error.get("type", "")), _reason(error)
        if kind == "cluster_block_exception":
            raise self._blocked(kind, reason)
        if status in _BUSY:
            return [item]
        if status != 400 or item.is_rejected:
            raise StoreError(f"the search server refused {item.identifier}: {status} {kind} {reason}")
        log.warning("event_kept_without_fields", id=item.identifier, kind=kind, reason=reason)
        return [_Item(item.index, item.identifier, rejected(item.document, f"{kind}: {reason}"))]

    def _blocked(self, kind: str, reason: str) -> StoreError:
        if kind == "cluster_block_exception" and self._is_full():
            return StoreFullError(
                "the search server has no room left: its indices are read-only until it has"
            )
        return StoreError(f"the search server refused the events: {kind} {reason}")

    def _is_full(self) -> bool:
        """Say whether the server itself has blocked writing, as it does when a disk is nearly full."""
        found = self._client.get(
            f"{self._layout.prefix}-*/_settings/index.blocks.read_only_allow_delete", flat_settings="true"
        )
        return any(one["settings"].get(_FULL_BLOCK) == "true" for one in found.values())


_FULL_BLOCK = "index.blocks.read_only_allow_delete"


def _requests(items: Iterable[_Item]) -> Iterator[Sequence[_Item]]:
    """Cut the items into requests, each of one item at least."""
    part: list[_Item] = []
    size = 0
    for item in items:
        if part and size + len(item.lines) > _LARGEST_REQUEST:
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item.lines)
    if part:
        yield part


def _reason(error: dict[str, Any]) -> str:
    cause = error.get("caused_by") or {}
    return f"{error.get('reason', '')} {cause.get('reason', '')}".strip()[:500]
