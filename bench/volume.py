"""The embedded log with tens of millions of events, asked while it is written to: prints a table.

python bench/volume.py [--events N] [--days N] [--folder DIR] [--rate N] [--seconds N] [--json FILE]

For example, with the folder kept, so that the second run only measures:

    python bench/volume.py --events 50000000 --days 30 --folder /var/tmp/volume --json volume.json

First the log is filled through `commit`, in a process of its own: so many events spread evenly over the days,
of which the last is half over; each day is sealed when it is. Then, in a fresh process, a thread commits
prepared events of this minute at the rate while the ten questions of `bench/store.py` are asked in turn about
the last 24 hours, until the seconds are over, and then some times each about the whole log. Prepared means
decoded and classified: that is done elsewhere, as in the platform. Only times of `commit` count as
commit rate. Where others use the machine too, CPU tells more than the clock; the load average is printed.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from log_events import log_events
from questions import Ask, questions
from tocsin.core.clock import DAY, ManualClock, day_of, from_iso
from tocsin.core.event import Event
from tocsin.store.base import Batch, Selection
from tocsin.store.duckdb import DuckDBStore
from tocsin.store.retention import Policy

NOW = from_iso("2026-11-24T12:00:00Z")
_MiB = 1 << 20
_POOL = 20_000
_BATCHES_PER_SECOND = 10
Figures = dict[str, Any]


class Meter:
    """CPU time and the clock since it was made, and the memory of this process."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu, self._begun = time.process_time(), time.perf_counter()

    @property
    def cpu_s(self) -> float:
        """Seconds of CPU this process has used."""
        return time.process_time() - self._cpu

    @property
    def seconds(self) -> float:
        """Seconds by the clock."""
        return time.perf_counter() - self._begun

    @property
    def rss_mib(self) -> float:
        """Resident memory in MiB."""
        return self._process.memory_info().rss / _MiB


def fill(folder: Path, count: int, days: int, size: int) -> Figures:
    """Commit the events that are not there yet, and seal each day when it is over."""
    first = NOW - (days - 1) * DAY - DAY // 2
    clock = ManualClock(first)
    store = DuckDBStore(folder, clock)
    keeping = store.keeping(Policy(), 0)
    events = log_events(count, first, NOW - first, "agent:bench/log")
    done = store.mark("agent:bench/log")
    events = islice(events, done, None)
    commit_s = commit_cpu = seal_s = seal_cpu = peak = 0.0
    today = ""
    whole = Meter()
    while batch := list(islice(events, size)):
        meter = Meter()
        store.commit(Batch(batch[0].source, batch, batch[-1].seq))
        commit_s, commit_cpu = commit_s + meter.seconds, commit_cpu + meter.cpu_s
        clock.advance(batch[-1].at - clock.now())
        if today not in {"", day_of(clock.now())}:
            meter = Meter()
            keeping.apply()
            seal_s, seal_cpu = seal_s + meter.seconds, seal_cpu + meter.cpu_s
            print(f"{batch[-1].seq:>12,} events, {today} is sealed, {whole.seconds:,.0f} s", flush=True)
        today = day_of(clock.now())
        peak = max(peak, meter.rss_mib)
    store.close()
    written = count - done
    if not written:
        return {}
    return {
        "commit, events/s": written / commit_s,
        "commit, CPU us/event": commit_cpu / written * 1e6,
        "sealing, CPU us/event": seal_cpu / written * 1e6,
        "sealing, s": seal_s,
        "RSS while filling, MiB": peak,
    }


@dataclass
class Load:
    """Commits prepared events at a rate in a thread, as of now on; `behind_s` is how late it was at worst."""

    store: DuckDBStore
    clock: ManualClock
    rate: int
    committed: int = 0
    commit_cpu: float = 0.0
    slowest_s: float = 0.0
    behind_s: float = 0.0
    seconds: float = 0.0
    failure: Exception | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Commit for the block; raises what a commit raised."""
        pool = list(log_events(_POOL))
        thread = threading.Thread(target=self._run, args=(pool,))
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()
        if self.failure is not None:
            raise self.failure

    def _run(self, pool: list[Event]) -> None:
        began, start = time.perf_counter(), self.clock.now()
        size = max(1, self.rate // _BATCHES_PER_SECOND)
        first = self.store.mark("agent:bench/live") + 1
        while not self._stop.wait(max(0.0, began + self.committed / self.rate - time.perf_counter())):
            now = start + int((time.perf_counter() - began) * 1e6)
            self.clock.advance(now - self.clock.now())
            begin = first + self.committed
            batch = [_restamped(pool[seq % _POOL], seq, now) for seq in range(begin, begin + size)]
            try:
                self._commit(batch)
            except Exception as failure:  # noqa: BLE001  # told by `running`
                self.failure = failure
                return
            self.behind_s = max(self.behind_s, time.perf_counter() - began - self.committed / self.rate)
        self.seconds = time.perf_counter() - began

    def _commit(self, batch: list[Event]) -> None:
        cpu, begun = time.thread_time(), time.perf_counter()
        self.store.commit(Batch(batch[0].source, batch, batch[-1].seq))
        self.slowest_s = max(self.slowest_s, time.perf_counter() - begun)
        self.commit_cpu += time.thread_time() - cpu
        self.committed += len(batch)


def _restamped(event: Event, seq: int, at: int) -> Event:
    return Event("agent:bench/live", seq, at, at + 900, event.message, event.fields)


@dataclass
class Asked:
    """The times one question took, in milliseconds by the clock, and the CPU the process used meanwhile."""

    times: list[float] = field(default_factory=list)
    cpu: float = 0.0

    def ask(self, question: Ask) -> None:
        """Ask once more."""
        meter = Meter()
        question()
        self.times.append(meter.seconds * 1000)
        self.cpu += meter.cpu_s * 1000

    @property
    def figures(self) -> Figures:
        """The median, the 95th percentile, the CPU, what was written meanwhile included, and how often."""
        count = len(self.times)
        return {
            "p50": statistics.median(self.times),
            "p95": p95(self.times),
            "cpu": self.cpu / count,
            "asked": count,
        }


def p95(times: list[float]) -> float:
    """Return the 95th percentile; of few the greatest."""
    return statistics.quantiles(times, n=20)[-1] if len(times) >= 20 else max(times)


def measure(kept: Path, options: argparse.Namespace) -> Figures:
    """Ask while the log is written to, then when it is not; returns the figures.

    That is done to a copy, so that the log is the same for the next run; sealed days are linked.
    """
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}.", dir=kept.parent) as made:
        folder = Path(made) / "log"
        shutil.copytree(kept, folder, copy_function=_linked)
        return _measure(folder, options)


def _linked(source: str, target: str) -> None:
    (os.link if ".sealed" in source else shutil.copy2)(source, target)


def _measure(folder: Path, options: argparse.Namespace) -> Figures:
    meter = Meter()
    clock = ManualClock(NOW)
    store = DuckDBStore(folder, clock)
    figures: Figures = {"opening, s": meter.seconds, "disk, B/event": _disk(folder) / _held(store)}
    newest = store.search(Selection(), limit=1).events[0].at
    clock.advance(max(0, newest - NOW))
    last_day = clock.now() - DAY
    figures["events of the last 24 h"] = store.count(Selection(from_at=last_day))
    recent = questions(store, last_day, last_day)
    figures["last 24 h, idle"] = _rounds(recent, options.repeats)
    load = Load(store, clock, options.rate)
    meter = Meter()
    with load.running():
        figures["last 24 h, while writing"] = _asked(recent, lambda _: meter.seconds < options.seconds)
        cpu = meter.cpu_s
    figures |= {
        "written meanwhile, events/s": load.committed / load.seconds,
        "written, CPU of the thread us/event": load.commit_cpu / load.committed * 1e6,
        "slowest commit, ms": load.slowest_s * 1000,
        "behind at worst, s": load.behind_s,
        "CPU of 1 while writing and asking": cpu / meter.seconds,
        "RSS while writing and asking, MiB": meter.rss_mib,
    }
    figures["whole log, idle"] = _rounds(questions(store, last_day), options.whole)
    figures["RSS in the end, MiB"] = meter.rss_mib
    store.close()
    return figures


def _rounds(asked: dict[str, Ask], repeats: int) -> Figures:
    return _asked(asked, lambda rounds: rounds < repeats) if repeats else {}


def _asked(asked: dict[str, Ask], is_on: Callable[[int], bool]) -> Figures:
    """Ask all in turn as long as told, after a first time that does not count; the last is over all."""
    for question in asked.values():
        question()
    found = {name: Asked() for name in asked}
    rounds = 0
    while is_on(rounds) or not rounds:
        for name, question in asked.items():
            found[name].ask(question)
        rounds += 1
    everything = Asked(
        [one for asked in found.values() for one in asked.times], sum(asked.cpu for asked in found.values())
    )
    return {name: one.figures for name, one in found.items()} | {"all of them": everything.figures}


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "days").iterdir())


def _held(store: DuckDBStore) -> int:
    return sum(day.events for day in store.days())


def table(figures: Figures) -> Iterator[str]:
    """Yield the lines that people read."""
    for what, value in figures.items():
        if not isinstance(value, dict):
            yield f"{what:40}{value:>14,.1f}"
    for what, asked in figures.items():
        if isinstance(asked, dict) and asked:
            yield f"{what:40}{'p50, ms':>14}{'p95, ms':>14}{'CPU, ms':>12}{'asked':>8}"
            for name, one in asked.items():
                times = f"{one['p50']:>14,.1f}{one['p95']:>14,.1f}{one['cpu']:>12,.1f}"
                yield f"  {name:38}{times}{one['asked']:>8}"


def apart(work: Callable[..., Figures], *arguments: Any) -> Figures:
    """Do it in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


def run(folder: Path, options: argparse.Namespace) -> None:
    """Fill and measure a log in the folder, and print what was found."""
    figures: Figures = {"load average at first": os.getloadavg()[0]}
    figures |= apart(fill, folder, options.events, options.days, options.batch)
    figures |= apart(measure, folder, options)
    figures["load average at last"] = os.getloadavg()[0]
    if options.json:
        options.json.write_text(json.dumps(vars(options) | figures, indent=2, default=str))
    print(f"{options.events:,} events over {options.days} days, {options.rate:,} events/s while asking")
    for line in table(figures):
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=500_000, help="how many the log holds (%(default)s)")
    parser.add_argument("--days", type=int, default=5, help="over how many days (%(default)s)")
    parser.add_argument(
        "--batch", type=int, default=5_000, help="events a commit while filling (%(default)s)"
    )
    parser.add_argument(
        "--folder", type=Path, help="where the log is kept for the next run; else it is deleted"
    )
    parser.add_argument("--rate", type=int, default=10_000, help="events/s while asking (%(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="of asking while writing (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="of the questions when idle (%(default)s)")
    parser.add_argument("--whole", type=int, default=3, help="repeats about the whole log (%(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args()
    if options.folder:
        run(options.folder, options)
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        run(Path(folder), options)


if __name__ == "__main__":
    main()
