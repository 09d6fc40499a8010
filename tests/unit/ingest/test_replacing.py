"""Another classifier while records flow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pytest
from tests.unit.ingest.stages import MemoryStore, event_of, records

from harness.waiting import PATIENCE_S
from tocsin.core.event import Classified, Event
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Classifier, Stages


@dataclass(frozen=True)
class Edition:
    """Makes classifiers that note their edition in every event."""

    number: int

    def __call__(self) -> Classifier:
        return self

    def classify(self, batch: list[Record]) -> list[Classified]:
        events = [event_of(record) for record in batch]
        for event in events:
            event.fields["labels.edition"] = self.number
        return [Classified(event) for event in events]


class Settling:
    """Settles for one edition and notes what it was given of another."""

    def __init__(self) -> None:
        self.edition = 1
        self.strays: list[int] = []

    def settle(self, classified: list[Classified]) -> list[Event]:
        wrong = [c.event.seq for c in classified if c.event.fields["labels.edition"] != self.edition]
        self.strays += wrong
        return [item.event for item in classified]

    def take(self, edition: int) -> None:
        self.edition = edition


@pytest.fixture(params=[0, 2], ids=["alone", "workers"])
def running(
    request: pytest.FixtureRequest, store: MemoryStore, ledger: Ledger
) -> Iterator[tuple[Pipeline, Settling]]:
    settling = Settling()
    stages = Stages(Edition(1), settling.settle, lambda _events: None, store.commit, store.mark)
    limits = Limits(workers=request.param, worker_batch_records=1, batch_age_s=0.01)
    pipeline = Pipeline(stages, ledger, limits)
    pipeline.start()
    yield pipeline, settling
    pipeline.stop()


def _send(pipeline: Pipeline, source: str, batches: int) -> None:
    futures: list[Future[int]] = []
    for number in range(batches):
        while True:
            try:
                futures.append(pipeline.submit(source, records(source, number * 20 + 1, 20)))
                break
            except BusyError:
                pipeline.wait_for_room()
    for future in futures:
        future.result(PATIENCE_S)


def test_every_event_belongs_to_one_edition(running: tuple[Pipeline, Settling], store: MemoryStore) -> None:
    """Whatever is under way at a change, each record is stored once, classified and settled alike."""
    pipeline, settling = running
    sources = ("a", "b", "c")
    threads = [threading.Thread(target=_send, args=(pipeline, source, 200)) for source in sources]
    for thread in threads:
        thread.start()
    for number in range(2, 7):
        pipeline.use(Edition(number), lambda number=number: settling.take(number))
    for thread in threads:
        thread.join(PATIENCE_S)
    assert settling.strays == []
    for source in sources:
        assert store.seqs(source) == list(range(1, 4001))
    _send(pipeline, "last", 1)
    assert {event.fields["labels.edition"] for event in store.events if event.source == "last"} == {6}


def test_a_classifier_that_cannot_be_made_changes_nothing(
    running: tuple[Pipeline, Settling], store: MemoryStore
) -> None:
    """The error reaches who asked for the change, and the old one goes on."""

    def broken() -> Classifier:
        raise OSError("the content is gone")

    pipeline, _ = running
    with pytest.raises(OSError, match="content is gone"):
        pipeline.use(broken)
    _send(pipeline, "s", 1)
    assert {event.fields["labels.edition"] for event in store.events} == {1}
