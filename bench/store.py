"""The embedded log beside a real OpenSearch, on the same events, in one run: prints a table with ratios.

python bench/store.py [--events N] [--batch N] [--repeats N] [--warm-up N] [--only ENGINE] [--json FILE]

Both are asked through the same contract (`EventStore`). OpenSearch is started for the run from the
distribution that the tests use, with a heap of 1 GiB on loopback. It writes --warm-up events of another log
first, since one in earnest is compiled by then; its log is merged to one segment, as ours is sealed, before
it is measured. Disk is what the files take; what the server says of it is some seconds old. Ingest counts the
time within `commit` alone, of batches that are prepared before. CPU is that of the engine: ours is the
process itself, that of OpenSearch the server without our client; where others use the machine too, it tells
more than the clock does.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest

from log_events import SPAN_US, START, log_events
from questions import questions
from tocsin.core.clock import DAY, ManualClock
from tocsin.core.event import Event
from tocsin.store.base import Batch, EventStore
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.opensearch.client import Access, Client
from tocsin.store.opensearch.mapping import Layout
from tocsin.store.opensearch.store import OpenSearchStore
from tocsin.store.retention import Policy

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from harness.opensearch import Node, new_node

_AFTER = START + SPAN_US + DAY
_MiB = 1 << 20
_LEASES_S = 35
"""OpenSearch moves on what it keeps for replicas every 30 seconds."""


@dataclass(frozen=True)
class Engine:
    """A log to measure, and how its disk, memory and CPU are read."""

    store: EventStore
    pid: int
    finish: Callable[[], None]
    disk: Callable[[], int]
    settle: Callable[[], None] = lambda: None
    """Wait until what is to be merged can be merged for good."""
    warm_up: Callable[[int], None] = lambda _: None
    """Let it work for some events of another log before anything is measured."""


class ServerNode(Node):
    """A node as it is run in earnest: with the whole compiler, and a heap as the product recommends."""

    def _command(self, home: Path) -> list[str]:
        left_out = {"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"}
        return [word for word in super()._command(home) if word not in left_out]


@contextmanager
def duckdb_engine() -> Iterator[Engine]:
    """Yield the embedded log in a folder of its own."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        store = DuckDBStore(Path(folder), ManualClock(_AFTER))
        days = Path(folder) / "days"
        yield Engine(
            store,
            psutil.Process().pid,
            lambda: store.keeping(Policy(), 0).apply(),
            lambda: sum(path.stat().st_size for path in days.iterdir()),
        )
        store.close()


@contextmanager
def opensearch_engine() -> Iterator[Engine]:
    """Yield a log on a server of its own."""
    made = new_node()
    node = ServerNode(made.folder, made.java, made.user, made.port, heap="1g")
    try:
        node.start()
        layout = Layout("bench")
        store = OpenSearchStore(Access((node.url,), timeout_s=600), layout)
        client = Client(Access((node.url,), timeout_s=600))

        def finish() -> None:
            client.post("bench-*/_forcemerge?max_num_segments=1", None)
            client.post("bench-*/_flush", None)
            client.post("bench-*/_refresh", None)  # which lets go of the files merged

        def disk() -> int:
            files = (made.folder / "data").rglob("index/*")
            return sum(path.stat().st_size for path in files)

        def warm_up(count: int) -> None:
            other = OpenSearchStore(Access((node.url,), timeout_s=600), Layout("warmup"))
            events = log_events(count)
            while batch := list(islice(events, 5_000)):
                _commit(other, batch)
            for _ in range(10 if count else 0):
                for ask in questions(other, START + SPAN_US - DAY).values():
                    ask()
            other.close()
            client.delete("warmup-*")

        def settle() -> None:
            time.sleep(_LEASES_S)  # until then a merge keeps whole documents, as a replica might ask for them

        yield Engine(store, node.pid, finish, disk, settle, warm_up)
        store.close()
    finally:
        if node.pid:
            node.kill()
        shutil.rmtree(made.folder, ignore_errors=True)


ENGINES = {"duckdb": duckdb_engine, "opensearch": opensearch_engine}


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one engine."""
    with ENGINES[name]() as engine:
        process = psutil.Process(engine.pid)
        engine.warm_up(options.warm_up)
        figures: dict[str, Any] = _ingest(engine.store, process, options.events, options.batch)
        engine.settle()
        begun = time.perf_counter()
        figures["disk before, B/event"] = engine.disk() / options.events
        engine.finish()
        figures["sealing or merging, s"] = time.perf_counter() - begun
        figures["disk, B/event"] = engine.disk() / options.events
        figures["queries"] = {
            question: _times(ask, process, options.repeats)
            for question, ask in questions(engine.store, START + SPAN_US - DAY).items()
        }
        figures["RSS after queries, MiB"] = process.memory_info().rss / _MiB
        return figures


def _ingest(store: EventStore, process: psutil.Process, count: int, size: int) -> dict[str, float]:
    spent = cpu = peak = 0.0
    characters = 0
    events = log_events(count)
    while batch := list(islice(events, size)):
        characters += sum(len(event.message) for event in batch)
        before, begun = sum(process.cpu_times()[:2]), time.perf_counter()
        _commit(store, batch)
        spent += time.perf_counter() - begun
        cpu += sum(process.cpu_times()[:2]) - before
        peak = max(peak, process.memory_info().rss / _MiB)
    return {
        "ingest, events/s": count / spent,
        "ingest, CPU us/event": cpu / count * 1e6,
        "RSS while ingesting, MiB": peak,
        "line, B": characters / count,
    }


def _commit(store: EventStore, batch: list[Event]) -> None:
    store.commit(Batch(batch[0].source, batch, batch[-1].seq))


def _times(ask: Callable[[], object], process: psutil.Process, repeats: int) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the CPU in milliseconds; the first, cold one is left out."""
    ask()
    times = []
    before = sum(process.cpu_times()[:2])
    for _ in range(repeats):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    cpu = (sum(process.cpu_times()[:2]) - before) / repeats * 1000
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], cpu


def measured_apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure an engine in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        return apart.submit(measure, name, options).result()


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that people read; the ratio is ours to theirs."""
    yield f"{'':26}" + "".join(f"{name:>26}" for name in found) + f"{'ratio':>9}"
    first = next(iter(found.values()))
    for what in first:
        if what != "queries":
            values = [figures[what] for figures in found.values()]
            yield f"{what:26}" + "".join(f"{value:>26,.1f}" for value in values) + _ratio(values)
    for question in first["queries"]:
        asked = [figures["queries"][question] for figures in found.values()]
        cells = "".join(f"{f'{p50:,.1f} / {p95:,.1f} / {cpu:,.0f}':>26}" for p50, p95, cpu in asked)
        yield f"{question + ', ms':26}" + cells + _ratio([p50 for p50, *_ in asked])
    yield "queries: p50 / p95 / CPU; the ratio is that of the medians, ours to theirs"


def _ratio(values: list[float]) -> str:
    return f"{values[0] / values[1]:>9.2f}" if len(values) == 2 and values[1] else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=50_000, help="events OpenSearch is warmed up with")
    parser.add_argument("--only", choices=sorted(ENGINES))
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    names = [options.only] if options.only else list(ENGINES)
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        try:
            found[name] = measured_apart(name, options)
        except pytest.skip.Exception as missing:
            print(f"{name} is left out: {missing}")
    if options.json:
        options.json.write_text(json.dumps({"events": options.events, "engines": found}, indent=2))
    print(f"{options.events:,} events in batches of {options.batch:,}")
    for line in table(found):
        print(line)


if __name__ == "__main__":
    main()
