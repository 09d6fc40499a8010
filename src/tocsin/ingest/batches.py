"""Batches of agents: a zstd frame holding a MessagePack array of records, and the protocol of marks.

The sender states which sequences the batch accounts for, `first` to `last`. Those in between that it
does not hold were lost at the agent (its spool was full): they are counted as refused, not waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from tocsin.core.clock import DAY, Clock
from tocsin.core.record import Record
from tocsin.ingest.errors import BadBatchError, GapError
from tocsin.ingest.inflate import inflate_zstd
from tocsin.ingest.ledger import LOST_AT_AGENT, Ledger
from tocsin.ingest.pipeline import Pipeline

MAX_BATCH_RECORDS = 50_000
MAX_RECORD_BYTES = 1024 * 1024
_MAX_SPAN = 1 << 40
_YEAR_2000 = 946_684_800_000_000

_RECORDS = msgspec.msgpack.Decoder(list[Record])


def source_of(agent_id: str) -> str:
    """Return the source an agent's records carry."""
    return f"agent:{agent_id}"


def read_batch(body: bytes, agent_id: str, first: int, last: int, *, now: int) -> list[Record]:
    """Return the records of a batch, which are all the agent's own and lie within `first` to `last`.

    A time of collection that cannot be (before 2000, tomorrow) is replaced by `now`, so that a wrong
    clock cannot place events where nobody looks. Raises `BadBatchError`, `TooLargeError`.
    """
    try:
        records = _RECORDS.decode(inflate_zstd(body))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadBatchError(f"not a list of records: {error}") from error
    if len(records) > MAX_BATCH_RECORDS:
        raise BadBatchError(f"more than {MAX_BATCH_RECORDS} records")
    _check(records, agent_id, first, last)
    return [_timed(record, now) for record in records]


def _check(records: Sequence[Record], agent_id: str, first: int, last: int) -> None:
    source = source_of(agent_id)
    before = first - 1
    for record in records:
        if record.source != source or record.agent != agent_id:
            raise BadBatchError(f"record {record.seq} is not one of this agent")
        if not before < record.seq <= last:
            raise BadBatchError(f"record {record.seq} is out of order or not within {first} to {last}")
        if record.pipeline:
            raise BadBatchError(f"record {record.seq} asks for a pipeline, which agents do not")
        if len(record.raw) > MAX_RECORD_BYTES:
            raise BadBatchError(f"record {record.seq} is larger than {MAX_RECORD_BYTES} bytes")
        before = record.seq


def _timed(record: Record, now: int) -> Record:
    if _YEAR_2000 <= record.collected_at <= now + DAY:
        return record
    return msgspec.structs.replace(record, collected_at=now)


class AgentReceiver:
    """Takes batches of enrolled agents. Thread safe."""

    def __init__(self, pipeline: Pipeline, ledger: Ledger, clock: Clock) -> None:
        self._pipeline = pipeline
        self._ledger = ledger
        self._clock = clock

    def mark(self, agent_id: str) -> int:
        """Return the highest sequence of the agent that is durable."""
        return self._pipeline.mark(source_of(agent_id))

    def receive(self, agent_id: str, body: bytes, first: int, last: int) -> Future[int]:
        """Take a batch; the future gives the mark once it is durable.

        A batch that is durable already resolves at once and changes nothing. Raises `GapError` with the
        mark when `first` leaves a gap after it, `BadBatchError`, `TooLargeError`, and what
        `Pipeline.submit` raises.
        """
        if not 0 < first <= last < _MAX_SPAN:
            raise BadBatchError(f"{first} to {last} is no range of sequences")
        mark = self.mark(agent_id)
        if first > mark + 1:
            raise GapError(f"records {mark + 1} to {first - 1} are missing", mark=mark)
        if last <= mark:
            return _done(mark)
        records = read_batch(body, agent_id, first, last, now=self._clock.now())
        fresh = [record for record in records if record.seq > mark]
        source = source_of(agent_id)
        future = self._pipeline.submit(source, fresh, last)
        self._count_lost(source, future, (last - max(first - 1, mark)) - len(fresh))
        return future

    def _count_lost(self, source: str, future: Future[int], lost: int) -> None:
        if lost <= 0:
            return

        def count(done: Future[int]) -> None:
            if not done.cancelled() and done.exception() is None:
                self._ledger.received(source, lost)
                self._ledger.refused(source, LOST_AT_AGENT, lost)

        future.add_done_callback(count)


def _done(mark: int) -> Future[int]:
    future: Future[int] = Future()
    future.set_result(mark)
    return future
