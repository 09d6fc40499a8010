"""Elasticsearch's bulk requests."""

from __future__ import annotations

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import MemoryStore

from tocsin.core.clock import SystemClock
from tocsin.ingest.bulk import BulkReceiver, answer, read_bulk
from tocsin.ingest.errors import BadBatchError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline


@pytest.fixture
def receiver(pipeline: Pipeline, ledger: Ledger) -> BulkReceiver:
    return BulkReceiver(pipeline.sequencer, ledger, SystemClock())


def test_takes_index_and_create(receiver: BulkReceiver, store: MemoryStore) -> None:
    """Each document is a record of the source of its index, answered with its place."""
    body = (
        b'{"index":{"_index":"logs-a"}}\n{"message":"one"}\n'
        b'{"create":{"_index":"logs-b","_id":"x1"}}\n{"message":"two"}\n'
        b'{"create":{}}\n{"message":"three"}'
    )
    taken = receiver.receive("beats", body, "logs-a")
    assert [group.durable.result(20) for group in taken.groups if group.durable] == [2, 1]
    assert store.messages("bulk:beats:logs-a") == ['{"message":"one"}', '{"message":"three"}']
    assert store.messages("bulk:beats:logs-b") == ['{"message":"two"}']
    document = answer(taken.items, 3)
    assert document["errors"] is False
    assert [list(item) for item in document["items"]] == [["index"], ["create"], ["create"]]
    assert document["items"][1]["create"]["_id"] == "x1"
    assert document["items"][2]["create"]["_id"] == "bulk:beats:logs-a~2"
    assert document["items"][2]["create"]["status"] == 201


def test_bad_documents_are_refused_one_by_one(
    receiver: BulkReceiver, store: MemoryStore, ledger: Ledger
) -> None:
    """The good ones are stored; each bad one is answered and counted with its reason."""
    body = (
        b'{"index":{}}\n{"a":1}\n{"index":{}}\n{"a":\n{"index":{}}\n[1]\n'
        b'{"delete":{"_id":"1"}}\n{"update":{"_id":"1"}}\n{"doc":{}}\n'
        b'{"index":{}}\n{"x":"' + b"y" * 1_100_000 + b'"}\n{"index":{}}\n{"b":2}\n'
    )
    taken = receiver.receive("k", body, "i")
    assert [group.durable.result(20) for group in taken.groups if group.durable] == [2]
    assert [item.status for item in taken.items] == [201, 400, 400, 400, 400, 400, 201]
    assert answer(taken.items, 0)["errors"] is True
    account = ledger.account("bulk:k:i")
    assert (account.received, account.stored, account.refused) == (7, 2, 5)
    assert account.refusals["document is no JSON object"].count == 2
    assert account.refusals["document too large"].count == 1
    assert account.refusals["delete is refused"].count == 1


def test_a_full_queue_is_told_item_by_item(make_pipeline: Make, store: MemoryStore, ledger: Ledger) -> None:
    """What was taken is not sent again: only the items that were not are answered with 429."""
    pipeline = make_pipeline(queue_records=10)
    receiver = BulkReceiver(pipeline.sequencer, ledger, SystemClock())
    store.gate.clear()
    body = b"".join(b'{"index":{"_index":"%s"}}\n{"n":1}\n' % name for name in [b"a"] * 8 + [b"b"] * 8)
    taken = receiver.receive("k", body)
    assert [item.status for item in taken.items] == [201] * 8 + [429] * 8
    result = answer(taken.items, 0)["items"][-1]["index"]
    assert result["error"]["type"] == "es_rejected_execution_exception"
    store.gate.set()
    assert taken.groups[0].durable is not None
    assert taken.groups[0].durable.result(20) == 8
    assert store.seqs("bulk:k:b") == []


@pytest.mark.parametrize(
    "body",
    [
        b"junk\n{}\n",
        b'{"index":{}}\n',
        b'{"index":{},"create":{}}\n{}\n',
        b'{"drop":{}}\n{}\n',
        b'{"index":{"_index":"../x"}}\n{}\n',
        b'{"index":{"_index":"UPPER"}}\n{}\n',
        b'{"index":{"_index":7}}\n{}\n',
        b"\xff\xfe\n{}\n",
        b'{"index":' + b"[" * 100_000 + b"\n{}\n",
    ],
)
def test_what_cannot_be_told_apart_is_refused_whole(
    receiver: BulkReceiver, store: MemoryStore, body: bytes
) -> None:
    """A malformed action leaves no way to tell the documents after it; nothing is stored."""
    with pytest.raises(BadBatchError):
        receiver.receive("k", body, "i")
    assert store.events == []


def test_an_action_without_an_index_needs_one_in_the_address() -> None:
    """Neither given: refused."""
    with pytest.raises(BadBatchError, match="no valid index"):
        list(read_bulk(b'{"index":{}}\n{}\n'))
