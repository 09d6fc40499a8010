"""From raw line to committed event: prints one line, with our own content and the embedded log.

Run `python bench/ingest.py [--lines N] [--workers N] [--content FOLDER]`. Everything of the
way is there: queue, classification (in worker processes once they are up), rules across events, commit.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from analysis import made_lines
from tocsin.cli.server import spare_what_is_loaded
from tocsin.core.clock import SystemClock
from tocsin.core.database import Database
from tocsin.core.event import Event
from tocsin.core.record import Record
from tocsin.ingest.errors import BusyError
from tocsin.ingest.ledger import Ledger
from tocsin.ingest.limits import Limits, default_workers
from tocsin.ingest.pipeline import Pipeline
from tocsin.ingest.ports import Classifier, Stages
from tocsin.rules import Correlation, load
from tocsin.store.base import Batch, Committed
from tocsin.store.duckdb import DuckDBStore

ROOT = Path(__file__).resolve().parent.parent
SUBMIT = 5_000


@dataclass(frozen=True)
class Factory:
    """Loads the content in whichever process asks."""

    content: Path

    def __call__(self) -> Classifier:
        """Load it."""
        return load([self.content])


@dataclass(frozen=True)
class Measured:
    """Of one run: events, and seconds by the clock."""

    stored: int
    seconds: float
    busy: float
    """CPU time of this process."""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.stored / self.seconds


Beside = Callable[[DuckDBStore, Database], AbstractContextManager[Callable[[], None]]]
"""What runs beside ingest while it is measured; it is entered with what waits until it has warmed up."""


def nothing(_store: DuckDBStore, _database: Database) -> AbstractContextManager[Callable[[], None]]:
    """Run nothing beside."""
    return nullcontext(lambda: None)


def measure(
    folder: Path, content: Path, count: int, workers: int, beside: Beside = nothing, *, warm: int = 0
) -> Measured:
    """Put so many lines through the whole way into a new log in a folder, after `warm` that do not count."""
    clock = SystemClock()
    store = DuckDBStore(folder / "log", clock)
    database = Database(f"sqlite:///{folder}/tocsin.db")
    database.create_all()
    ledger = Ledger(database, clock)

    def commit(source: str, events: Sequence[Event], last_seq: int) -> Committed:
        return store.commit(Batch(source, events, last_seq))

    settle = Correlation(load([content])).settle
    stages = Stages(Factory(content), settle, lambda _events: None, commit, store.mark)
    pipeline = Pipeline(stages, ledger, Limits(workers=workers))
    pipeline.start()
    now = clock.now()
    made = [
        Record("bench:1", seq, line.encode(), now) for seq, line in enumerate(made_lines(warm + count), 1)
    ]
    with beside(store, database) as warmed:
        spare_what_is_loaded()  # as the platform does
        _put(pipeline, made[:warm])
        warmed()
        before = ledger.account("bench:1").stored
        started, busy = time.perf_counter(), time.process_time()
        _put(pipeline, made[warm:])
        seconds, busy = time.perf_counter() - started, time.process_time() - busy
    pipeline.stop()
    stored = ledger.account("bench:1").stored - before
    store.close()
    database.close()
    return Measured(stored, seconds, busy)


def run(folder: Path, content: Path, count: int, workers: int) -> None:
    done = measure(folder, content, count, workers)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"ingest: {done.rate:,.0f} events/s from raw line to commit ({done.stored:,} of {count:,} lines, "
        f"{done.seconds:.1f} s, {workers} workers beside the committing process, "
        f"which was busy {done.busy:.1f} s and held {own} MB at most)"
    )


def _put(pipeline: Pipeline, records: list[Record]) -> None:
    """Submit records and wait until the last of them is committed."""
    last = None
    for at in range(0, len(records), SUBMIT):
        last = _submit(pipeline, records[at : at + SUBMIT])
    if last is not None:
        last.result(600)


def _submit(pipeline: Pipeline, records: list[Record]):  # type: ignore[no-untyped-def]  # a Future[int]
    while True:
        try:
            return pipeline.submit("bench:1", records)
        except BusyError:
            pipeline.wait_for_room()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=300_000)
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--content", type=Path, default=ROOT / "content")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        run(Path(name), options.content, options.lines, options.workers)
