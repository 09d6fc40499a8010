"""The embedded log beside a real OpenSearch, on the same events, in one run: prints a table with ratios.

python bench/store.py [--events N] [--batch N] [--repeats N] [--warm-up N] [--engines A,B] [--json FILE]

OpenSearch is run as people run it for logs (`opensearch_peer.py`), started for the run from the distribution
that the tests use, with a heap of 1 GiB on loopback and the same disk; `tocsin-on-opensearch` is our own log
on it. It writes --warm-up events first, since one in earnest is compiled by then, and is merged to one
segment a day, as ours is sealed, before it is measured. Ingest counts the time within `commit` or `_bulk`
alone, of batches that are prepared before. CPU is that of the engine: ours is the process itself, that of
OpenSearch the server without its client; where others use the machine too, it tells more than the clock does.
Each question is asked --repeats times anew, and as often again of an engine that may give the answer that it
gave before, as for a dashboard that refreshes.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from engines import ENGINES, Engine
from log_events import log_events

_MiB = 1 << 20
_WINDOW = 4
"""Batches that are made ready before the clock runs."""
_ASKED = ("anew", "again")


def measure(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one engine."""
    with ENGINES[name]() as engine:
        engine.warm_up(options.warm_up)
        figures: dict[str, Any] = _ingest(engine, options.events, options.batch)
        engine.settle()
        begun, cpu = time.perf_counter(), engine.cpu_s
        figures["disk before, B/event"] = engine.disk() / options.events
        engine.finish()
        figures["sealing or merging, s"] = time.perf_counter() - begun
        figures["its CPU, us/event"] = (engine.cpu_s - cpu) / options.events * 1e6
        figures["disk, B/event"] = engine.disk() / options.events
        figures["queries"] = {
            asked: {
                question: _times(ask, engine, options.repeats)
                for question, ask in engine.questions(remembered=asked == "again").items()
            }
            for asked in _ASKED
        }
        figures["RSS after queries, MiB"] = engine.rss / _MiB
        return figures


def _ingest(engine: Engine, count: int, size: int) -> dict[str, float]:
    spent = cpu = peak = 0.0
    characters = 0
    events = log_events(count)
    while window := list(islice(events, size * _WINDOW)):
        characters += sum(len(event.message) for event in window)
        before = engine.cpu_s
        spent += engine.write([window[start : start + size] for start in range(0, len(window), size)])
        cpu += engine.cpu_s - before
        peak = max(peak, engine.rss / _MiB)
    return {
        "ingest, events/s": count / spent,
        "ingest, CPU us/event": cpu / count * 1e6,
        "RSS while ingesting, MiB": peak,
        "line, B": characters / count,
    }


def _times(ask: Callable[[], object], engine: Engine, repeats: int) -> tuple[float, float, float]:
    """Return the median, the 95th percentile and the CPU in milliseconds; the first, cold one is left out."""
    ask()
    times = []
    before = engine.cpu_s
    for _ in range(repeats):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    cpu = (engine.cpu_s - before) / repeats * 1000
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], cpu


def measured_apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure an engine in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        return apart.submit(measure, name, options).result()


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the lines that people read; the ratio is that of the first to the second."""
    yield f"{'':32}" + "".join(f"{name:>26}" for name in found) + f"{'ratio':>9}"
    first = next(iter(found.values()))
    for what in first:
        if what != "queries":
            values = [figures[what] for figures in found.values()]
            yield f"{what:32}" + "".join(f"{value:>26,.1f}" for value in values) + _ratio(values)
    for asked in _ASKED:
        for question in first["queries"][asked]:
            times = [figures["queries"][asked][question] for figures in found.values()]
            cells = "".join(f"{f'{p50:,.1f} / {p95:,.1f} / {cpu:,.0f}':>26}" for p50, p95, cpu in times)
            yield f"{f'{question} {asked}, ms':32}" + cells + _ratio([p50 for p50, *_ in times])
    yield "queries: p50 / p95 / CPU; the ratio is that of the medians"


def _ratio(values: list[float]) -> str:
    return f"{values[0] / values[1]:>9.2f}" if len(values) > 1 and values[1] else ""


def _chosen(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(ENGINES)}")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=5_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=50_000, help="events a server is warmed up with")
    parser.add_argument("--engines", type=_chosen, default=["duckdb", "opensearch"])
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    found: dict[str, dict[str, Any]] = {}
    for name in options.engines:
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
