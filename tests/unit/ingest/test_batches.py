"""Batches of agents and the protocol of marks."""

from __future__ import annotations

import msgspec
import pytest
import zstandard
from tests.unit.ingest.stages import FullError, MemoryStore, records

from harness.waiting import PATIENCE_S, until
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.record import Record
from tocsin.ingest.batches import AgentReceiver, read_batch, source_of
from tocsin.ingest.errors import BadBatchError, GapError, NoRoomError, TooLargeError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.pipeline import Pipeline

AGENT = "agt_1"
SOURCE = source_of(AGENT)
NOW = 1_700_000_000_000_000


def pack(content: object) -> bytes:
    return zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(content))


def own(first: int, count: int) -> list[Record]:
    return [msgspec.structs.replace(record, agent=AGENT) for record in records(SOURCE, first, count)]


@pytest.fixture
def receiver(pipeline: Pipeline, ledger: Ledger) -> AgentReceiver:
    return AgentReceiver(pipeline, ledger, ManualClock(NOW))


def test_stores_and_gives_the_mark(receiver: AgentReceiver, store: MemoryStore) -> None:
    """Batch after batch, each acknowledged with its last sequence."""
    assert receiver.receive(AGENT, pack(own(1, 5)), 1, 5).result(PATIENCE_S) == 5
    assert receiver.receive(AGENT, pack(own(6, 2)), 6, 7).result(PATIENCE_S) == 7
    assert store.seqs(SOURCE) == [1, 2, 3, 4, 5, 6, 7]
    assert receiver.mark(AGENT) == 7


def test_a_replayed_batch_is_acknowledged_and_changes_nothing(
    receiver: AgentReceiver, store: MemoryStore
) -> None:
    """An agent that missed the answer sends again, whole or overlapping."""
    body = pack(own(1, 5))
    receiver.receive(AGENT, body, 1, 5).result(PATIENCE_S)
    assert receiver.receive(AGENT, body, 1, 5).result(0) == 5
    assert receiver.receive(AGENT, pack(own(3, 5)), 3, 7).result(PATIENCE_S) == 7
    assert store.seqs(SOURCE) == [1, 2, 3, 4, 5, 6, 7]


def test_a_gap_is_refused_with_the_mark(receiver: AgentReceiver, store: MemoryStore) -> None:
    """The agent learns from where to send."""
    receiver.receive(AGENT, pack(own(1, 5)), 1, 5).result(PATIENCE_S)
    with pytest.raises(GapError) as caught:
        receiver.receive(AGENT, pack(own(8, 2)), 8, 9)
    assert caught.value.mark == 5
    assert store.marks[SOURCE] == 5


def test_records_lost_at_the_agent_are_counted_not_waited_for(
    receiver: AgentReceiver, store: MemoryStore, ledger: Ledger
) -> None:
    """A batch may account for more sequences than it holds."""
    batch = [*own(4, 2), *own(8, 1)]
    assert receiver.receive(AGENT, pack(batch), 1, 8).result(PATIENCE_S) == 8
    assert store.seqs(SOURCE) == [4, 5, 8]
    until(lambda: ledger.account(SOURCE).refused)  # counted when the commit is known, beside the answer
    account = ledger.account(SOURCE)
    assert (account.received, account.stored, account.refused) == (8, 3, 5)


@pytest.mark.parametrize(
    "content",
    [
        [msgspec.structs.replace(own(1, 1)[0], source="agent:other")],
        [msgspec.structs.replace(own(1, 1)[0], agent="other")],
        [msgspec.structs.replace(own(1, 1)[0], kind="secret")],
        [*own(2, 1), *own(1, 1)],
        [*own(1, 1), *own(1, 1)],
        own(0, 1),
        own(9, 1),
        [msgspec.structs.replace(own(1, 1)[0], raw=b"x" * 2_000_000)],
        {"source": SOURCE},
        "text",
        [1, 2],
    ],
)
def test_what_is_no_batch_of_this_agent_is_refused(
    receiver: AgentReceiver, store: MemoryStore, content: object
) -> None:
    """Foreign sources, wrong order, junk: refused as a whole, nothing stored."""
    with pytest.raises(BadBatchError):
        receiver.receive(AGENT, pack(content), 1, 3)
    assert store.events == []


@pytest.mark.parametrize("body", [b"", b"junk", b"\x28\xb5\x2f\xfd\x00", pack(own(1, 1))[:-2]])
def test_junk_is_refused(receiver: AgentReceiver, body: bytes) -> None:
    """Bytes that are no zstd frame."""
    with pytest.raises(BadBatchError):
        receiver.receive(AGENT, body, 1, 1)


@pytest.mark.parametrize("span", [(0, 1), (2, 1), (-5, -1), (1, 1 << 62)])
def test_impossible_ranges_are_refused(receiver: AgentReceiver, span: tuple[int, int]) -> None:
    """The stated range is checked before anything is unpacked."""
    with pytest.raises(BadBatchError):
        receiver.receive(AGENT, b"", *span)


def test_a_bomb_is_refused(receiver: AgentReceiver) -> None:
    """A few kilobytes that would become a hundred megabytes."""
    bomb = zstandard.ZstdCompressor().compress(b"\0" * 100_000_000)
    with pytest.raises(TooLargeError):
        receiver.receive(AGENT, bomb, 1, 1)


def test_deep_nesting_is_refused(receiver: AgentReceiver) -> None:
    """A hundred thousand nested lists are no reason to crash."""
    bomb = zstandard.ZstdCompressor().compress(b"\x91" * 100_000 + b"\xc0")
    with pytest.raises(BadBatchError):
        receiver.receive(AGENT, bomb, 1, 1)


def test_a_full_disk_is_told_and_the_resend_is_stored_once(
    receiver: AgentReceiver, store: MemoryStore
) -> None:
    """The agent keeps the batch, sends again, and finds it there once."""
    store.failures.append(FullError("no room"))
    with pytest.raises(NoRoomError):
        receiver.receive(AGENT, pack(own(1, 3)), 1, 3).result(PATIENCE_S)
    for _ in range(2_000):
        try:
            assert receiver.receive(AGENT, pack(own(1, 3)), 1, 3).result(PATIENCE_S) == 3
            break
        except NoRoomError:
            continue
    assert store.seqs(SOURCE) == [1, 2, 3]


@pytest.mark.parametrize("at", [0, -1, NOW + 2 * DAY, 2**62])
def test_a_wrong_clock_cannot_hide_events(at: int) -> None:
    """An impossible time of collection is replaced by the time of receipt."""
    record = msgspec.structs.replace(own(1, 1)[0], collected_at=at)
    [read] = read_batch(pack([record]), AGENT, 1, 1, now=NOW)
    assert read.collected_at == NOW
