"""Elasticsearch's `_bulk` as its clients send it: pairs of an action and a document, a line each.

Documents are appended: `index` and `create` are taken, `update` and `delete` are answered with an error
per item, for a log that is evidence has neither. Format: Elasticsearch 8 REST API, "Bulk API".
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import msgspec

from tocsin.core.clock import Clock
from tocsin.core.ids import event_id
from tocsin.ingest.documents import CONFLICT, DocumentIntake, Offer, not_taken
from tocsin.ingest.errors import BadBatchError, IngestError
from tocsin.ingest.identities import Identities
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.sequences import Sequencer

MAX_DOCUMENTS = 20_000
MAX_DOCUMENT_BYTES = 1024 * 1024
_MAX_INDICES = 100
_ACTIONS = frozenset({"index", "create"})
_REFUSED_ACTIONS = frozenset({"update", "delete"})
_LONGEST_NAME = 512
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
    kind: str = ""
    """Elasticsearch's type of the error, where it does not follow from the status."""
    given_id: str = ""
    """The document's name, when its client gave it one."""
    pipeline: str = ""
    """The ingest pipeline its client asked for."""


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
    """Takes bulk requests. Thread safe.

    A document that its client has a name for is stored once however often it is sent, as long as it comes
    by the same key to the same index: `create` is then answered with 409 and `index` with success. Another
    document of the same name is refused, since events are never changed.
    """

    def __init__(self, sequencer: Sequencer, ledger: Ledger, clock: Clock, identities: Identities) -> None:
        self._intake = DocumentIntake(sequencer, ledger, clock, identities)
        self._ledger = ledger

    def receive(self, key_name: str, body: bytes, index: str | None = None) -> Taken:
        """Read a request and submit its documents, as `take` does.

        `index` is that of the address, for actions that name none. Raises `BadBatchError` for a body that
        is no bulk request.
        """
        return self.take(key_name, list(read_bulk(body, index)))

    def take(self, key_name: str, items: list[Item]) -> Taken:
        """Submit every good document of a request.

        Raises `BadBatchError` for too many indices. An index the pipeline does not take now has its items
        answered with 429, so that the client sends those again and no others.
        """
        groups: dict[tuple[str, str], list[Item]] = {}
        for item in items:
            groups.setdefault((item.index, item.pipeline), []).append(item)
        if len(groups) > _MAX_INDICES:
            raise BadBatchError(f"more than {_MAX_INDICES} indices in one request")
        return Taken(
            items, [Group(group, self._submit(key_name, *place, group)) for place, group in groups.items()]
        )

    def _submit(self, key_name: str, index: str, pipeline: str, items: list[Item]) -> Future[int] | None:
        source = f"bulk:{key_name}:{index}"
        for item in items:
            if item.reason:
                self._ledger.received(source, 1)
                self._ledger.refused(source, item.reason.split(":")[0], samples=[item.raw])
        good = [item for item in items if not item.reason]
        offers = [Offer(item.raw, item.given_id) for item in good]
        try:
            future = self._intake.submit(source, offers, location=index, pipeline=pipeline)
        except IngestError as error:
            for item, offer in zip(good, offers, strict=True):
                if offer.fate == "new":
                    not_stored([item], error)
                else:
                    _answer(item, offer)
            return None
        for item, offer in zip(good, offers, strict=True):
            _answer(item, offer)
            item.document_id = item.document_id or event_id(source, item.seq)
        return future


def _answer(item: Item, offer: Offer) -> None:
    """Note in the item what became of its document."""
    item.seq = offer.seq
    if offer.fate == "busy":
        item.reason, item.status = "busy: the same document is under way, send it again", 429
    elif offer.fate == "again" and item.action == "index":
        item.status = 200
    elif offer.fate in ("again", "conflict"):
        same = offer.fate == "again"
        item.status, item.kind = 409, "version_conflict_engine_exception"
        known = "document already exists" if same else "another document has this name and is never changed"
        item.reason = f"[{item.given_id}]: {CONFLICT}, {known} (current version [1])"


def not_stored(items: list[Item], error: IngestError) -> None:
    """Answer those items that had no fault with: not now, send it again."""
    for item in items:
        if not item.reason:
            item.reason = not_taken(error)
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
            item.raw = raw
            if not item.reason:
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
    name = "" if identifier is None else str(identifier)
    item = Item(action, index, name[:512], given_id=name[:512])
    wanted = meta.get("pipeline")
    if wanted is not None:
        item.pipeline = str(wanted)[:_LONGEST_NAME]
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        item.reason, item.status = f"id is too long: more than {_LONGEST_NAME} bytes", 400
    if action in _REFUSED_ACTIONS:
        item.reason = f"{action} is refused: events are appended and never changed"
        item.status = 400
    return item


def check_pipelines(items: Iterable[Item], known: Container[str], default: str = "") -> None:
    """Refuse the items that ask for a pipeline there is none of; `default` is that of the address.

    `_none` asks for none, as in Elasticsearch.
    """
    for item in items:
        item.pipeline = item.pipeline or default
        if item.pipeline == "_none":
            item.pipeline = ""
        elif item.pipeline and item.pipeline not in known and not item.reason:
            item.reason = f"pipeline with id [{item.pipeline[:80]}] does not exist"
            item.status, item.kind = 400, "illegal_argument_exception"


def document_item(index: str, name: str, raw: bytes, *, create: bool) -> Item:
    """Return the item of a single document; one at fault has a reason. Raises `BadBatchError`."""
    if not _INDEX.match(index):
        raise BadBatchError(f"{index[:80]!r} is no name of an index")
    item = Item(
        "create" if create else "index", index, name[:_LONGEST_NAME], raw, given_id=name[:_LONGEST_NAME]
    )
    item.reason = _fault(raw)
    item.status = 400 if item.reason else 201
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


_RESULTS = {200: "noop"}


def result_of(item: Item) -> dict[str, Any]:
    """Return the answer to a single document."""
    return _result(item)


def is_index_name(name: str) -> bool:
    """Say whether a name can be that of an index."""
    return _INDEX.match(name) is not None


def _result(item: Item) -> dict[str, Any]:
    base: dict[str, Any] = {"_index": item.index, "_id": item.document_id or None, "status": item.status}
    if item.reason:
        default = "es_rejected_execution_exception" if item.status == 429 else "mapper_parsing_exception"
        return base | {"error": {"type": item.kind or default, "reason": item.reason, "index": item.index}}
    return base | {
        "_version": 1,
        "result": _RESULTS.get(item.status, "created"),
        "_shards": {"total": 1, "successful": 1, "failed": 0},
        "_seq_no": item.seq,
        "_primary_term": 1,
    }
