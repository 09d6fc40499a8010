"""The pipeline's promises, with faults at every stage."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
from tests.unit.ingest.conftest import Make
from tests.unit.ingest.stages import (
    FATAL,
    POISON,
    BrokenError,
    FullError,
    MemoryStore,
    PlainFactory,
    records,
    stages_on,
)

from harness.waiting import PATIENCE_S, until
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError, NoRoomError, NotStoredError, StoppedError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Committed, Stages
from tocsin.ingest.processors.classifier import Processing


def test_resolves_after_the_commit_only(pipeline: Pipeline, store: MemoryStore) -> None:
    """The mark comes when the events are in the store, not before."""
    store.gate.clear()
    future = pipeline.submit("agent:a", records("agent:a", 1, 3))
    with pytest.raises(TimeoutError):
        future.result(0.1)
    store.gate.set()
    assert future.result(PATIENCE_S) == 3
    assert store.seqs("agent:a") == [1, 2, 3]


def test_gathers_small_submissions_into_one_commit(make_pipeline: Make, store: MemoryStore) -> None:
    """Records that arrive one by one, while a batch is neither old nor full, share a commit."""
    pipeline = make_pipeline(batch_age_s=60, batch_records=50)
    futures = [pipeline.submit("s", records("s", seq, 1), gather=True) for seq in range(1, 51)]
    assert {future.result(PATIENCE_S) for future in futures} == {50}
    assert store.commits == [("s", 50)]


def test_a_full_batch_does_not_wait_for_its_age(make_pipeline: Make, store: MemoryStore) -> None:
    """Size seals a batch even when its age would let it wait for long."""
    pipeline = make_pipeline(batch_age_s=60, batch_records=10)
    assert pipeline.submit("s", records("s", 1, 10), gather=True).result(PATIENCE_S) == 10


def test_keeps_the_order_of_each_source_from_many_threads(make_pipeline: Make, store: MemoryStore) -> None:
    """Every source's events commit in sequence, each once, whatever the others do."""
    pipeline = make_pipeline(batch_records=64)

    def send(source: str) -> None:
        futures: list[Future[int]] = []
        for first in range(1, 1001, 10):
            while True:
                try:
                    futures.append(pipeline.submit(source, records(source, first, 10), gather=first % 3 == 0))
                    break
                except BusyError:
                    pipeline.wait_for_room()
        assert futures[-1].result(PATIENCE_S) == 1000

    threads = [threading.Thread(target=send, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert store.seqs(f"s{number}") == list(range(1, 1001))


def test_a_replayed_batch_changes_nothing(pipeline: Pipeline, store: MemoryStore, ledger: Ledger) -> None:
    """The same records again: acknowledged with the mark, stored once, counted as duplicates."""
    batch = records("agent:a", 1, 5)
    assert pipeline.submit("agent:a", batch).result(PATIENCE_S) == 5
    assert pipeline.submit("agent:a", batch).result(PATIENCE_S) == 5
    assert store.seqs("agent:a") == [1, 2, 3, 4, 5]
    account = ledger.account("agent:a")
    assert (account.received, account.stored, account.duplicates, account.under_way) == (10, 5, 5, 0)


def test_replayed_records_do_not_reach_what_remembers(store: MemoryStore, ledger: Ledger) -> None:
    """Frequency rules must not count a resent record twice."""
    seen: list[int] = []

    def settle(classified: list[Classified]) -> list[Event]:
        seen.extend(item.event.seq for item in classified)
        return [item.event for item in classified]

    plain = stages_on(store)
    stages = Stages(plain.classifier, settle, plain.match, plain.commit, plain.mark)
    pipeline = Pipeline(stages, ledger, Limits(workers=0))
    pipeline.start()
    pipeline.submit("a", records("a", 1, 3)).result(PATIENCE_S)
    pipeline.submit("a", records("a", 2, 4)).result(PATIENCE_S)
    pipeline.stop()
    assert seen == [1, 2, 3, 4, 5]


def test_refused_records_move_the_mark(pipeline: Pipeline, store: MemoryStore) -> None:
    """`last_seq` accounts for records that were refused before they came here."""
    assert pipeline.submit("s", records("s", 1, 2), last_seq=9).result(PATIENCE_S) == 9
    assert pipeline.submit("s", [], last_seq=12).result(PATIENCE_S) == 12
    assert store.marks == {"s": 12}


def test_tells_senders_to_wait_when_full(make_pipeline: Make, store: MemoryStore) -> None:
    """Beyond the queue's bound a sender gets `BusyError`; once there is room it is taken again."""
    pipeline = make_pipeline(queue_records=100)
    store.gate.clear()
    pipeline.submit("s", records("s", 1, 90))
    with pytest.raises(BusyError) as caught:
        pipeline.submit("s", records("s", 91, 20))
    assert caught.value.retry_after > 0
    assert pipeline.wait_for_room(0.01) is False
    store.gate.set()
    assert pipeline.wait_for_room(PATIENCE_S)
    assert pipeline.submit("s", records("s", 91, 20)).result(PATIENCE_S) == 110


def test_bounds_bytes_too(make_pipeline: Make, store: MemoryStore) -> None:
    """A few huge records fill the queue as many small ones do."""
    pipeline = make_pipeline(queue_bytes=100_000)
    store.gate.clear()
    pipeline.submit("s", records("s", 1, 1, b"x" * 90_000))
    with pytest.raises(BusyError):
        pipeline.submit("s", records("s", 2, 1, b"x" * 90_000))


def test_a_full_disk_is_waited_out_and_nothing_is_lost(
    make_pipeline: Make, store: MemoryStore, ledger: Ledger
) -> None:
    """Waiters are told, new batches are refused meanwhile, and what was taken is stored once."""
    pipeline = make_pipeline(retry_s=0.2)
    store.failures.extend([FullError("no room"), FullError("no room")])
    future = pipeline.submit("s", records("s", 1, 4))
    with pytest.raises(NoRoomError):
        future.result(PATIENCE_S)
    assert pipeline.is_full()
    with pytest.raises(NoRoomError):
        pipeline.submit("s", records("s", 1, 4))
    until(lambda: not pipeline.is_full())
    assert pipeline.submit("s", records("s", 1, 6)).result(PATIENCE_S) == 6
    assert store.seqs("s") == [1, 2, 3, 4, 5, 6]
    assert ledger.account("s").refused == 0


def test_a_commit_that_fails_for_a_moment_is_tried_again(pipeline: Pipeline, store: MemoryStore) -> None:
    """Two failures and then success: the sender notices nothing."""
    store.failures.extend([BrokenError("io"), BrokenError("io")])
    assert pipeline.submit("s", records("s", 1, 2)).result(PATIENCE_S) == 2


def test_no_batch_overtakes_one_that_was_lost(
    make_pipeline: Make, store: MemoryStore, ledger: Ledger
) -> None:
    """When a batch is given up, later ones of its source that wait are given up too, others are not."""
    pipeline = make_pipeline()
    store.gate.clear()
    store.failures.extend([BrokenError("io")] * 3)
    lost = pipeline.submit("s", records("s", 1, 2))
    later = pipeline.submit("s", records("s", 3, 2))
    other = pipeline.submit("t", records("t", 1, 1))
    store.gate.set()
    for future in (lost, later):
        with pytest.raises(NotStoredError):
            future.result(PATIENCE_S)
    assert other.result(PATIENCE_S) == 1
    assert store.seqs("s") == []
    assert ledger.account("s").refused == 4
    assert pipeline.submit("s", records("s", 1, 4)).result(PATIENCE_S) == 4


def test_an_unexpected_error_in_a_commit_does_not_end_the_pipeline(
    pipeline: Pipeline, store: MemoryStore
) -> None:
    """Whatever a batch raises, the next one is carried."""
    store.failures.append(ZeroDivisionError("a defect"))
    with pytest.raises(NotStoredError):
        pipeline.submit("s", records("s", 1, 1)).result(PATIENCE_S)
    assert pipeline.submit("s", records("s", 1, 1)).result(PATIENCE_S) == 1


def test_a_poisoned_record_is_kept_with_its_reason(pipeline: Pipeline, store: MemoryStore) -> None:
    """The record at fault becomes an event that says why; its neighbours are classified."""
    batch = records("s", 1, 7)
    batch[4] = Record("s", 5, POISON, 1_700_000_000_000_000, location="/var/log/x")
    assert pipeline.submit("s", batch).result(PATIENCE_S) == 7
    assert store.messages("s") == ["line 1", "line 2", "line 3", "line 4", "poison", "line 6", "line 7"]
    fields = store.events[4].fields
    assert fields["error.message"] == "classification failed: RuntimeError: poisoned"
    assert fields["log.file.path"] == "/var/log/x"
    assert "error.message" not in store.events[3].fields


@pytest.mark.parametrize("stage", ["settle", "match"])
def test_a_failing_stage_keeps_the_events(store: MemoryStore, ledger: Ledger, stage: str) -> None:
    """What fails after classification is noted on the events, which are stored all the same."""

    def fail(_batch: object) -> list[Event]:
        raise KeyError("defect")

    plain = stages_on(store)
    settle, match = (fail, plain.match) if stage == "settle" else (plain.settle, fail)
    pipeline = Pipeline(
        Stages(plain.classifier, settle, match, plain.commit, plain.mark),  # type: ignore[arg-type]  # fails before returning
        ledger,
        Limits(workers=0),
    )
    pipeline.start()
    assert pipeline.submit("s", records("s", 1, 2)).result(PATIENCE_S) == 2
    pipeline.stop()
    assert all("KeyError" in str(event.fields["error.message"]) for event in store.events)


def test_stopping_carries_everything_to_its_commit(store: MemoryStore, ledger: Ledger) -> None:
    """What was taken before the stop is stored; what comes after is refused."""
    pipeline = Pipeline(stages_on(store), ledger, Limits(workers=0, batch_age_s=60))
    pipeline.start()
    futures = [pipeline.submit("s", records("s", seq, 1), gather=True) for seq in range(1, 20)]
    pipeline.stop()
    assert [future.result(0) for future in futures] == [19] * 19
    with pytest.raises(StoppedError):
        pipeline.submit("s", records("s", 20, 1))


def test_stopping_does_not_wait_for_a_full_disk(make_pipeline: Make, store: MemoryStore) -> None:
    """A stop while there is no room ends; the records stay unacknowledged."""
    pipeline = make_pipeline(retry_s=30)
    store.failures.extend([FullError("no room")] * 5)
    future = pipeline.submit("s", records("s", 1, 1))
    with pytest.raises(NoRoomError):
        future.result(PATIENCE_S)
    pipeline.stop()
    assert store.events == []


def test_tells_of_each_commit(store: MemoryStore, ledger: Ledger) -> None:
    """The listener hears the source and the commit."""
    heard: list[tuple[str, int]] = []

    def listen(source: str, committed: Committed) -> None:
        heard.append((source, committed.number))

    pipeline = Pipeline(stages_on(store), ledger, Limits(workers=0), on_commit=listen)
    pipeline.start()
    pipeline.submit("s", records("s", 1, 1))
    pipeline.stop()
    assert heard == [("s", 1)]


def _warm(pipeline: Pipeline, store: MemoryStore) -> int:
    """Give the pipeline a backlog until its workers are up; return the number of records sent."""
    sent = 0

    def is_up() -> bool:
        nonlocal sent
        store.gate.clear()
        for _ in range(2):
            pipeline.submit("w", records("w", sent + 1, 10))
            sent += 10
        store.gate.set()
        time.sleep(0.02)
        return bool(pipeline.worker_ids())

    until(is_up)
    return sent


def test_an_idle_pipeline_has_no_workers(make_pipeline: Make) -> None:
    """Small loads are classified in this process."""
    pipeline = make_pipeline(workers=1, worker_batch_records=10)
    pipeline.submit("s", records("s", 1, 50)).result(PATIENCE_S)
    assert pipeline.worker_ids() == []


def test_workers_come_with_a_backlog_and_go_when_idle(make_pipeline: Make, store: MemoryStore) -> None:
    """Order and content are those of classification in this process."""
    pipeline = make_pipeline(workers=1, worker_batch_records=10, worker_idle_s=0.1, idle_check_s=0.05)
    sent = _warm(pipeline, store)
    future = pipeline.submit("w", records("w", sent + 1, 10))
    assert future.result(PATIENCE_S) == sent + 10
    assert store.seqs("w") == list(range(1, sent + 11))
    assert store.messages("w")[-1] == f"line {sent + 10}"
    until(lambda: not pipeline.worker_ids())


def test_batches_that_wait_go_to_workers_that_come_up_later(
    make_pipeline: Make, store: MemoryStore, tmp_path: Path
) -> None:
    """A backlog from before the workers were up is theirs once they are: one of them dies of it here."""
    kill = tmp_path / "kill"
    pipeline = make_pipeline(PlainFactory(str(kill)), workers=1, worker_batch_records=10)
    store.gate.clear()
    for first in range(1, 201, 10):
        pipeline.submit("w", records("w", first, 10))
    until(pipeline.worker_ids)
    kill.touch()
    store.gate.set()
    assert pipeline.submit("w", records("w", 201, 10)).result(PATIENCE_S) == 210
    assert not kill.exists()
    assert store.seqs("w") == list(range(1, 211))


def test_survives_a_worker_killed_in_mid_batch(
    make_pipeline: Make, store: MemoryStore, tmp_path: Path
) -> None:
    """The batch whose worker was killed is done again: every record once, in order, none quarantined."""
    kill = tmp_path / "kill"
    pipeline = make_pipeline(PlainFactory(str(kill)), workers=1, worker_batch_records=10)
    sent = _warm(pipeline, store)
    store.gate.clear()
    pipeline.submit("w", records("w", sent + 1, 1)).done()
    until(lambda: pipeline.load()[0] == 1)
    kill.touch()
    futures = [pipeline.submit("w", records("w", sent + 2 + 10 * n, 10)) for n in range(3)]
    until(lambda: not kill.exists())
    store.gate.set()
    assert futures[-1].result(PATIENCE_S) == sent + 31
    assert store.seqs("w") == list(range(1, sent + 32))
    assert not any("error.message" in event.fields for event in store.events)


def test_survives_an_idle_worker_killed(make_pipeline: Make, store: MemoryStore) -> None:
    """A worker killed between batches is replaced."""
    pipeline = make_pipeline(workers=1, worker_batch_records=10)
    sent = _warm(pipeline, store)
    os.kill(pipeline.worker_ids()[0], signal.SIGKILL)
    for _ in range(5):
        store.gate.clear()
        futures = [pipeline.submit("w", records("w", sent + 1 + 10 * n, 10)) for n in range(2)]
        store.gate.set()
        sent += 20
        assert futures[-1].result(PATIENCE_S) == sent
    assert store.seqs("w") == list(range(1, sent + 1))


def test_a_record_that_kills_its_worker_is_quarantined(make_pipeline: Make, store: MemoryStore) -> None:
    """Even what no process survives is kept, with the reason, and the rest is classified."""
    pipeline = make_pipeline(workers=1, worker_batch_records=8)
    sent = _warm(pipeline, store)
    store.gate.clear()
    pipeline.submit("w", records("w", sent + 1, 1))
    batch = records("w", sent + 2, 8)
    batch[3] = Record("w", sent + 5, FATAL, 1_700_000_000_000_000)
    future = pipeline.submit("w", batch)
    store.gate.set()
    assert future.result(PATIENCE_S) == sent + 9
    assert store.seqs("w") == list(range(1, sent + 10))
    bad = [event for event in store.events if "error.message" in event.fields]
    assert [event.message for event in bad] == ["fatal"]
    assert "the worker process died" in str(bad[0].fields["error.message"])


def test_what_an_ingest_pipeline_drops_is_counted_and_the_rest_stored(
    tmp_path: Path, store: MemoryStore, ledger: Ledger
) -> None:
    """The mark passes what was dropped; what is kept carries the fields that were read."""
    (tmp_path / "one.yml").write_text(
        "pipeline: one\nsources: [s]\nprocessors:\n"
        "  - dissect: {field: message, pattern: 'line %{number}'}\n"
        "  - drop: {reason: not wanted}\n    if: number:[2 TO 3]\n"
    )
    pipeline = Pipeline(stages_on(store), ledger, Limits(workers=0), processing=Processing((tmp_path,)))
    pipeline.start()
    assert pipeline.submit("s", records("s", 1, 4)).result(PATIENCE_S) == 4
    pipeline.stop()
    assert store.seqs("s") == [1, 4]
    assert [event.fields["number"] for event in store.events] == ["1", "4"]
    account = ledger.account("s")
    assert (account.received, account.stored, account.duplicates) == (4, 2, 0)
    assert account.refusals["dropped: not wanted"].count == 2
