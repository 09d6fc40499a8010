"""Writing events with `_bulk`: created under our own identifiers, so that a resend changes nothing.

A document that is there already is ours when the answer to an earlier request was lost. When it is another
one, a request given up for lost was carried out later: nobody was told that it is stored, so it is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from tocsin.core.event import Event
from tocsin.store.base import StoreError, StoreFullError
from tocsin.store.opensearch.client import Client, RefusedError
from tocsin.store.opensearch.document import NEVER_REFUSED, Document, document_id, rejected, to_document
from tocsin.store.opensearch.mapping import PAGE, Layout

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
    replaces: Mapping[str, int] | None = None
    """The version of the document to put it in the place of."""
    lines: bytes = field(init=False)

    def __post_init__(self) -> None:
        place: dict[str, Any] = {"_index": self.index, "_id": self.identifier}
        action = {"create": place} if self.replaces is None else {"index": {**place, **self.replaces}}
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

    def delete_after(self, number: int) -> None:
        """Delete what was written for commits above a number."""
        deleted = 0
        while found := self._beyond(number):
            lines = [{"delete": {"_index": hit["_index"], "_id": hit["_id"]}} for hit in found]
            answer = self._client.lines("_bulk", lines)
            refused = [one["delete"] for one in answer["items"] if one["delete"]["status"] not in (200, 404)]
            if refused:
                raise StoreError(f"what a commit left behind could not be deleted: {refused[0].get('error')}")
            deleted += len(found)
        if deleted:
            log.warning("unacknowledged_events_deleted", events=deleted, after_commit=number)

    def _beyond(self, number: int) -> list[dict[str, Any]]:
        """Return hits of commits above a number."""
        self._client.post(f"{self._layout.events}/_refresh", ignore_unavailable="true")
        body = {"size": PAGE, "query": {"range": {"tocsin.commit": {"gt": number}}}, "_source": False}
        found: list[dict[str, Any]] = self._client.post(
            f"{self._layout.events}/_search",
            body,
            ignore_unavailable="true",
            allow_no_indices="true",
            allow_partial_search_results="false",
        )["hits"]["hits"]
        return found

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
        there: list[_Item] = []
        for item, found in zip(items, answer["items"], strict=True):
            (result,) = found.values()
            if result["status"] == 409:
                there.append(item)
            else:
                again += self._settled(item, result)
        return [*again, *self._differing(there)]

    def _differing(self, items: Sequence[_Item]) -> Iterator[_Item]:
        """Yield items to be sent again, as other documents, or none any more, stand in their places."""
        if not items:
            return
        wanted = [{"_index": item.index, "_id": item.identifier} for item in items]
        for item, found in zip(items, self._client.post("_mget", {"docs": wanted})["docs"], strict=True):
            if not found.get("found"):
                yield _Item(item.index, item.identifier, item.document)
            elif not _is_same(found["_source"], item.document):
                log.warning("event_replaced", id=item.identifier)
                version = {"if_seq_no": found["_seq_no"], "if_primary_term": found["_primary_term"]}
                yield _Item(item.index, item.identifier, item.document, version)

    def _settled(self, item: _Item, found: dict[str, Any]) -> list[_Item]:
        status = found["status"]
        if status < 300 and item.is_looked_at:
            self.rejections += 1
        if status < 300:
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


def _is_same(one: Document, other: Document) -> bool:
    """Say whether both are of the same event, for the same commit."""
    own, others = ({name: each["tocsin"].get(name) for name in NEVER_REFUSED} for each in (one, other))
    return own == others and all(one[name] == other[name] for name in ("message", "fields"))


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
