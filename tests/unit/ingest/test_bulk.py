"""Elasticsearch's bulk requests."""

from __future__ import annotations

import hashlib

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import MemoryStore

from harness.waiting import PATIENCE_S
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.ingest.bulk import BulkReceiver, answer, read_bulk
from tocsin.ingest.errors import BadBatchError
from tocsin.ingest.identities import Claim, Identities, digest_of
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline


@pytest.fixture
def identities(database: Database, store: MemoryStore) -> Identities:
    return Identities(database, SystemClock(), store.get)


@pytest.fixture
def receiver(pipeline: Pipeline, ledger: Ledger, identities: Identities) -> BulkReceiver:
    return BulkReceiver(pipeline.sequencer, ledger, SystemClock(), identities)


def test_takes_index_and_create(receiver: BulkReceiver, store: MemoryStore) -> None:
    """Each document is a record of the source of its index, answered with its place."""
    body = (
        b'{"index":{"_index":"logs-a"}}\n{"message":"one"}\n'
        b'{"create":{"_index":"logs-b","_id":"x1"}}\n{"message":"two"}\n'
        b'{"create":{}}\n{"message":"three"}'
    )
    taken = receiver.receive("beats", body, "logs-a")
    assert [group.durable.result(PATIENCE_S) for group in taken.groups if group.durable] == [2, 1]
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
    assert [group.durable.result(PATIENCE_S) for group in taken.groups if group.durable] == [2]
    assert [item.status for item in taken.items] == [201, 400, 400, 400, 400, 400, 201]
    assert answer(taken.items, 0)["errors"] is True
    account = ledger.account("bulk:k:i")
    assert (account.received, account.stored, account.refused) == (7, 2, 5)
    assert account.refusals["document is no JSON object"].count == 2
    assert account.refusals["document too large"].count == 1
    assert account.refusals["delete is refused"].count == 1


def test_a_full_queue_is_told_item_by_item(
    make_pipeline: Make, store: MemoryStore, ledger: Ledger, identities: Identities
) -> None:
    """What was taken is not sent again: only the items that were not are answered with 429."""
    pipeline = make_pipeline(queue_records=10)
    receiver = BulkReceiver(pipeline.sequencer, ledger, SystemClock(), identities)
    store.gate.clear()
    body = b"".join(b'{"index":{"_index":"%s"}}\n{"n":1}\n' % name for name in [b"a"] * 8 + [b"b"] * 8)
    taken = receiver.receive("k", body)
    assert [item.status for item in taken.items] == [201] * 8 + [429] * 8
    result = answer(taken.items, 0)["items"][-1]["index"]
    assert result["error"]["type"] == "es_rejected_execution_exception"
    store.gate.set()
    assert taken.groups[0].durable is not None
    assert taken.groups[0].durable.result(PATIENCE_S) == 8
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


def sent(receiver: BulkReceiver, *lines: bytes) -> list[tuple[int, str]]:
    """Send documents and wait until they are durable; return status and reason of each."""
    taken = receiver.receive("k", b"\n".join(lines) + b"\n", "i")
    for group in taken.groups:
        if group.durable is not None:
            group.durable.result(PATIENCE_S)
    return [(item.status, item.reason) for item in taken.items]


def test_a_named_document_is_stored_once(receiver: BulkReceiver, store: MemoryStore, ledger: Ledger) -> None:
    """Sent again it is a success for `index`, 409 for `create`; another of its name is refused."""
    one = b'{"n":1}'
    assert sent(receiver, b'{"create":{"_id":"a"}}', one) == [(201, "")]
    assert sent(receiver, b'{"index":{"_id":"a"}}', one) == [(200, "")]
    [(status, reason)] = sent(receiver, b'{"create":{"_id":"a"}}', one)
    assert (status, "already exists" in reason) == (409, True)
    [(status, reason)] = sent(receiver, b'{"index":{"_id":"a"}}', b'{"n":2}')
    assert (status, "never changed" in reason) == (409, True)
    assert store.messages("bulk:k:i") == ['{"n":1}']
    account = ledger.account("bulk:k:i")
    assert (account.received, account.stored, account.duplicates, account.refused) == (4, 1, 2, 1)


def test_a_name_twice_in_one_request(receiver: BulkReceiver, store: MemoryStore) -> None:
    """The first is stored."""
    twice = [b'{"index":{"_id":"a"}}', b'{"n":1}'] * 2 + [b'{"index":{"_id":"a"}}', b'{"n":2}']
    assert [status for status, _ in sent(receiver, *twice)] == [201, 200, 409]
    assert store.messages("bulk:k:i") == ['{"n":1}']


def test_a_document_written_anew_is_the_same(receiver: BulkReceiver, store: MemoryStore) -> None:
    """The order of fields and the space between them say nothing; their values do."""
    assert sent(receiver, b'{"index":{"_id":"a"}}', b'{"n":1,"o":{"p":2,"q":3}}') == [(201, "")]
    assert sent(receiver, b'{"index":{"_id":"a"}}', b'{"o": {"q":3, "p":2}, "n":1}') == [(200, "")]
    assert sent(receiver, b'{"index":{"_id":"a"}}', b'{"o": {"q":3, "p":2}, "n":"1"}')[0][0] == 409
    assert len(store.events) == 1


def test_only_one_of_two_senders_begins(database: Database, store: MemoryStore) -> None:
    """Who puts a document under way first submits it; after it is forgotten the next one may."""
    identities = Identities(database, SystemClock(), store.get)
    assert identities.begin("s", ["a", "b"]) == set()
    assert identities.begin("s", ["b", "c"]) == {"b"}
    identities.forget("s", ["b"])
    assert identities.begin("s", ["b"]) == set()


def test_claims_of_old_are_known(receiver: BulkReceiver, store: MemoryStore, database: Database) -> None:
    """Before, the digest was of a document's bytes; what was claimed then is not stored again."""
    raw = b'{"n": 1, "a": 2}'
    assert sent(receiver, b'{"index":{"_id":"a"}}', raw) == [(201, "")]
    old = hashlib.blake2b(raw, digest_size=12).hexdigest()
    Identities(database, SystemClock(), store.get).claim("bulk:k:i", [Claim("a", 1, old)])
    assert sent(receiver, b'{"index":{"_id":"a"}}', raw) == [(200, "")]


def test_names_outlive_the_process(
    make_pipeline: Make, store: MemoryStore, ledger: Ledger, database: Database
) -> None:
    """A claim that led to nothing is made anew; one that led to an event is known after a restart."""
    lost = Identities(database, SystemClock(), store.get)
    lost.claim("bulk:k:i", [Claim("a", 1, digest_of(b'{"n":1}'))])
    pipeline = make_pipeline()
    for status in (201, 200):
        fresh = Identities(database, SystemClock(), store.get)
        receiver = BulkReceiver(pipeline.sequencer, ledger, SystemClock(), fresh)
        assert sent(receiver, b'{"index":{"_id":"b"}}', b'{"n":0}')[0][0] == status
        assert sent(receiver, b'{"index":{"_id":"a"}}', b'{"n":1}')[0][0] == status
    assert store.messages("bulk:k:i") == ['{"n":0}', '{"n":1}']
    assert fresh.place("i", "a") == "bulk:k:i~2"
    assert fresh.place("other", "a") is None


def test_a_document_under_way_is_not_taken_twice(receiver: BulkReceiver, store: MemoryStore) -> None:
    """The second sender is told to come again, and then finds it stored."""
    store.gate.clear()
    body = b'{"index":{"_id":"a"}}\n{"n":1}\n'
    first = receiver.receive("k", body, "i")
    assert [item.status for item in receiver.receive("k", body, "i").items] == [429]
    store.gate.set()
    assert first.groups[0].durable is not None
    first.groups[0].durable.result(PATIENCE_S)
    assert sent(receiver, b'{"index":{"_id":"a"}}', b'{"n":1}') == [(200, "")]
    assert store.messages("bulk:k:i") == ['{"n":1}']
