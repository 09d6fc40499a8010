"""Elasticsearch's `_bulk` as its clients send it: pairs of an action and a document, a line each.

Documents are appended: `index` and `create` are taken, `update` and `delete` are answered with an error
per item, for a log that is evidence has neither. Format: Elasticsearch 8 REST API, "Bulk API".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.core.clock import Clock
from tocsin.core.ids import event_id
from tocsin.core.record import Record
from tocsin.ingest.errors import BadBatchError, IngestError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.sequences import Sequencer

MAX_DOCUMENTS = 20_000
MAX_DOCUMENT_BYTES = 1024 * 1024
_MAX_INDICES = 100
_ACTIONS = frozenset({"index", "create"})
_REFUSED_ACTIONS = frozenset({"update", "delete"})
_INDEX = re.compile(r"[^-_+.A-Z\s\\/*?\"<>|,#:~][^A-Z\s\\/*?\"<>|,#:~]{0,199}\Z")


@dataclass(slots=True)
class Item:
    """One action of a request and what became of it. `reason` is empty when its document is durable."""

    action: str
    index: str
    document_id: str
    raw: bytes = b""
    seq: int = 0
    reason: str = ""
    status: int = 201


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one index, and what to wait for before they are answered; None: nothing to wait for."""

    items: list[Item]
    durable: Future[int] | None


@dataclass(frozen=True, slots=True)
class Taken:
    """The items of a request in order, and the same by index."""

    items: list[Item]
    groups: list[Group]


class BulkReceiver:
    """Takes bulk requests. Thread safe."""

    def __init__(self, sequencer: Sequencer, ledger: Ledger, clock: Clock) -> None:
        self._sequencer = sequencer
        self._ledger = ledger
        self._clock = clock

    def receive(self, key_name: str, body: bytes, index: str | None = None) -> Taken:
        """Submit every good document; `index` is that of the address, for actions that name none.

        Raises `BadBatchError` for a body that is no bulk request. An index the pipeline does not take
        now has its items answered with 429, so that the client sends those again and no others.
        """
        items = list(read_bulk(body, index))
        by_index: dict[str, list[Item]] = {}
        for item in items:
            by_index.setdefault(item.index, []).append(item)
        if len(by_index) > _MAX_INDICES:
            raise BadBatchError(f"more than {_MAX_INDICES} indices in one request")
        groups = [Group(group, self._submit(key_name, name, group)) for name, group in by_index.items()]
        return Taken(items, groups)

    def _submit(self, key_name: str, index: str, items: list[Item]) -> Future[int] | None:
        source = f"bulk:{key_name}:{index}"
        for item in items:
            if item.reason:
                self._ledger.received(source, 1)
                self._ledger.refused(source, item.reason.split(":")[0])
        good = [item for item in items if not item.reason]
        now = self._clock.now()
        records = [Record(source, 0, item.raw, now, "json", location=index) for item in good]
        if not records:
            return None
        try:
            first, future = self._sequencer.submit(source, records, gather=False)
        except IngestError as error:
            not_stored(good, error)
            return None
        for seq, item in enumerate(good, start=first):
            item.seq = seq
            item.document_id = item.document_id or event_id(source, seq)
        return future


def not_stored(items: list[Item], error: IngestError) -> None:
    """Answer those items that had no fault with: not now, send it again."""
    for item in items:
        if not item.reason:
            item.reason = f"{error.code}: {error.message}"
            item.status = 429


def read_bulk(body: bytes, index: str | None = None) -> Iterator[Item]:
    """Yield the items of a request; a bad document is an item with a reason.

    Raises `BadBatchError` where the lines cannot be told apart any more.
    """
    if index is not None and not _INDEX.match(index):
        raise BadBatchError(f"{index[:80]!r} is no name of an index")
    lines = (line for line in body.split(b"\n") if line.strip())
    for count, line in enumerate(lines, start=1):
        if count > MAX_DOCUMENTS:
            raise BadBatchError(f"more than {MAX_DOCUMENTS} actions in one request")
        item = _read_action(line, count, index)
        if item.action != "delete":
            raw = next(lines, None)
            if raw is None:
                raise BadBatchError(f"action {count} has no document after it")
            if not item.reason:
                item.raw = raw
                item.reason = _fault(raw)
                item.status = 400 if item.reason else 201
        yield item


def _read_action(line: bytes, count: int, default: str | None) -> Item:
    try:
        document = msgspec.json.decode(line, type=dict[str, dict[str, Any]])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadBatchError(f"action {count} is malformed: {error}") from error
    if len(document) != 1:
        raise BadBatchError(f"action {count} is malformed: expected one action")
    [(action, meta)] = document.items()
    if action not in _ACTIONS | _REFUSED_ACTIONS:
        raise BadBatchError(f"action {count} is unknown: {action[:40]!r}")
    index = meta.get("_index", default)
    if not isinstance(index, str) or not _INDEX.match(index):
        raise BadBatchError(f"action {count} has no valid index")
    identifier = meta.get("_id")
    item = Item(action, index, str(identifier)[:512] if identifier is not None else "")
    if action in _REFUSED_ACTIONS:
        item.reason = f"{action} is refused: events are appended and never changed"
        item.status = 400
    return item


def _fault(raw: bytes) -> str:
    if len(raw) > MAX_DOCUMENT_BYTES:
        return f"document too large: more than {MAX_DOCUMENT_BYTES} bytes"
    try:
        msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError) as error:
        return f"document is no JSON object: {error}"
    return ""


def answer(items: list[Item], took_ms: int) -> dict[str, Any]:
    """Return the response document Elasticsearch's clients expect."""
    return {
        "took": took_ms,
        "errors": any(item.reason for item in items),
        "items": [{item.action: _result(item)} for item in items],
    }


def _result(item: Item) -> dict[str, Any]:
    base: dict[str, Any] = {"_index": item.index, "_id": item.document_id or None, "status": item.status}
    if item.reason:
        kind = "es_rejected_execution_exception" if item.status == 429 else "mapper_parsing_exception"
        return base | {"error": {"type": kind, "reason": item.reason}}
    return base | {
        "_version": 1,
        "result": "created",
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": item.seq,
        "_primary_term": 1,
    }
