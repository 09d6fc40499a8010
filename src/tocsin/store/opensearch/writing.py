"""Writing events with `_bulk`: create only, under our own identifiers, so that a resend changes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
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

Item = tuple[str, str, Document]
"""Index, identifier, document."""

log = structlog.get_logger(__name__)


class EventWriter:
    """Writes the documents of events, and tells back-pressure from rejection.

    A busy server is waited for; an event it will not take is kept without what it refused, marked with the
    reason and counted in `rejections`; a full disk is a `StoreFullError`. When `write` returns, every event
    is durable.
    """

    def __init__(self, client: Client, layout: Layout, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._layout = layout
        self._sleep = sleep
        self.rejections = 0
        self._collected: list[Item] = []

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

    def _items(self, number: int, day: str, events: Sequence[Event]) -> list[Item]:
        index = self._layout.index(day)
        return [(index, document_id(event.id), to_document(number, event)) for event in events]

    def _write(self, items: Sequence[Item]) -> None:
        pause = _FIRST_PAUSE_S
        for _ in range(_ATTEMPTS):
            items = self._send(items)
            if not items:
                return
            self._sleep(pause)
            pause *= 2
        raise StoreError(f"the search server was too busy for {len(items)} events; try again")

    def _send(self, items: Sequence[Item]) -> Sequence[Item]:
        """Send once and return what must be sent again."""
        lines = [line for item in items for line in _lines(item)]
        try:
            answer = self._client.lines("_bulk", lines)
        except RefusedError as error:
            raise self._blocked(error.kind, str(error)) from error
        again: list[Item] = []
        for item, found in zip(items, answer["items"], strict=True):
            again += self._settled(item, found["create"])
        return again

    def _settled(self, item: Item, found: dict[str, Any]) -> list[Item]:
        status = found["status"]
        if status < 300 or status == 409:  # 409: an earlier attempt brought it
            return []
        error = found.get("error") or {}
        kind, reason = str(error.get("type", "")), _reason(error)
        if kind == "cluster_block_exception":
            raise self._blocked(kind, reason)
        if status in _BUSY:
            return [item]
        index, identifier, document = item
        if status != 400 or "rejected" in document["tocsin"]:
            raise StoreError(f"the search server refused {identifier}: {status} {kind} {reason}")
        self.rejections += 1
        log.warning("event_kept_without_fields", id=identifier, kind=kind, reason=reason)
        return [(index, identifier, rejected(document, f"{kind}: {reason}"))]

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


def _lines(item: Item) -> tuple[bytes, bytes]:
    index, identifier, document = item
    return orjson.dumps({"create": {"_index": index, "_id": identifier}}), orjson.dumps(document)


def _requests(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut the items into requests; a document is about three times its message and fields."""
    part: list[Item] = []
    size = 0
    for item in items:
        part.append(item)
        size += 1_000 + 4 * len(item[2]["message"]) + 60 * len(item[2]["fields"])
        if size > _LARGEST_REQUEST:
            yield part
            part, size = [], 0
    if part:
        yield part


def _reason(error: dict[str, Any]) -> str:
    cause = error.get("caused_by") or {}
    return f"{error.get('reason', '')} {cause.get('reason', '')}".strip()[:500]
